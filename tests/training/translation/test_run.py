"""A translator from a file of pairs to a model folder."""

import gzip
import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from hypothesis import given
from hypothesis import strategies as st

from headgate.data import IndexedPairs, Pair
from headgate.errors import ConfigError, DataError
from headgate.models import Translator, translator_module
from headgate.runtime import load
from headgate.text import PADDING_ID, PairUnits, learn_units
from headgate.training import TrainingInterrupted
from headgate.training.settings import make_settings
from headgate.training.starts import Sources
from headgate.training.translation import (
    TranslationRun,
    TranslationSettings,
    plan_translation,
    read_translation_data,
    translation_defaults,
)
from headgate.training.translation.data import TranslationData
from headgate.training.translation.objective import Progress, TranslationObjective
from headgate.training.translation.plan import TranslationPlan
from tests.training.small_runs import (
    SMALL_TRANSLATOR,
    TURNED,
    InterruptionAt,
    train_small_translator,
    weights_of,
    write_pairs,
)

CPU = torch.device("cpu")
PAIRS = [Pair("ab", "B A"), Pair("c", "C"), Pair("bacab", "B A C A B"), Pair("ca", "A C")]


def small_settings(**choices) -> TranslationSettings:
    defaults = translation_defaults(len(PAIRS), "char", "char")
    return make_settings(TranslationSettings, defaults, {**SMALL_TRANSLATOR, **choices})


def objective(epoch: int = 0, **choices) -> TranslationObjective:
    """Of `PAIRS` to learn from and to choose by, in this epoch."""
    pairs, settings = IndexedPairs.of(PAIRS), small_settings(**choices)
    kind = settings.source_unit
    sides = ([PairUnits.line(text) for text in side] for side in zip(*PAIRS, strict=True))
    units = PairUnits(*(learn_units(kind, side, size=300) for side in sides))
    progress = Progress()
    progress.epoch = epoch
    return TranslationObjective(pairs, pairs, units, settings, progress)


def translator(task: TranslationObjective) -> Translator:
    """A network without dropout, whose likeliest units differ from place to place."""
    torch.manual_seed(0)
    model = Translator(len(task.units.source), len(task.units.target), 8, 8, attention="dot").eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    return model


def log_probabilities(model, task, pair: Pair) -> tuple[torch.Tensor, torch.Tensor]:
    """Of every unit at each place of a target that stands alone; and the target's units."""
    target = torch.from_numpy(task.units.target_ids(pair.target))
    before = torch.cat((torch.tensor([task.units.end]), target[:-1]))
    source = torch.from_numpy(task.units.source_ids(pair.source))
    with torch.no_grad():
        return model(source[None], before[None])[0].log_softmax(1), target


# ---------------------------------------------------------------- the loss


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_loss_is_the_mean_over_the_units_of_all_targets_each_scored_alone(smoothing):
    task = objective(label_smoothing=smoothing)
    model, losses = translator(task), []
    for pair in PAIRS:
        logs, target = log_probabilities(model, task, pair)
        for of_place, unit in zip(logs, target, strict=True):
            losses.append(-(1 - smoothing) * of_place[unit] - smoothing * of_place.mean())
    found = task.loss(model, np.arange(len(PAIRS)), CPU)
    assert found.item() == pytest.approx(float(sum(losses) / len(losses)), abs=1e-5)


def test_dev_is_measured_by_units_and_by_whole_targets_without_smoothing():
    task = objective(label_smoothing=0.3, teacher_forcing=0.0, epoch=1)
    model, nats, right = translator(task), [], []
    for pair in PAIRS:
        logs, target = log_probabilities(model, task, pair)
        nats += (-logs[torch.arange(len(target)), target]).tolist()
        right.append((logs.argmax(1) == target).tolist())
    found = task.evaluate(model, Accelerator(cpu=True))
    assert found.score == found.measures["units_right"]
    assert found.score == pytest.approx(np.mean(list(itertools.chain(*right))))
    assert found.measures["loss"] == pytest.approx(np.mean(nats), abs=1e-5)
    assert found.measures["targets_right"] == pytest.approx(np.mean([all(places) for places in right]))


