"""What a network's weights start from: another model, raw text, or the company that training's words keep."""

import gzip
from collections.abc import Callable
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import ConfigError, DataError, ModelError
from headgate.runtime import load
from headgate.training import TrainingInterrupted, train
from headgate.training.classification import ClassificationRun, plan_classification, read_classification_data
from headgate.training.generation import GenerationRun, plan_generation, read_generation_data
from headgate.training.starts import NOTHING, Sources
from headgate.training.starts.cooccurrence_vectors import FEWEST_WORDS, cooccurrence_vectors
from headgate.training.starts.raw_text import LEAST_COUNT
from headgate.training.tagging import TaggingRun, plan_tagging, read_tagging_data
from tests.training.small_runs import (
    SMALL_TAGGER,
    InterruptionAt,
    train_small,
    train_small_tagger,
    weights_of,
    write_texts,
)

SIZES = {"hidden", "embedding", "character_dim", "character_features"}
FREE = {name: value for name, value in SMALL_TAGGER.items() if name not in SIZES}
"""The settings of a small run without those that another model decides."""


def fresh(path, sources, **choices):
    """A plan, and the network as it is before the first step."""
    data = read_tagging_data(path, path, None, token_column="0", tag_column="-1", seed=1)
    plan = plan_tagging(data, {**FREE, **choices}, sources)
    torch.manual_seed(0)
    return plan, TaggingRun(data, plan).module().state_dict()


# ---------------------------------------------------------------- another model


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    """A run on people and places, and its file."""
    folder = tmp_path_factory.mktemp("teacher")
    return folder / "sentences.conll", train_small_tagger(folder, characters="lstm", epochs=1)


@pytest.fixture
def pupils(tmp_path):
    """Sentences with words that the teacher knows, in another order, and some that it does not."""
    path = tmp_path / "pupils.conll"
    path.write_text("Zeppelins X\nmet Y\nAnna X\n\nWhales X\nsang Y\n\nAnna X\nmet Y\n", encoding="utf-8")
    return path


def test_a_network_starts_with_the_teachers_layers_and_with_its_words_by_name(teacher, pupils):
    plan, weights = fresh(pupils, Sources(init_from=teacher[1]))
    given_model = load(teacher[1])
    ours, theirs = plan.encoder.vocabulary, given_model.encoder.vocabulary
    table = weights["embedding.words.weight"].numpy()
    shared = set(ours.words) & set(theirs.words)
    assert {"anna", "met", "sang"} <= shared
    for word in shared:
        np.testing.assert_array_equal(
            table[ours.id(word)], given_model.folder.weights["embedding.words.weight"][theirs.id(word)]
        )
    characters = weights["embedding.characters.table.weight"].numpy()
    alphabet, known = plan.encoder.alphabet, given_model.encoder.alphabet
    assert set(known.characters) <= set(alphabet.characters)
    for character in known.characters:
        np.testing.assert_array_equal(
            characters[alphabet.ids(character)[1]],
            given_model.folder.weights["embedding.characters.table.weight"][known.ids(character)[1]],
        )
    for name, array in given_model.folder.weights.items():
        if "recurrent." in name:
            np.testing.assert_array_equal(weights[name].numpy(), array)
    assert table[ours.id("zeppelins")].any()  # a word that the teacher does not know has a vector of its own


def test_its_settings_follow_from_the_teacher_unless_they_are_chosen(teacher, pupils):
    plan, _ = fresh(pupils, Sources(init_from=teacher[1]))
    assert (plan.settings.hidden, plan.settings.embedding, plan.settings.characters) == (8, 8, "lstm")
    plan, weights = fresh(pupils, Sources(init_from=teacher[1]), hidden=5, characters="none")
    assert (plan.settings.hidden, plan.settings.embedding) == (5, 8)
    assert weights["recurrent.weight_hh_l0"].shape == (20, 5)  # what does not fit is fresh


def test_a_tagger_can_start_from_a_classifier_and_the_other_way_round(tmp_path, teacher):
    classifier = train_small(tmp_path, "classifier", epochs=1)
    assert load(train_small_tagger(tmp_path, "tagger", init_from=classifier, epochs=1)).task == "tagging"
    student = train_small(tmp_path, "student", init_from=teacher[1], epochs=1)
    assert load(student).task == "classification"


