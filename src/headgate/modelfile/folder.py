"""A model is a folder of five plain files; this module writes and reads it, whole or not at all.

    config.json          task, labels, shape of the network, golden answers (`ModelConfig`)
    model.safetensors    the weights, under PyTorch's names
    tokenizer.json       how text becomes ids
    README.md            the model card
    metrics.json         what was measured when it was trained

None of them is a pickle: a folder from a stranger can do no harm when it is opened.
"""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from headgate.errors import ModelError, OutputError
from headgate.modelfile.config import FORMAT_VERSION, ModelConfig

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"
CARD_FILE = "README.md"
METRICS_FILE = "metrics.json"
MODEL_FILES = (CONFIG_FILE, WEIGHTS_FILE, TOKENIZER_FILE, CARD_FILE, METRICS_FILE)

Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class ModelFolder:
    """The content of a model folder that running the model needs."""

    path: Path
    config: ModelConfig
    weights: Weights
    tokenizer: dict[str, Any]


def pack_weights(weights: Weights, *, half: bool = False) -> bytes:
    """The content of `model.safetensors`; `half` stores 16-bit floats, which halves the file."""
    stored = np.float16 if half else np.float32
    return save({name: np.ascontiguousarray(array, stored) for name, array in weights.items()})


def unpack_weights(content: bytes) -> Weights:
    """The weights in a safetensors file, as 32-bit floats whatever they are stored in."""
    return {name: array.astype(np.float32, copy=False) for name, array in load(content).items()}


def checksum(content: bytes) -> str:
    """The SHA-256 that ties a weights file to its config."""
    return hashlib.sha256(content).hexdigest()


def write_model(
    path: Path,
    config: ModelConfig,
    weights: bytes,
    tokenizer: dict[str, Any],
    card: str,
    metrics: dict[str, Any],
) -> None:
    """Write a model folder under a temporary name, then rename: an old model stays whole until that moment.

    Raises OutputError when the folder cannot be written, and ModelError when `path` holds something that is
    not a model, which is never overwritten.
    """
    refuse_to_replace(path)
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    previous = path.with_name(f".{path.name}.previous-{os.getpid()}")
    try:
        partial.mkdir(parents=True)
        (partial / CONFIG_FILE).write_text(_json(config.to_json()), encoding="utf-8")
        (partial / WEIGHTS_FILE).write_bytes(weights)
        (partial / TOKENIZER_FILE).write_text(_compact_json(tokenizer), encoding="utf-8")
        (partial / CARD_FILE).write_text(card, encoding="utf-8")
        (partial / METRICS_FILE).write_text(_json(metrics), encoding="utf-8")
        _replace(path, partial, previous)
    except OSError as error:
        raise OutputError(f"{path}: cannot write the model: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)  # there only when something went wrong
    shutil.rmtree(previous, ignore_errors=True)


def _replace(path: Path, partial: Path, previous: Path) -> None:
    """Give `partial` the name `path`; what had that name becomes `previous`, or keeps it when this fails."""
    if not path.exists():
        partial.rename(path)
        return
    path.rename(previous)
    try:
        partial.rename(path)
    except BaseException:
        previous.rename(path)
        raise


def refuse_to_replace(path: Path) -> None:
    """Raise ModelError when `path` is something else than an empty folder or a model: it is left alone."""
    if not path.exists() or (path / CONFIG_FILE).is_file():
        return
    if not path.is_dir() or any(path.iterdir()):
        raise ModelError(f"{path}: exists and is not a model; it is left as it is (choose another folder)")


def read_model(path: Path) -> ModelFolder:
    """Read a model folder; ModelError says in one line what is wrong with it.

    Checked here: that it is a model of a format this version reads, and that the weights are the very ones
    the config was written with. The golden answers are checked by the runtime that can compute them.
    """
    config = read_config(path)
    content = _read(path / WEIGHTS_FILE)
    try:
        weights = unpack_weights(content)
    except (SafetensorError, ValueError) as error:
        raise ModelError(f"{path / WEIGHTS_FILE}: truncated or damaged ({error})") from error
    if checksum(content) != config.weights_sha256:
        raise ModelError(
            f"{path / WEIGHTS_FILE}: not the weights that {CONFIG_FILE} was written with (checksum)"
        )
    return ModelFolder(path, config, weights, _read_json(path / TOKENIZER_FILE))


def read_config(path: Path) -> ModelConfig:
    """Read and check `config.json` of a model folder."""
    if not (path / CONFIG_FILE).is_file():
        what = "no such folder" if not path.exists() else f"not a model folder: no {CONFIG_FILE} in it"
        raise ModelError(f"{path}: {what}")
    values = _read_json(path / CONFIG_FILE)
    version = values.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise ModelError(
            f"{path}: model format {version} is newer than {FORMAT_VERSION}, the newest that this version of "
            "Headgate reads (pip install --upgrade headgate)"
        )
    try:
        return ModelConfig.from_json(values)
    except ValueError as error:
        raise ModelError(f"{path / CONFIG_FILE}: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror or error}") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values: object = json.loads(_read(path).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not valid JSON ({error})") from error
    if not isinstance(values, dict):
        raise ModelError(f"{path}: must hold a JSON object")
    return values


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, indent=1) + "\n"


def _compact_json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"
