"""What language modelling brings to a training run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from accelerate.state import PartialState
from numpy.typing import NDArray

from headgate.cells import Weights, cell_named
from headgate.errors import ConfigError, DataError
from headgate.modelfile import LanguageModelShape, ModelFolder, locate_model, read_model
from headgate.models import LanguageModel, build_language_model
from headgate.runtime import measure_generator, read_units
from headgate.text import Units, learn_units
from headgate.training.defaults import fading_weight_decay, generation_defaults
from headgate.training.generation_data import GenerationData
from headgate.training.generation_model import LanguageModelDraft
from headgate.training.generation_objective import Carried, GenerationObjective
from headgate.training.kneser_ney import ORDERS, KneserNey
from headgate.training.plan import NOTHING, Sources
from headgate.training.reporting import Reporter
from headgate.training.settings import GenerationSettings, make_settings
from headgate.training.word_vectors import vectors_of_ids

Floats = NDArray[np.float32]


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
    """Settings by the rule of `defaults`, the choices over them, and the units of the training text."""
    if PartialState().num_processes > 1:
        raise ConfigError("a language model trains in one process (start it without torchrun)")
    for option, given in (("--embeddings", sources.embeddings), ("--raw-text", sources.raw_text)):
        if given is not None:
            raise ConfigError(f"{option} is not for language models (--init-from starts from another one)")
    folder = None if sources.init_from is None else _language_model(sources.init_from)
    known = {} if folder is None else _settings_of(folder)
    cell = cell_named(str(choices.get("cell", known.get("cell", "lstm"))))
    if cell.weights_type is not Weights:
        known |= {"weight_dropout": 0.0}  # no weights lie between its hidden states
    unit = _unit(known, choices)
    blanks = data.train.count(" ")  # about as many as words, which are not known yet
    first = make_settings(GenerationSettings, generation_defaults(blanks, unit) | known, choices)
    if folder is not None:
        units = read_units(folder)
        if units.name != first.unit:
            raise ConfigError(f"unit must be {units.name}, as {folder.path} has it; got {first.unit}")
    else:
        units = learn_units(first.unit, data.train, size=first.vocabulary, min_count=first.min_count)
    train, dev = units.encode(data.train), units.encode(data.dev)
    if len(train) < 2 or len(dev) < 2:
        raise DataError(
            f"each text must have two {units.name} units at least, one to foretell the other from "
            "(give more text, or a dev file with --dev)"
        )
    defaults = generation_defaults(len(train), unit, len(units)) | known | {"min_count": first.min_count}
    settings = make_settings(GenerationSettings, defaults, choices)
    if folder is None:
        steps = settings.epochs * math.ceil(len(train) / (settings.batch_size * settings.bptt))
        fading = {"weight_decay": fading_weight_decay(settings.learning_rate, steps)}
        settings = make_settings(GenerationSettings, defaults | fading, choices)
    shape = LanguageModelShape(
        vocab_size=len(units),
        embedding_dim=settings.embedding,
        hidden_dim=settings.hidden,
        cell=settings.cell,
        layers=settings.layers,
        tied=settings.tied and not settings.cutoffs,
        cutoffs=settings.cutoffs,
    )
    if folder is not None and shape != folder.config.network:
        raise ConfigError(
            f"{folder.path} has another shape than the settings ask for "
            "(leave --cell, --hidden and the like out, and they follow from the model)"
        )
    return GenerationPlan(settings, units, shape, train, dev, folder)


def _unit(known: Mapping[str, Any], choices: Mapping[str, Any]) -> str:
    return str(choices.get("unit", known.get("unit", "char")))


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


@dataclass(frozen=True)
class GenerationRun:
    """A language model in training (`headgate.training.run.TaskRun`)."""

    data: GenerationData
    plan: GenerationPlan

    @property
    def settings(self) -> GenerationSettings:
        """The settings of the run."""
        return self.plan.settings

    @property
    def identity(self) -> dict[str, Any]:
        """What else must be the same for a run to go on to the very same model."""
        start = self.plan.start
        init_from = None if start is None else start.config.weights_sha256[:16]
        return {"data": self.data.fingerprint, "init_from": init_from}

    @property
    def summary(self) -> str:
        """The data in a few words."""
        plan = self.plan
        return (
            f"{len(self.data.train)} characters to train on, {len(self.data.dev)} to check on; "
            f"{len(plan.train)} {plan.units.name} units of {len(plan.units) - 2} kinds"
        )

    @property
    def sizes(self) -> dict[str, int]:
        """How much there was to learn from."""
        return {"characters": len(self.data.train), "units": len(self.plan.train)}

    def module(self) -> LanguageModel:
        """The fresh network."""
        settings, start = self.settings, self.plan.start
        model = build_language_model(
            self.plan.shape,
            dropout=settings.dropout,
            input_dropout=settings.input_dropout,
            output_dropout=settings.output_dropout,
            unit_dropout=settings.unit_dropout,
            weight_dropout=settings.weight_dropout,
            memory_length=settings.memory_length,
        )
        if start is not None:
            model.load_state_dict({name: torch.from_numpy(array) for name, array in start.weights.items()})
        elif settings.cooccurrence:
            known, vectors = vectors_of_ids(
                self._lines,
                len(self.plan.units),
                settings.embedding,
                settings.cooccurrence_window,
                settings.seed,
            )
            with torch.no_grad():
                model.embedding.words.weight[torch.from_numpy(known)] = torch.from_numpy(vectors)
        return model

    @property
    def _lines(self) -> list[NDArray[np.int64]]:
        """The training text line by line: what stands in another one is no company."""
        (*_, line_end) = self.plan.units.encode("\n")
        return np.split(self.plan.train, np.flatnonzero(self.plan.train == line_end) + 1)

    def objective(self) -> GenerationObjective:
        """The next unit to learn by, dev loss to choose by."""
        plan, carried = self.plan, Carried(cell_named(self.settings.cell))
        return GenerationObjective(plan.train, plan.dev, len(self.data.dev), self.settings, carried)

    def finish(
        self, weights: dict[str, Floats], reporter: Reporter
    ) -> tuple[dict[str, Any], LanguageModelDraft]:
        """Measure the finished model beside n-grams of the training text."""
        reporter.say("measuring")
        plan = self.plan
        draft = LanguageModelDraft("generation", plan.shape, weights, plan.units, (), plan.settings.half)
        generator = draft.generator()
        ngrams = KneserNey(plan.train, len(plan.units), ORDERS[plan.units.name])
        metrics: dict[str, Any] = {}
        for name, text in {"dev": self.data.dev, "test": self.data.test}.items():
            if text is not None:
                of_model = measure_generator(generator, [text])
                of_ngrams = replace(of_model, nats=float(ngrams.losses(plan.units.encode(text)).sum()))
                metrics[name] = {"model": of_model.to_json(), "n_grams": of_ngrams.to_json()}
        return metrics, draft.with_golden_answers()