def test_a_teacher_of_which_nothing_fits_is_refused(teacher, pupils):
    with pytest.raises(ConfigError, match="nothing of this model fits a network of these settings"):
        fresh(pupils, Sources(init_from=teacher[1]), hidden=5, embedding=7, characters="none")


def test_a_teacher_that_there_is_not_is_named(pupils):
    with pytest.raises(ModelError, match="no-such-model: no such model"):
        fresh(pupils, Sources(init_from="no-such-model"))


def test_a_run_is_not_resumed_with_another_teacher(tmp_path, monkeypatch, teacher):
    monkeypatch.setattr("headgate.training.loop.Interruption", InterruptionAt(3))
    with pytest.raises(TrainingInterrupted):
        train_small_tagger(tmp_path, characters="lstm")
    monkeypatch.undo()
    with pytest.raises(ConfigError, match=r"the run to resume had .*\binit_from = None"):
        train_small_tagger(tmp_path, resume=True, init_from=teacher[1])


def test_words_get_their_vectors_from_one_source_alone(teacher, pupils):
    with pytest.raises(ConfigError) as caught:
        fresh(pupils, Sources(init_from=teacher[1], raw_text=pupils))
    assert str(caught.value) == (
        "--init-from and --raw-text each give words their vectors: choose one of them"
    )


# ---------------------------------------------------------------- a language model

STORY = "Anna met Bert . The ship sang , and anna slept .\nWhales sang to Bert , and Bert met the sea .\n" * 3


@pytest.fixture(scope="module")
def storyteller(tmp_path_factory):
    """A small language model of words."""
    folder = tmp_path_factory.mktemp("storyteller")
    (folder / "story.txt").write_text(STORY, encoding="utf-8")
    sizes = {"hidden": 8, "embedding": 6, "layers": 2, "epochs": 1, "device": "cpu", "quiet": True}
    train("generation", train=folder / "story.txt", out=folder / "run", unit="word", **sizes)
    return folder / "run"


def test_a_tagger_knows_the_words_of_the_language_model_it_starts_from(storyteller, pupils):
    plan, weights = fresh(pupils, Sources(init_from=storyteller), characters="convolution")
    generator = load(storyteller)
    theirs = generator.folder.weights
    table = weights["embedding.words.weight"].numpy()
    ours = plan.encoder.vocabulary
    for key, spelling in {"bert": "Bert", "the": "the", "anna": "anna", "whales": "Whales"}.items():
        (row,) = generator.units.encode(spelling)
        np.testing.assert_array_equal(table[ours.id(key)], theirs["embedding.words.weight"][row])
    assert not table[0].any()
    assert (plan.settings.hidden, plan.settings.layers, plan.settings.embedding) == (8, 2, 6)
    inputs = weights["recurrent.weight_ih_l0"].numpy()
    np.testing.assert_array_equal(inputs[:, :6], theirs["recurrent.weight_ih_l0"])
    np.testing.assert_array_equal(weights["recurrent.weight_hh_l1"], theirs["recurrent.weight_hh_l1"])


def classifier_plan(tmp_path, sources=NOTHING, **choices):
    texts = read_classification_data(
        write_texts(tmp_path / "texts.csv"), None, None, text_column="text", label_column="label", seed=1
    )
    return texts, plan_classification(texts, choices, sources)


def test_n_grams_add_nothing_at_first_to_what_a_language_model_reads(tmp_path, storyteller):
    texts, plan = classifier_plan(tmp_path, Sources(init_from=storyteller), ngram_buckets=16)
    weights = ClassificationRun(texts, plan).module().state_dict()
    assert not weights["embedding.projection.weight"].any()
    assert weights["embedding.ngrams.weight"].any()


def test_a_language_model_of_characters_has_no_words_to_start_from(tmp_path, pupils):
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    sizes = {"hidden": 4, "embedding": 4, "epochs": 1, "device": "cpu", "quiet": True}
    train("generation", train=tmp_path / "story.txt", out=tmp_path / "run", unit="char", **sizes)
    with pytest.raises(ConfigError, match=r"a model of char units has no words to start from .*--unit word"):
        fresh(pupils, Sources(init_from=tmp_path / "run"))


