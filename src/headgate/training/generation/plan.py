"""What a language model's run will train: settings, units, the network's shape, and what it starts from."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from accelerate.state import PartialState
from numpy.typing import NDArray

from headgate.cells import Weights, cell_named
from headgate.errors import ConfigError, DataError
from headgate.modelfile import LanguageModelShape, ModelFolder, locate_model, read_model
from headgate.runtime import read_units
from headgate.text import Units, learn_units
from headgate.training.generation.data import GenerationData
from headgate.training.generation.settings import GenerationSettings, fading_weight_decay, generation_defaults
from headgate.training.settings import make_settings
from headgate.training.starts import NOTHING, Sources


@dataclass(frozen=True)
class GenerationPlan:
    """Settings, units, the network's shape, both texts in units, and the model to start from, if any."""

    settings: GenerationSettings
    units: Units
    shape: LanguageModelShape
    train: NDArray[np.int64]
    dev: NDArray[np.int64]
    start: ModelFolder | None = None


def plan_generation(
    data: GenerationData, choices: Mapping[str, Any], sources: Sources = NOTHING
) -> GenerationPlan:
    """Settings by `generation_defaults`, the choices over them, and the units of the text."""
    _check(sources)
    start = None if sources.init_from is None else _language_model(sources.init_from)
    known = {} if start is None else _settings_of(start)
    chosen = {"unit": "char", "cell": "lstm"} | known | dict(choices)
    unit, cell = str(chosen["unit"]), cell_named(str(chosen["cell"]))
    if cell.weights_type is not Weights:
        known |= {"weight_dropout": 0.0}  # no weights lie between its hidden states
    blanks = data.train.count(" ")  # about as many as words, which are not known yet
    first = make_settings(GenerationSettings, generation_defaults(blanks, unit) | known, choices)
    units = _units(first, data.train, start)
    train, dev = _encode(units, data.train), _encode(units, data.dev)
    scored = first.cutoffs[0] if first.cutoffs else len(units)  # what an adaptive softmax mostly scores
    defaults = generation_defaults(len(train), unit, scored) | known | {"min_count": first.min_count}
    settings = make_settings(GenerationSettings, defaults, choices)
    if start is None:
        steps = settings.epochs * math.ceil(len(train) / (settings.batch_size * settings.bptt))
        defaults |= {"weight_decay": fading_weight_decay(settings.learning_rate, steps)}
        settings = make_settings(GenerationSettings, defaults, choices)
    return GenerationPlan(settings, units, _shape(settings, units, start), train, dev, start)


def _check(sources: Sources) -> None:
    """Raise ConfigError for what a language model cannot start from, or not be trained by."""
    if PartialState().num_processes > 1:
        raise ConfigError("a language model trains in one process (start it without torchrun)")
    for option, given in (("--embeddings", sources.embeddings), ("--raw-text", sources.raw_text)):
        if given is not None:
            raise ConfigError(f"{option} is not for language models (--init-from starts from another one)")


def _units(settings: GenerationSettings, text: str, start: ModelFolder | None) -> Units:
    """Units learned from the text, or those of the model to start from; ConfigError for another kind."""
    if start is None:
        return learn_units(settings.unit, text, size=settings.vocabulary, min_count=settings.min_count)
    units = read_units(start)
    if units.name != settings.unit:
        raise ConfigError(f"unit must be {units.name}, as {start.path} has it; got {settings.unit}")
    return units


def _encode(units: Units, text: str) -> NDArray[np.int64]:
    ids = units.encode(text)
    if len(ids) < 2:
        raise DataError(
            f"each text must have two {units.name} units at least, one to foretell the other from "
            "(give more text, or a dev file with --dev)"
        )
    return ids


def _shape(settings: GenerationSettings, units: Units, start: ModelFolder | None) -> LanguageModelShape:
    """The shape that the settings ask for; ConfigError where the model to start from has another."""
    shape = LanguageModelShape(
        vocab_size=len(units),
        embedding_dim=settings.embedding,
        hidden_dim=settings.hidden,
        cell=settings.cell,
        layers=settings.layers,
        tied=settings.tied and not settings.cutoffs,
        cutoffs=settings.cutoffs,
    )
    if start is not None and shape != start.config.network:
        raise ConfigError(
            f"{start.path} has another shape than the settings ask for "
            "(leave --cell, --hidden and the like out, and they follow from the model)"
        )
    return shape


def _language_model(name: Any) -> ModelFolder:
    folder = read_model(locate_model(name))
    if folder.config.task != "generation":
        raise ConfigError(f"{name}: a language model starts from another; this is for {folder.config.task}")
    return folder


def _settings_of(folder: ModelFolder) -> dict[str, Any]:
    """What a run that goes on from a model is set to: its own shape, and that nothing it knows shall fade."""
    shape = folder.config.network
    assert isinstance(shape, LanguageModelShape)
    return {
        "unit": read_units(folder).name,
        "cell": shape.cell,
        "layers": shape.layers,
        "hidden": shape.hidden_dim,
        "embedding": shape.embedding_dim,
        "tied": shape.tied,
        "cutoffs": shape.cutoffs,
        "weight_decay": 0.0,
    }
