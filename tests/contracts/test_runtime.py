"""One table: every model answers in NumPy as in torch, and the same however it is run."""

import subprocess
import sys
from dataclasses import replace
from itertools import count, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cells import CELLS
from headgate.models import classifier_inputs
from headgate.runtime import load
from headgate.runtime.classification.network import ClassifierNetwork
from headgate.tasks import probabilities
from tests.conftest import LABELS, WORDS, write_small_model

TEXTS = [
    "The film wasn't good!",
    "",
    "a plot was bad , the film was n't , the film was bad bad",
    "😀 naïve 😀",
    "unheard-of wordings",
    "good",
    " \t ",
    "the film was good ! the film was bad ! the film was odd ! " * 3,
]
ALL_POOLINGS = "attention+last+max+mean"
STACKS = [
    {"cell": cell, "layers": layers, "bidirectional": both}
    for cell, layers, both in product(CELLS, (1, 2), (False, True))
]
FEATURES = [
    {"pooling": ALL_POOLINGS, "ngrams": ngrams, "bag": bag} for ngrams, bag in product((0, 30), (False, True))
]
POOLINGS = [{"pooling": pooling} for pooling in ("last", "mean", "max", "attention")]


def named(options) -> str:
    return "-".join(map(str, options.values()))


every_stack = pytest.mark.parametrize("stack", STACKS, ids=named)
every_cell = pytest.mark.parametrize("cell", CELLS)


def torch_probabilities(small, texts) -> np.ndarray:
    """What the torch module says, all texts in one batch."""
    batch = classifier_inputs(small.encoder.encode(texts).batch(range(len(texts))), torch.device("cpu"))
    with torch.no_grad():
        return probabilities(small.module(*batch).numpy(), small.config.temperature)


def assert_close(found, expected, tolerance=1e-6):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


@every_stack
@pytest.mark.parametrize("features", FEATURES + POOLINGS, ids=named)
def test_numpy_answers_as_torch_does(stack, features, make_model):
    small = make_model(**stack, **features)
    assert_close(load(small.path).probabilities(TEXTS), torch_probabilities(small, TEXTS))


@every_stack
def test_batch_size_and_order_never_change_an_answer(stack, make_model, monkeypatch):
    model = load(make_model(pooling=ALL_POOLINGS, ngrams=30, bag=True, **stack).path)
    together = model.probabilities(TEXTS)
    alone = np.concatenate([model.probabilities([text]) for text in TEXTS])
    assert_close(alone, together)
    assert_close(model.probabilities(TEXTS[::-1])[::-1], together)
    monkeypatch.setattr("headgate.data.bucketing.SCORING_TEXTS", 3)
    assert_close(model.probabilities(TEXTS), together)
    monkeypatch.setattr("headgate.data.bucketing.MOST_TOKENS", 1)
    assert_close(model.probabilities(TEXTS), together)


@every_stack
def test_padding_never_changes_an_answer(stack, make_model):
    small = make_model(pooling=ALL_POOLINGS, bag=True, **stack)
    folder = load(small.path).folder
    network = ClassifierNetwork(folder.config.network, folder.weights, folder.path)
    encoded = small.encoder.encode(TEXTS)
    batch = encoded.batch(np.argsort(-encoded.lengths, kind="stable"))
    padded = replace(batch, token_ids=np.pad(batch.token_ids, ((0, 0), (0, 7))))
    assert_close(probabilities(network(padded), 1.0), probabilities(network(batch), 1.0))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """One rich model for each cell and direction."""
    options = {"layers": 2, "pooling": ALL_POOLINGS, "ngrams": 30, "bag": True}
    return {
        (cell, both): load(
            write_small_model(
                tmp_path_factory.mktemp(cell) / "model", cell=cell, bidirectional=both, **options
            ).path
        )
        for cell, both in product(CELLS, (False, True))
    }


MANY_TEXTS = st.lists(
    st.one_of(st.text(max_size=30), st.lists(st.sampled_from(WORDS)).map(" ".join)), max_size=8
)


@every_cell
@settings(deadline=None, max_examples=10)
@given(texts=MANY_TEXTS)
def test_any_texts_get_the_answers_that_they_get_alone_in_their_order(cell, models, texts):
    model = models[cell, True]
    answers = model.predict(texts)
    assert len(answers) == len(texts)
    for text, answer in zip(texts, answers, strict=True):
        alone = model.predict(text)
        assert_close(list(answer.scores.values()), list(alone.scores.values()))
        assert tuple(answer.scores) == LABELS
        assert answer.score == max(answer.scores.values()) == answer.scores[answer.label]
        assert sum(answer.scores.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("texts", [[], (), iter([])])
def test_no_texts_get_no_answers(models, texts):
    assert models["lstm", True].predict(texts) == []


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800 half a pair", "a\u0301\u0301", "\u200d\u200d", "\ufeff", "👩‍👩‍👧" * 50]
)
def test_odd_characters_get_an_answer(models, text):
    assert models["gru", True].predict(text).label in LABELS


def test_texts_are_read_a_bounded_number_ahead(models, monkeypatch):
    monkeypatch.setattr("headgate.runtime.chunks.CHUNK_TEXTS", 8)
    read = 0

    def endless():
        nonlocal read
        for number in count():
            read += 1
            yield f"the film number {number}"

    answers = models["lstm", True].predict_each(endless())
    assert read == 0
    for given_so_far in range(1, 30):
        next(answers)
        assert given_so_far <= read < given_so_far + 8


def test_chunks_of_a_long_input_are_joined_in_order(models, monkeypatch):
    texts = [" ".join(WORDS[: size % 7]) for size in range(30)]
    expected = models["gru", True].predict(texts)
    monkeypatch.setattr("headgate.runtime.chunks.CHUNK_TEXTS", 4)
    for found, wanted in zip(models["gru", True].predict(texts), expected, strict=True):
        assert_close(list(found.scores.values()), list(wanted.scores.values()))


def test_a_text_of_100000_words_is_answered_as_in_torch(make_model):
    small = make_model(cell="rnn", pooling="mean+max", ngrams=30, bag=True)
    text = "the film was n't good " * 20_000
    # In a process of its own, because the checks of every shape in this one would take a minute.
    program = (
        "import sys, headgate; print(*headgate.load(sys.argv[1]).predict(sys.stdin.read()).scores.values())"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, small.path], input=text, capture_output=True, text=True, check=True
    )
    found = np.array([[float(score) for score in answer.stdout.split()]])
    assert_close(found, torch_probabilities(small, [text]), 1e-5)


@every_cell
@settings(deadline=None, max_examples=15)
@given(words=st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=5)), max_size=12), data=st.data())
def test_a_stream_answers_as_predict_does_however_the_text_is_cut(cell, models, words, data):
    model = models[cell, False]
    words = " ".join(words).split()  # a drawn word may hold white space, and so be several or none
    cuts = sorted(data.draw(st.lists(st.integers(0, len(words)), max_size=5)))
    stream = model.stream()
    for start, end in zip([0, *cuts], [*cuts, len(words)], strict=True):
        found = stream.push(" ".join(words[start:end]))
        expected = model.predict(" ".join(words[:end]))
        assert_close(list(found.scores.values()), list(expected.scores.values()), 1e-5)
        assert stream.answer() == found