def test_the_bag_knows_the_words_of_a_language_model_by_its_vectors(tmp_path, storyteller):
    _, plan = classifier_plan(tmp_path, Sources(init_from=storyteller))
    generator, vocabulary = load(storyteller), plan.encoder.vocabulary
    table = plan.start.word_table(vocabulary)
    theirs = generator.folder.weights["embedding.words.weight"]
    for key, spelling in {"bert": "Bert", "the": "the", "whales": "Whales"}.items():
        np.testing.assert_array_equal(table[vocabulary.id(key)], theirs[generator.units.encode(spelling)[0]])
    spellings = (generator.units.decode([row]) for row in range(2, len(generator.units)))
    strange = set(vocabulary.words) - {spelling.lower() for spelling in spellings}
    assert strange and not any(table[vocabulary.id(word)].any() for word in strange)
    assert table.shape == (len(vocabulary), theirs.shape[1])


def test_the_bag_knows_the_words_of_given_vectors_and_no_others(tmp_path):
    (tmp_path / "vectors.txt").write_text("good 1 2 3\nplot 4 5 6\n", encoding="utf-8")
    _, plan = classifier_plan(tmp_path, Sources(embeddings=tmp_path / "vectors.txt"))
    table, vocabulary = plan.start.word_table(plan.encoder.vocabulary), plan.encoder.vocabulary
    known = [word for word in vocabulary.words if table[vocabulary.id(word)].any()]
    assert set(known) == {"good", "plot"} & set(vocabulary.words) and known


def test_nothing_is_known_beyond_labelled_texts_where_they_are_all_there_is(tmp_path, teacher):
    for sources, choices in ((NOTHING, {"cooccurrence": True}), (Sources(init_from=teacher[1]), {})):
        _, plan = classifier_plan(tmp_path, sources, **choices)
        assert plan.start.word_table(plan.encoder.vocabulary) is None


# ---------------------------------------------------------------- raw text

GROUPS = {
    "colour": [f"colour{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"],
    "animal": [f"animal{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"],
}


def lines_of_company(count: int = 500) -> list[str]:
    """Lines in which a word stands among words of its own group alone."""
    chance = np.random.default_rng(0)
    return [
        " ".join(chance.choice(GROUPS[("colour", "animal")[number % 2]], 6).tolist())
        for number in range(count)
    ]


@pytest.mark.parametrize("name", ["raw.txt", "raw.txt.gz"])
def test_words_of_raw_text_are_known_and_start_from_the_company_they_keep(tmp_path, pupils, name):
    content = "\n".join([*lines_of_company(), "rare rare rare"]).encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    plan, weights = fresh(pupils, Sources(raw_text=tmp_path / name), embedding=8)
    vocabulary, table = plan.encoder.vocabulary, weights["embedding.words.weight"].numpy()
    assert "rare" not in vocabulary and LEAST_COUNT > 3
    assert {"anna", "zeppelins"} <= set(vocabulary.words)  # what training has is known in any case
    assert_near_in_groups(table, vocabulary.id)


def assert_near_in_groups(table: np.ndarray, row: Callable[[str], int]) -> None:
    """Words of one group have vectors more like each other than like those of the other group."""
    of_group = {group: np.array([table[row(word)] for word in words]) for group, words in GROUPS.items()}
    apart = np.mean(of_group["colour"] @ of_group["animal"].T)
    for vectors in of_group.values():
        assert np.mean(vectors @ vectors.T) > apart + 0.1


@pytest.mark.parametrize("near", [True, False])
def test_a_language_models_words_start_from_the_company_they_keep_unless_told_not_to(tmp_path, near):
    (tmp_path / "raw.txt").write_text("\n".join(lines_of_company()), encoding="utf-8")
    data = read_generation_data(tmp_path / "raw.txt", None, None)
    plan = plan_generation(data, {"unit": "word", "embedding": 8, "cooccurrence": near})
    torch.manual_seed(0)
    table = GenerationRun(data, plan).module().state_dict()["embedding.words.weight"].numpy()
    with nullcontext() if near else pytest.raises(AssertionError):
        assert_near_in_groups(table, lambda word: plan.units.encode(word)[0])


