"""A language model from a text file to a model folder."""

import itertools
import json
import math

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from hypothesis import given
from hypothesis import strategies as st

from headgate.cells import CELLS, cell_named
from headgate.errors import ConfigError, DataError
from headgate.models import LanguageModel, language_model_module
from headgate.runtime import load
from headgate.training import TrainingInterrupted
from headgate.training.generation import GenerationSettings, generation_defaults, read_generation_data
from headgate.training.generation.objective import Carried, GenerationObjective
from headgate.training.settings import make_settings
from tests.training.small_runs import (
    SMALL_LANGUAGE_MODEL,
    InterruptionAt,
    log_of,
    train_small,
    train_small_language_model,
    weights_of,
)

CPU = torch.device("cpu")


def small_settings(**choices) -> GenerationSettings:
    defaults = generation_defaults(500, "char")
    return make_settings(GenerationSettings, defaults, {**SMALL_LANGUAGE_MODEL, **choices})


def objective(length: int, cell: str = "lstm", **choices) -> GenerationObjective:
    """Of a text of so many units, that is also the dev text."""
    units = np.random.default_rng(0).integers(2, 9, length)
    return GenerationObjective(units, units, length, small_settings(**choices), Carried(cell_named(cell)))


# ---------------------------------------------------------------- stretches


@given(
    length=st.integers(2, 400),
    batch_size=st.integers(1, 12),
    bptt=st.integers(1, 40),
    variable=st.booleans(),
    seed=st.integers(0, 9),
)
def test_stretches_cover_every_target_once_an_epoch(length, batch_size, bptt, variable, seed):
    task = objective(length, batch_size=batch_size, bptt=bptt, variable_lengths=variable, seed=seed)
    epochs = [task.batches(epoch, task.settings) for epoch in range(3)]
    assert len({len(batches) for batches in epochs}) == 1  # every epoch has as many
    for batches in epochs:
        targets = [target for rows in batches for start, end in rows for target in range(start + 1, end + 1)]
        assert sorted(targets) == list(range(1, len(targets) + 1))
        assert length - 1 - len(targets) < min(batch_size, length - 1)  # less than one a stream is left
        assert all(len({int(end - start) for start, end in rows}) == 1 for rows in batches)
        for one, other in itertools.pairwise(batches):
            assert one[:, 1].tolist() == other[:, 0].tolist()


def test_stretches_are_as_long_as_asked_and_differ_from_epoch_to_epoch():
    task = objective(20_001, batch_size=2, bptt=70, variable_lengths=True)
    epochs = [task.batches(epoch, task.settings) for epoch in (0, 1)]
    lengths = np.array([int(rows[0, 1] - rows[0, 0]) for rows in epochs[0]])
    assert abs(lengths.mean() - 70) < 1
    assert 0.01 < (lengths < 50).mean() < 0.12  # about one in twenty is half as long
    assert lengths.tolist() != [int(rows[0, 1] - rows[0, 0]) for rows in epochs[1]]
    fixed = objective(1_401, batch_size=2, bptt=70, variable_lengths=False)
    assert {int(rows[0, 1] - rows[0, 0]) for rows in fixed.batches(0, fixed.settings)} == {70}


def language_model(cell: str, **options) -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(9, 8, 8, cell=cell, layers=2, **options)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return model