@given(epoch=st.integers(0, 3), seed=st.integers(0, 3))
def test_every_pair_is_in_one_batch_of_an_epoch(epoch, seed):
    task = objective(batch_size=3, seed=seed)
    batches = task.batches(epoch, task.settings)
    assert sorted(row for rows in batches for row in rows.tolist()) == list(range(len(PAIRS)))
    assert task.progress.epoch == epoch


def test_pairs_with_longer_sides_of_as_many_units_are_in_a_batch_however_many_bytes_they_have():
    pairs = IndexedPairs.of([Pair("a", "AAA"), Pair("ééé", "A"), Pair("éa", "A" * 6), Pair("é" * 6, "A")])
    batches = replace(objective(), train=pairs).batches(0, small_settings(batch_size=2))
    assert sorted(sorted(rows.tolist()) for rows in batches) == [[0, 1], [2, 3]]


# ---------------------------------------------------------------- what the decoder reads in training


def read_in_training(task: TranslationObjective, model, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """The true units before each unit, and what the decoder reads in their place."""
    source, before, _ = task._tensors(task.train, np.arange(len(PAIRS)), CPU, None)
    torch.manual_seed(seed)
    return before, task._own_answers(model, source, before)


@pytest.mark.parametrize(
    ("epoch", "epochs", "forcing"), [(5, 6, 1.0), (0, 6, 0.0), (0, 1, 0.0)], ids=["forced", "first", "only"]
)
def test_the_decoder_reads_the_truth_alone_where_it_is_forced(epoch, epochs, forcing):
    task = objective(epoch, teacher_forcing=forcing, epochs=epochs)
    model = translator(task)
    before, read = read_in_training(task, model)
    assert torch.equal(read, before)
    torch.manual_seed(0)
    state = torch.random.get_rng_state()
    task.loss(model, np.arange(len(PAIRS)), CPU)
    assert torch.equal(torch.random.get_rng_state(), state)  # and nothing is drawn


def test_without_forcing_it_reads_its_own_answers_but_for_the_beginning_and_padding():
    task = objective(5, teacher_forcing=0.0, epochs=6)
    model = translator(task)
    before, read = read_in_training(task, model)
    for row, pair in enumerate(PAIRS):
        logs, target = log_probabilities(model, task, pair)
        answers = logs.argmax(1)[:-1]  # to what comes before each unit but the first
        expected = torch.full_like(before[row], PADDING_ID)
        expected[: len(target)] = torch.cat((torch.tensor([task.units.end]), answers))
        assert read[row].tolist() == expected.tolist()
    assert not torch.equal(read, before)


def test_forcing_falls_linearly_to_what_was_asked():
    end = objective(5, teacher_forcing=0.0, epochs=6)
    model = translator(end)
    before, answers = read_in_training(end, model)
    found = []
    for epoch in range(3):
        task = objective(epoch, teacher_forcing=0.4, epochs=3)
        own = [read_in_training(task, model, seed)[1] != before for seed in range(25)]
        found.append(float(torch.stack(own).sum() / (25 * (answers != before).sum())))
    assert found == pytest.approx([0.0, 0.3, 0.6], abs=0.1)


def test_subword_dropout_cuts_texts_afresh_in_each_epoch_and_they_stay_the_same_texts():
    seen = set()
    rows = np.arange(len(PAIRS))
    for epoch in (0, 1, 1, 2):
        choices = {"source_unit": "subword", "target_unit": "subword", "subword_dropout": 0.5}
        task = objective(epoch, **choices)
        source, _, after = task._tensors(task.train, rows, CPU, task._dropping(rows))
        for row, pair in enumerate(PAIRS):
            assert task.units.source.decode([i for i in source[row].tolist() if i]) == f"{pair.source}\n"
            assert task.units.target.decode([i for i in after[row].tolist() if i]) == f"{pair.target}\n"
        seen.add((tuple(source.flatten().tolist()), tuple(after.flatten().tolist())))
    assert len(seen) == 3  # the same in the same epoch, different in others


# ---------------------------------------------------------------- units and settings


def plan(pairs: list[Pair], sources: Sources = Sources(), **choices) -> TranslationPlan:  # noqa: B008
    indexed = IndexedPairs.of(pairs)
    return plan_translation(TranslationData(indexed, indexed, None, ""), choices, sources)


SPOKEN = [Pair(word, " ".join(word.upper())) for word in map("".join, itertools.product("abc", repeat=4))]
SAID = [Pair(f"the {word} is here", f"hier ist {word} nun") for word in ("mill", "gate", "river")]


def test_what_each_side_is_made_of_follows_from_the_pairs():
    spoken, said = plan(SPOKEN), plan(SAID)
    assert (spoken.settings.source_unit, spoken.settings.target_unit) == ("char", "word")
    assert not (spoken.settings.joint or spoken.settings.shared or spoken.settings.tied)
    assert (len(spoken.units.source), len(spoken.units.target)) == (2 + 3 + 1, 2 + 3 + 1)
    assert (said.settings.source_unit, said.settings.target_unit) == ("subword", "subword")
    assert said.settings.joint and said.settings.shared and said.settings.tied
    assert said.units.joint
    assert said.shape.vocab_size == said.shape.target_vocab_size == len(said.units.source)


def test_a_choice_stands_and_what_is_left_open_follows_it():
    mixed = plan(SAID, source_unit="char")
    assert (mixed.settings.source_unit, mixed.settings.target_unit) == ("char", "subword")
    assert not (mixed.settings.joint or mixed.settings.shared or mixed.units.joint)
    for no in (False, "false"):  # from Python or a recipe, and from the command line
        apart = plan(SAID, joint=no)
        assert not (apart.settings.joint or apart.settings.shared or apart.units.joint)
    together = plan(SPOKEN, target_unit="char", joint=True, shared=True)
    assert together.units.joint and together.shape.shared


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"joint": True, "source_unit": "char"}, "joint units must be of one kind; source_unit is char and"),
        (
            {"joint": False, "shared": True},
            r"shared vectors need joint units \(set joint=true, or shared=false",
        ),
        ({"source_unit": "syllable"}, "unit must be one of char, subword, word; got 'syllable'"),
        ({"attention": "sideways"}, "attention must be one of .*got .sideways."),
        ({"source_unit": "word", "target_unit": "char", "subword_dropout": 0.1}, "of which neither side is"),
        ({"source_unit": "word", "min_count": 4}, "min_count must be at most the number of pairs, 3; got 4"),
        ({"teacher_forcing": 1.5}, "teacher_forcing.* less than or equal to 1; got 1.5"),
        ({"hidden": 15}, "hidden must be even, .*; got 15"),
        ({"attention": "none", "input_feeding": True}, "input_feeding.*attention"),
        ({"lookahead": 3}, "lookahead"),
    ],
    ids=str,
)
def test_choices_that_cannot_be_are_refused(choices, said):
    with pytest.raises(ConfigError, match=said):
        plan(SAID, **choices)


