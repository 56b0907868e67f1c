import itertools

import pytest

from headgate.training import TrainingInterrupted
from tests.training.small_runs import (
    STEPS_AN_EPOCH,
    InterruptionAt,
    log_of,
    train_small,
    weights_of,
)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return train_small(tmp_path_factory.mktemp("uninterrupted"))


def interrupt_at(monkeypatch, step: int) -> None:
    monkeypatch.setattr("headgate.training.loop.Interruption", InterruptionAt(step))


def epochs_of(run) -> list[dict]:
    return [{**event, "seconds": None} for event in log_of(run) if event["event"] == "epoch"]


def test_the_same_seed_gives_the_very_same_model(tmp_path, uninterrupted):
    again = train_small(tmp_path, seed=1)
    assert weights_of(again) == weights_of(uninterrupted)
    for name in ("config.json", "tokenizer.json"):
        assert (again / "model" / name).read_bytes() == (uninterrupted / "model" / name).read_bytes()
    assert epochs_of(again) == epochs_of(uninterrupted)


def test_another_seed_gives_another_model(tmp_path, uninterrupted):
    assert weights_of(train_small(tmp_path, seed=2)) != weights_of(uninterrupted)


@pytest.mark.parametrize(
    "steps",
    [
        [1],
        [3],
        [STEPS_AN_EPOCH],  # an epoch's last step: its dev result is still to come
        [STEPS_AN_EPOCH + 1],
        [2 * STEPS_AN_EPOCH],  # the last step of all
        [2, 1, 4],  # interrupted, and resumed, again and again
    ],
    ids=str,
)
def test_a_resumed_run_gives_the_very_same_model(tmp_path, monkeypatch, uninterrupted, steps):
    for step, resume in zip(steps, itertools.chain([False], itertools.repeat(True))):  # noqa: B905
        interrupt_at(monkeypatch, step)
        with pytest.raises(
            TrainingInterrupted, match=r"stopped in epoch \d of 2; .* \(continue with --resume\)"
        ):
            train_small(tmp_path, resume=resume)
    monkeypatch.undo()
    resumed = train_small(tmp_path, resume=True)
    assert weights_of(resumed) == weights_of(uninterrupted)
    assert epochs_of(resumed) == epochs_of(uninterrupted)
    assert not (resumed / "checkpoint").exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"cell": "original_gru", "bidirectional": False, "pooling": "last", "ngram_buckets": 0},
        {"layers": 2, "patience": 1, "epochs": 4, "average_from": 1.0, "label_smoothing": 0.1},
        {"cell": "rnn", "average_from": 0.0, "pooling": "attention+max", "half": True, "bag": False},
    ],
    ids=lambda settings: settings.get("cell", "lstm"),
)
def test_it_does_so_with_any_settings(tmp_path, monkeypatch, settings):
    whole = train_small(tmp_path, "whole", **settings)
    interrupt_at(monkeypatch, STEPS_AN_EPOCH + 2)
    with pytest.raises(TrainingInterrupted):
        train_small(tmp_path, **settings)
    monkeypatch.undo()
    assert weights_of(train_small(tmp_path, resume=True, **settings)) == weights_of(whole)
    assert epochs_of(tmp_path / "run") == epochs_of(tmp_path / "whole")


def test_a_run_that_is_resumed_after_its_last_epoch_only_finishes(tmp_path, monkeypatch, uninterrupted):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("headgate.training.classification.run.ClassifierDraft.write", stop)
    with pytest.raises(KeyboardInterrupt):
        train_small(tmp_path)
    monkeypatch.undo()
    resumed = train_small(tmp_path, resume=True)
    assert weights_of(resumed) == weights_of(uninterrupted)
    assert epochs_of(resumed) == epochs_of(uninterrupted)
