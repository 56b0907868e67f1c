"""The state of a run on disk, to go on from as if it had never stopped. No pickle: JSON and safetensors."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from headgate.errors import ModelError, OutputError

_TENSOR = "tensor:"


def save_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Write a nested state of dicts, lists, tensors and plain values.

    Both files are written under a temporary name first. The tensors carry a number that the JSON file names,
    so an interruption between the two renames leaves the old checkpoint readable. Raises OutputError.
    """
    tensors: dict[str, Tensor] = {}
    tree = _strip(state, tensors)
    number = _next_number(folder)
    weights = folder / f"tensors-{number}.safetensors"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, weights)
        partial = folder / "state.json.partial"
        partial.write_text(json.dumps({"tensors": weights.name, "state": tree}), encoding="utf-8")
        partial.replace(folder / "state.json")
    except (OSError, SafetensorError) as error:
        weights.unlink(missing_ok=True)
        raise OutputError(f"{folder}: cannot write the checkpoint: {error}") from error
    with suppress(OSError):  # what the new state does not name is only in the way
        for old in folder.glob("tensors-*.safetensors"):
            if old != weights:
                old.unlink()


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The state that was saved last; None when there is none; ModelError when it is damaged."""
    if not (folder / "state.json").is_file():
        return None
    try:
        content = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        return _fill(content["state"], load_file(folder / content["tensors"]))
    except (OSError, ValueError, TypeError, KeyError, SafetensorError) as error:
        raise ModelError(f"{folder}: the checkpoint is damaged ({error}); delete it to start anew") from error


def _next_number(folder: Path) -> int:
    numbers = [int(path.stem.split("-")[1]) for path in folder.glob("tensors-*.safetensors")]
    return max(numbers, default=0) + 1


def _strip(node: Any, tensors: dict[str, Tensor]) -> Any:
    """The tree with a name in place of each tensor; the tensors go into `tensors` under these names.

    Keys of a dict are kept as pairs, because an optimiser numbers its parameters and JSON has only text keys.
    """
    if isinstance(node, Tensor):
        name = f"{_TENSOR}{len(tensors)}"
        tensors[name] = node.detach().cpu().clone()
        return name
    if isinstance(node, dict):
        return {"pairs": [[key, _strip(value, tensors)] for key, value in node.items()]}
    if isinstance(node, list | tuple):
        return [_strip(value, tensors) for value in node]
    return node


def _fill(node: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(node, str) and node.startswith(_TENSOR):
        return tensors[node]
    if isinstance(node, dict):
        return {key: _fill(value, tensors) for key, value in node["pairs"]}
    if isinstance(node, list):
        return [_fill(value, tensors) for value in node]
    return node
