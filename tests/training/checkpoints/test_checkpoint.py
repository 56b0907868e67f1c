import json

import pytest
import torch

from headgate.errors import ModelError
from headgate.training import TrainingInterrupted
from headgate.training.checkpoints.checkpoint import load_checkpoint, save_checkpoint
from tests.training.small_runs import InterruptionAt, train_small

STATE = {
    "model": {"weight": torch.tensor([[1.0, -2.0]]), "empty": torch.zeros(0, 3)},
    "optimisers": [{"state": {0: {"step": torch.tensor(3.0)}, 7: {}}, "betas": [0.9, 0.99]}],
    "position": {"epoch": 2, "best": None, "loss": 0.1 + 0.2},
    "random": [torch.tensor([1, 255], dtype=torch.uint8)],
}


def same(found, expected) -> bool:
    if isinstance(expected, torch.Tensor):
        return found.dtype == expected.dtype and torch.equal(found, expected)
    if isinstance(expected, dict):
        return list(found) == list(expected) and all(same(found[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return found == expected and type(found) is type(expected)


def test_a_state_is_read_back_as_it_was_written(tmp_path):
    save_checkpoint(tmp_path / "checkpoint", STATE)
    assert same(load_checkpoint(tmp_path / "checkpoint"), STATE)


def test_the_last_state_replaces_the_one_before(tmp_path):
    for number in range(3):
        save_checkpoint(tmp_path, {"number": number, "tensor": torch.full((2,), number)})
    assert same(load_checkpoint(tmp_path), {"number": 2, "tensor": torch.full((2,), 2)})
    assert len(list(tmp_path.iterdir())) == 2


def test_tensors_that_share_memory_are_each_written(tmp_path):
    weight = torch.arange(4.0)
    save_checkpoint(tmp_path, {"a": weight, "b": weight, "part": weight[1:3]})
    assert same(load_checkpoint(tmp_path), {"a": weight, "b": weight, "part": weight[1:3]})


def test_there_is_no_state_where_none_was_written(tmp_path):
    assert load_checkpoint(tmp_path) is None
    assert load_checkpoint(tmp_path / "nowhere") is None


def interrupted(tmp_path, monkeypatch):
    monkeypatch.setattr("headgate.training.loop.Interruption", InterruptionAt(7))
    with pytest.raises(TrainingInterrupted):
        train_small(tmp_path)
    monkeypatch.undo()
    return tmp_path / "run" / "checkpoint"


def test_a_checkpoint_holds_json_and_safetensors_and_no_pickle(tmp_path, monkeypatch):
    files = sorted(interrupted(tmp_path, monkeypatch).iterdir())
    assert [file.suffix for file in files] == [".json", ".safetensors"]
    json.loads(files[0].read_text(encoding="utf-8"))
    header = files[1].read_bytes()
    json.loads(header[8 : 8 + int.from_bytes(header[:8], "little")])  # as the format has it, and to the end
    assert b"\x80\x04" not in header[: 8 + int.from_bytes(header[:8], "little")]


@pytest.mark.parametrize(
    "damage",
    [
        lambda state, tensors: state.write_bytes(state.read_bytes()[:-20]),
        lambda state, tensors: state.write_text("[]", encoding="utf-8"),
        lambda state, tensors: state.write_text('{"tensors": 3, "state": {}}', encoding="utf-8"),
        lambda state, tensors: state.write_bytes(b"\xff\xfe"),
        lambda state, tensors: tensors.write_bytes(tensors.read_bytes()[:-20]),
        lambda state, tensors: tensors.write_bytes(b""),
        lambda state, tensors: tensors.unlink(),
    ],
    ids=["cut off", "a list", "no name", "not UTF-8", "tensors cut off", "no tensors in it", "no tensors"],
)
def test_a_damaged_checkpoint_is_one_clear_line(tmp_path, monkeypatch, damage):
    folder = interrupted(tmp_path, monkeypatch)
    damage(*sorted(folder.iterdir()))
    with pytest.raises(ModelError) as caught:
        train_small(tmp_path, resume=True)
    assert str(caught.value).startswith(f"{folder}: the checkpoint is damaged (")
    assert str(caught.value).endswith("); delete it to start anew")
