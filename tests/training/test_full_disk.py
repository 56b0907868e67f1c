"""A full disk, wherever a run writes: one line, and what was there before is kept."""

import errno
from pathlib import Path

import pytest
from safetensors import SafetensorError

from headgate.errors import HeadgateError, OutputError
from headgate.training import TrainingInterrupted
from headgate.training.checkpoints.checkpoint import load_checkpoint
from tests.training.small_runs import InterruptionAt, train_small, weights_of

FULL = "No space left on device"


def fill_disk(monkeypatch, *, under: str, after: int = 0) -> None:
    """From now on, nothing more can be written to files with this in their path, `after` so many."""
    left = after

    def refusing(original):
        def write(path, content, *args, **options):
            nonlocal left
            if under in str(path):
                left -= 1
                if left < 0:
                    original(path, content[: len(content) // 2], *args, **options)
                    raise OSError(errno.ENOSPC, FULL, str(path))
            return original(path, content, *args, **options)

        return write

    monkeypatch.setattr(Path, "write_text", refusing(Path.write_text))
    monkeypatch.setattr(Path, "write_bytes", refusing(Path.write_bytes))


def files_in(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_run_that_cannot_begin_leaves_no_trace_that_hinders_the_next(tmp_path, monkeypatch):
    fill_disk(monkeypatch, under="settings.json")
    with pytest.raises(OutputError) as caught:
        train_small(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'run'}: cannot write the run: {FULL}"
    monkeypatch.undo()
    train_small(tmp_path)


def test_a_run_that_cannot_begin_keeps_the_one_before(tmp_path, monkeypatch):
    run = train_small(tmp_path)
    before, weights = files_in(run), weights_of(run)
    fill_disk(monkeypatch, under="settings.json")
    with pytest.raises(OutputError):
        train_small(tmp_path, seed=2)
    assert files_in(run) == before
    assert weights_of(run) == weights


def test_a_model_that_cannot_be_written_keeps_the_one_before_and_the_run_can_be_resumed(
    tmp_path, monkeypatch
):
    run = train_small(tmp_path)
    first = weights_of(run)
    fill_disk(monkeypatch, under="model.partial")
    with pytest.raises(OutputError) as caught:
        train_small(tmp_path, seed=2)
    assert str(caught.value) == f"{run / 'model'}: cannot write the model: {FULL}"
    assert weights_of(run) == first
    monkeypatch.undo()
    assert weights_of(train_small(tmp_path, seed=2, resume=True)) != first
    assert files_in(run) == files_in(train_small(tmp_path, "other"))


def test_the_log_that_cannot_be_written_ends_the_run_in_one_line(tmp_path, monkeypatch):
    original = Path.open

    def refuse(path, *args, **options):
        if path.name == "log.jsonl":
            raise OSError(errno.ENOSPC, FULL, str(path))
        return original(path, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OutputError) as caught:
        train_small(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'run' / 'log.jsonl'}: cannot write the log: {FULL}"


@pytest.mark.parametrize("which", ["the tensors", "the rest"])
def test_a_checkpoint_that_cannot_be_written_keeps_the_one_before(tmp_path, monkeypatch, which):
    whole = train_small(tmp_path, "whole")
    monkeypatch.setattr("headgate.training.loop.Interruption", InterruptionAt(7))
    with pytest.raises(TrainingInterrupted):
        train_small(tmp_path)
    monkeypatch.undo()
    checkpoint = tmp_path / "run" / "checkpoint"
    before = load_checkpoint(checkpoint)["position"]
    if which == "the tensors":
        monkeypatch.setattr("headgate.training.checkpoints.checkpoint.save_file", refuse_to_save)
    else:
        fill_disk(monkeypatch, under="state.json")
    with pytest.raises(OutputError) as caught:
        train_small(tmp_path, resume=True)
    assert str(caught.value).startswith(f"{checkpoint}: cannot write the checkpoint: ")
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    assert load_checkpoint(checkpoint)["position"] == before
    assert weights_of(train_small(tmp_path, resume=True)) == weights_of(whole)


def refuse_to_save(tensors, path) -> None:
    path.write_bytes(b"half of it")
    raise SafetensorError(f"Error while serializing: I/O error: {FULL}")


def test_every_error_of_a_full_disk_is_one_that_the_command_line_shows_in_a_line():
    assert issubclass(OutputError, HeadgateError)