@pytest.mark.parametrize("name", ["embeddings", "init_from", "raw_text"])
def test_a_translator_starts_from_chance(name, tmp_path):
    with pytest.raises(ConfigError, match=f"--{name.replace('_', '-')} is not for translators"):
        plan(SAID, Sources(**{name: tmp_path / "file"}))


def test_nearly_all_targets_are_shorter_than_the_units_granted_to_them():
    pairs = [Pair("a" * size, "b" * (2 * size)) for size in range(1, 101)] + [Pair("a", "b" * 500)]
    found = plan(pairs, source_unit="char", target_unit="char").units.expansion
    ratios = sorted((len(pair.target) + 1) / (len(pair.source) + 1) for pair in pairs)
    assert ratios[-2] <= found / 1.5 + 0.01
    assert found / 1.5 <= ratios[-1] / 10


# ---------------------------------------------------------------- data


def test_pairs_are_the_same_from_any_kind_of_file(tmp_path):
    rows = list(TURNED.items())
    sources, targets = ("".join(f"{text}\n" for text in side) for side in zip(*rows, strict=True))
    contents = {
        "pairs.tsv": "".join(f"{source}\t{target}\n" for source, target in rows),
        "pairs.csv": "target,source\n" + "".join(f"{target},{source}\n" for source, target in rows),
        "pairs.jsonl": "".join(json.dumps({"source": a, "target": b}) + "\n" for a, b in rows),
        "sources": sources,
        "targets": targets,
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content.encode()))
    names = ["pairs.tsv", "pairs.csv", "pairs.jsonl"]
    files = [str(tmp_path / f"{name}{end}") for name in names for end in ("", ".gz")]
    files += [f"{tmp_path / 'sources'},{tmp_path / 'targets.gz'}"]
    for each in files:
        found = read_translation_data(
            each, each, each, source_column="source", target_column="target", seed=1
        )
        assert list(found.train) == list(found.dev) == found.test == rows