@pytest.mark.parametrize(
    ("content", "said"), [("", "the file is empty"), (" \n\n", "there is no word in it")]
)
def test_raw_text_without_words_is_an_error(tmp_path, pupils, content, said):
    path = tmp_path / "raw.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        fresh(pupils, Sources(raw_text=path))
    assert str(caught.value) == f"{path}: {said}"


def test_a_run_from_raw_text_is_resumed_to_the_very_same_model(tmp_path, monkeypatch):
    raw = tmp_path / "raw.txt"
    raw.write_text("\n".join(lines_of_company(200)), encoding="utf-8")
    whole = train_small_tagger(tmp_path, "whole", raw_text=raw)
    monkeypatch.setattr("headgate.training.loop.Interruption", InterruptionAt(3))
    with pytest.raises(TrainingInterrupted):
        train_small_tagger(tmp_path, raw_text=raw)
    monkeypatch.undo()
    raw.write_text("\n".join(lines_of_company(199)), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"the run to resume had .*\braw_text = "):
        train_small_tagger(tmp_path, resume=True, raw_text=raw)
    raw.write_text("\n".join(lines_of_company(200)), encoding="utf-8")
    assert weights_of(train_small_tagger(tmp_path, resume=True, raw_text=raw)) == weights_of(whole)


# ---------------------------------------------------------------- the company that words keep


def drawn_texts(seed: int, words: int, count: int = 60) -> list[np.ndarray]:
    chance = np.random.default_rng(seed)
    return [chance.integers(-1, words, chance.integers(0, 12)) for _ in range(count)]


def test_a_seed_gives_the_very_same_vectors_of_mean_square_1():
    texts = drawn_texts(0, FEWEST_WORDS)
    one, again = (cooccurrence_vectors(texts, FEWEST_WORDS, 8, 5, 1) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    assert one.shape == (FEWEST_WORDS, 8) and one.dtype == np.float32
    np.testing.assert_allclose((one**2).mean(axis=1), 1.0, rtol=1e-5)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_texts_are_no_company_to_each_other(seed):
    texts = drawn_texts(seed, FEWEST_WORDS)
    order = np.random.default_rng(seed).permutation(len(texts))
    found = cooccurrence_vectors([texts[place] for place in order], FEWEST_WORDS, 8, 5, 1)
    expected = cooccurrence_vectors(texts, FEWEST_WORDS, 8, 5, 1)
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=0.05)


def test_a_word_without_company_has_a_vector_of_zeros():
    texts = [
        *drawn_texts(0, FEWEST_WORDS - 1),
        np.array([FEWEST_WORDS - 1]),
        np.array([-1, FEWEST_WORDS - 1, -1]),
    ]
    vectors = cooccurrence_vectors(texts, FEWEST_WORDS, 8, 5, 1)
    assert not vectors[-1].any() and vectors[:-1].any(axis=1).all()


@pytest.mark.parametrize(("words", "dim"), [(FEWEST_WORDS - 1, 8), (60, 60)])
def test_too_few_words_have_no_vectors(words, dim):
    assert cooccurrence_vectors(drawn_texts(0, words), words, dim, 5, 1) is None
    assert cooccurrence_vectors([np.array([0]), np.array([1])], 100, 8, 5, 1) is None  # nor has any company


# ---------------------------------------------------------------- rare words of a language model


@pytest.mark.parametrize(("lines", "known"), [(100, True), (2_000, False)])
def test_a_word_that_occurs_once_is_known_in_a_short_text_and_stands_for_the_unknown_in_a_long_one(
    tmp_path, lines, known
):
    (tmp_path / "text.txt").write_text("zeppelin\n" + "the ship met the whales at sea .\n" * lines)
    data = read_generation_data(tmp_path / "text.txt", None, None)
    plan = plan_generation(data, {"unit": "word"})
    assert ("zeppelin" in plan.units.decode(plan.train.tolist())) == known
    assert plan.settings.min_count == (1 if known else 2)