@pytest.mark.parametrize("cell", CELLS)
def test_the_carried_state_is_that_of_reading_the_streams_at_once(cell):
    task = objective(121, cell, batch_size=3, bptt=7, weight_dropout=0.0, variable_lengths=False)
    model = language_model(cell).eval()
    batches = task.batches(0, task.settings)
    losses = [task.loss(model, rows, CPU).item() * int(rows[0, 1] - rows[0, 0]) for rows in batches]
    streams = torch.from_numpy(task.train[np.arange(3)[:, None] * 40 + np.arange(41)])
    with torch.no_grad():
        whole, states = model.loss(streams[:, :-1], streams[:, 1:])
    assert sum(losses) / 40 == pytest.approx(float(whole.mean()), abs=1e-5)
    for carried, state in zip(task.carried.states, states, strict=True):
        for name, part in vars(state).items():
            torch.testing.assert_close(vars(carried)[name], part, rtol=0, atol=1e-5)
            assert not vars(carried)[name].requires_grad
    # The next epoch begins without it.
    first = task.loss(model, batches[0], CPU).item()
    assert first == pytest.approx(losses[0] / int(batches[0][0, 1]), abs=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_restored_state_goes_on_as_the_saved_one(cell):
    task, model = objective(121, cell, batch_size=3, bptt=7), language_model(cell).eval()
    batches = task.batches(0, task.settings)
    task.loss(model, batches[0], CPU)
    other = objective(121, cell, batch_size=3, bptt=7)
    other.carried.load_state_dict(task.carried.state_dict())
    fresh = objective(121, cell, batch_size=3, bptt=7)
    found = [one.loss(model, batches[1], CPU).item() for one in (task, other, fresh)]
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("cell", ["lstm", "qrnn"])
def test_a_run_that_has_carried_nothing_yet_is_saved_and_restored(cell):
    carried = Carried(cell_named(cell))
    carried.load_state_dict(carried.state_dict())
    assert (carried.states, carried.before([0, 5], CPU)) == (None, None)


def test_the_penalties_are_added_to_the_loss():
    model = language_model("lstm").eval()
    plain = objective(81, batch_size=2, bptt=20, variable_lengths=False)
    rows = plain.batches(0, plain.settings)[0]
    outputs, _ = model.read_on(torch.from_numpy(plain.train[rows[:, :1] + np.arange(20)]))
    alpha = objective(81, batch_size=2, bptt=20, variable_lengths=False, activation_penalty=2.0)
    beta = objective(81, batch_size=2, bptt=20, variable_lengths=False, slowness_penalty=3.0)
    loss = plain.loss(model, rows, CPU).item()
    square = (outputs**2).mean().item()
    change = ((outputs[:, 1:] - outputs[:, :-1]) ** 2).mean().item()
    assert alpha.loss(model, rows, CPU).item() == pytest.approx(loss + 2 * square, 1e-5)
    assert beta.loss(model, rows, CPU).item() == pytest.approx(loss + 3 * change, 1e-5)


def test_a_short_stretch_counts_less():
    model = language_model("lstm").eval()
    task = objective(81, batch_size=2, bptt=20, variable_lengths=True)
    rows = np.array([[0, 5], [40, 45]])
    units = torch.from_numpy(task.train[rows[:, :1] + np.arange(6)])
    mean = model.loss(units[:, :-1], units[:, 1:])[0].mean().item()
    assert task.loss(model, rows, CPU).item() == pytest.approx(mean * 5 / 20, 1e-5)


@pytest.mark.parametrize("length", [2, 300, 3_005])
def test_the_dev_loss_is_the_mean_over_its_streams(length):
    task, model = objective(length), language_model("lstm").eval()
    streams = max(1, (length - 1) // 1_000)
    width = (length - 1) // streams
    units = torch.from_numpy(np.stack([task.dev[n * width : (n + 1) * width + 1] for n in range(streams)]))
    with torch.no_grad():
        expected = float(model.loss(units[:, :-1], units[:, 1:])[0].mean())
    found = task.evaluate(model, Accelerator(cpu=True))
    assert found.score == -found.measures["loss"]
    assert found.measures["loss"] == pytest.approx(expected, abs=1e-5)
    assert found.measures["bits_per_character"] == pytest.approx(expected / math.log(2), abs=1e-5)


# ---------------------------------------------------------------- runs


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return train_small_language_model(tmp_path_factory.mktemp("uninterrupted"))


def interrupt_at(monkeypatch, step: int) -> None:
    monkeypatch.setattr("headgate.training.loop.Interruption", InterruptionAt(step))


def steps_an_epoch(run) -> int:
    units = json.loads((run / "model" / "metrics.json").read_text(encoding="utf-8"))["training"]["units"]
    return math.ceil((units - 1) // 4 / 20)


def test_the_loss_on_a_periodic_text_falls_to_nearly_zero(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("abcdefgh\n" * 200, encoding="utf-8")
    kinds = ("dropout", "output_dropout", "input_dropout", "weight_dropout", "weight_decay")
    still = dict.fromkeys(kinds, 0.0)
    run = train_small_language_model(
        tmp_path, train=path, epochs=6, learning_rate=0.03, average_from=1.0, **still
    )
    losses = [event["train_loss"] for event in log_of(run) if event["event"] == "epoch"]
    assert losses[-1] < 0.1 < losses[0]
    model = load(run)
    assert model.score("abcdefgh\n" * 9).perplexity < 1.1
    assert model.predict("abc", length=14, beam=1).text == "defgh\nabcdefgh"


@pytest.mark.parametrize("unit", ["subword", "word"])
def test_each_kind_of_unit_is_trained_and_measured(tmp_path, unit):
    run = train_small_language_model(tmp_path, unit=unit, epochs=1)
    metrics = json.loads((run / "model" / "metrics.json").read_text(encoding="utf-8"))
    text = (tmp_path / "text.txt").read_text(encoding="utf-8")
    dev = text[int(0.9 * len(text)) :]
    found = load(run).score(dev).to_json()
    assert metrics["dev"]["model"] == pytest.approx(found)
    assert (found["characters"], found["words"]) == (len(dev), len(dev.split()) + dev.count("\n"))


@pytest.mark.parametrize(
    "choices",
    [{"cell": cell, "weight_dropout": 0.0} for cell in CELLS]
    + [{"tied": True}, {"tied": True, "embedding": 16}, {"cutoffs": "5,9", "layers": 2}, {"half": True}],
    ids=str,
)
def test_a_model_of_any_kind_is_trained_and_read_back(tmp_path, choices):
    run = train_small_language_model(tmp_path, epochs=1, **choices)
    model = load(run)
    text = "the mill is number 3\n"
    tokens = torch.from_numpy(model.units.encode("\n" + text))[None]
    with torch.no_grad():
        expected = language_model_module(model.folder).loss(tokens[:, :-1], tokens[:, 1:])[0]
    np.testing.assert_allclose(model.stream().losses(text)[0], expected[0], rtol=0, atol=1e-5)


def test_the_same_seed_gives_the_very_same_model_and_another_another(tmp_path, uninterrupted):
    assert weights_of(train_small_language_model(tmp_path, seed=1)) == weights_of(uninterrupted)
    assert weights_of(train_small_language_model(tmp_path, "other", seed=2)) != weights_of(uninterrupted)


@pytest.mark.parametrize("steps", [[1], [3], [0], [5, 1, 4]], ids=["first", "third", "last", "again"])
def test_a_resumed_run_gives_the_very_same_model(tmp_path, monkeypatch, uninterrupted, steps):
    for number, step in enumerate(steps):
        interrupt_at(monkeypatch, step or steps_an_epoch(uninterrupted))
        with pytest.raises(TrainingInterrupted):
            train_small_language_model(tmp_path, resume=number > 0)
    monkeypatch.undo()
    assert weights_of(train_small_language_model(tmp_path, resume=True)) == weights_of(uninterrupted)


@pytest.mark.parametrize("cell", ["gru", "qrnn"])
def test_it_does_so_with_any_state(tmp_path, monkeypatch, cell):
    options = {"cell": cell, "layers": 2, "weight_dropout": 0.0, "epochs": 1}
    whole = train_small_language_model(tmp_path, "whole", **options)
    interrupt_at(monkeypatch, 2)
    with pytest.raises(TrainingInterrupted):
        train_small_language_model(tmp_path, **options)
    monkeypatch.undo()
    assert weights_of(train_small_language_model(tmp_path, resume=True, **options)) == weights_of(whole)


# ---------------------------------------------------------------- another model to start from


def test_a_model_goes_on_from_another(tmp_path, uninterrupted):
    free = {"hidden": None, "embedding": None, "layers": None}
    settings_of_a_run = {name: value for name, value in SMALL_LANGUAGE_MODEL.items() if name not in free}
    from headgate.training import train

    model = train(
        "generation",
        train=uninterrupted.parent / "text.txt",
        out=tmp_path / "run",
        init_from=uninterrupted,
        quiet=True,
        **{**settings_of_a_run, "learning_rate": 1e-9, "epochs": 1, "average_from": 1.0},
    )
    chosen = json.loads((tmp_path / "run" / "settings.json").read_text(encoding="utf-8"))
    assert chosen["weight_decay"] == 0.0  # what is known is not to fade
    before = load(uninterrupted)
    assert model.config.network == before.config.network
    assert model.units.to_json() == before.units.to_json()
    for name, weights in before.folder.weights.items():
        np.testing.assert_allclose(model.folder.weights[name], weights, rtol=0, atol=1e-5)


def test_a_model_of_another_shape_unit_or_task_is_refused(tmp_path, uninterrupted):
    start = {"init_from": uninterrupted, "train": uninterrupted.parent / "text.txt"}
    for name, value in {"cell": "gru", "hidden": 8, "layers": 2, "tied": True}.items():
        with pytest.raises(ConfigError, match="has another shape than the settings ask for"):
            train_small_language_model(tmp_path, **start, **{name: value})
    with pytest.raises(ConfigError, match=r"unit must be char, as .* has it; got word"):
        train_small_language_model(tmp_path, **start, unit="word")
    classifier = train_small(tmp_path, "classifier", epochs=1)
    with pytest.raises(ConfigError, match="a language model starts from another; this is for classification"):
        train_small_language_model(tmp_path, **(start | {"init_from": classifier}))


@pytest.mark.parametrize("source", ["embeddings", "raw_text"])
def test_vectors_and_raw_text_are_not_for_language_models(tmp_path, source):
    option = "--" + source.replace("_", "-")
    with pytest.raises(ConfigError, match=rf"{option} is not for language models \(--init-from"):
        train_small_language_model(tmp_path, **{source: tmp_path / "file"})


# ---------------------------------------------------------------- data


def test_the_last_tenth_is_dev_unless_there_is_a_dev_file(tmp_path):
    path, other = tmp_path / "train.txt", tmp_path / "dev.txt"
    path.write_text("abcdefghij" * 10, encoding="utf-8")
    other.write_bytes(b"dev\r\ntext")
    split = read_generation_data(path, None, other)
    assert (split.train, split.dev, split.test) == ("abcdefghij" * 9, "abcdefghij", "dev\ntext")
    given_dev = read_generation_data(path, other, None)
    assert (given_dev.train, given_dev.dev, given_dev.test) == ("abcdefghij" * 10, "dev\ntext", None)
    assert split.fingerprint != given_dev.fingerprint
    assert read_generation_data(path, None, None).fingerprint == split.fingerprint  # test is not learned from


@pytest.mark.parametrize("text", ["a", "a" * 500])
def test_a_text_of_one_character_is_refused(tmp_path, text):
    path = tmp_path / "text.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"text\.txt: the text is 'a' alone: there is nothing to foretell"):
        read_generation_data(path, None, None)


def test_cutoffs_beyond_the_vocabulary_or_too_many_for_the_state_are_refused(tmp_path):
    for cutoffs, said in {
        "5,900": "must rise and lie between",
        "3,5,9": "3 cutoffs take 64 hidden units",
    }.items():
        with pytest.raises(ConfigError, match=said):
            train_small_language_model(tmp_path, cutoffs=cutoffs)