def test_a_dev_part_shares_no_source_with_training_and_left_out_pairs_are_told(tmp_path):
    path = write_pairs(tmp_path / "pairs.tsv", copies=6)
    with path.open("a", encoding="utf-8") as file:
        file.write("zz\t\n\tZ Z\n")
    found = read_translation_data(path, None, None, source_column="source", target_column="target", seed=1)
    train, dev = (set(part.sources) for part in (found.train, found.dev))
    assert train | dev == set(TURNED)
    assert not train & dev
    run = TranslationRun(found, plan_translation(found, SMALL_TRANSLATOR))
    count = len(found.train)
    assert count + len(found.dev) == 9 * 6
    assert f"{count} pairs to train on (2 with an empty side left out), {54 - count} to check" in run.summary


def test_the_same_source_everywhere_leaves_no_dev_part(tmp_path):
    (tmp_path / "pairs.tsv").write_text("a\tA\na\tB\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"all pairs have the same source.* \(.*--dev\)"):
        train_small_translator(tmp_path)


# ---------------------------------------------------------------- runs


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return train_small_translator(tmp_path_factory.mktemp("uninterrupted"))


def interrupt_at(monkeypatch, step: int) -> None:
    monkeypatch.setattr("headgate.training.loop.Interruption", InterruptionAt(step))


def test_a_run_tells_what_it_measured_and_is_read_back_as_it_was_trained(uninterrupted):
    metrics = json.loads((uninterrupted / "model" / "metrics.json").read_text(encoding="utf-8"))
    assert list(metrics["dev"]) == ["model", "copy"]
    assert metrics["dev"]["copy"]["exact_match"] == 0.0
    model = load(uninterrupted)
    target = model.units.target_ids("B A")
    before = torch.from_numpy(np.concatenate(([model.units.end], target[:-1])))
    with torch.no_grad():
        scores = translator_module(model.folder)(
            torch.from_numpy(model.units.source_ids("ab"))[None], before[None]
        )
    expected = scores[0].softmax(1)[torch.arange(len(target)), torch.from_numpy(target)]
    found = model.target_probabilities(model.units.source_ids("ab"), target)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_the_same_seed_gives_the_very_same_model_and_another_another(tmp_path, uninterrupted):
    assert weights_of(train_small_translator(tmp_path, teacher_forcing=1.0)) == weights_of(uninterrupted)
    assert weights_of(train_small_translator(tmp_path, "other", seed=2)) != weights_of(uninterrupted)


@pytest.mark.parametrize(
    ("steps", "choices"),
    [
        ([1], {}),
        ([2, 1], {"teacher_forcing": 0.2, "cell": "gru", "attention": "none"}),
        ([3], {"subword_dropout": 0.3, "source_unit": "subword", "target_unit": "subword"}),
    ],
    ids=["plain", "own answers", "subwords"],
)
def test_a_resumed_run_gives_the_very_same_model(tmp_path, monkeypatch, steps, choices):
    whole = train_small_translator(tmp_path, "whole", **choices)
    for number, step in enumerate(steps):
        interrupt_at(monkeypatch, step)
        with pytest.raises(TrainingInterrupted):
            train_small_translator(tmp_path, resume=number > 0, **choices)
    monkeypatch.undo()
    assert weights_of(train_small_translator(tmp_path, resume=True, **choices)) == weights_of(whole)
