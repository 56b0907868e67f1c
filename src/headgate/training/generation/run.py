"""What language modelling brings to a training run."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from headgate.cells import cell_named
from headgate.models import LanguageModel, build_language_model
from headgate.runtime import measure_generator
from headgate.training.generation.data import GenerationData
from headgate.training.generation.kneser_ney import ORDERS, KneserNey
from headgate.training.generation.model import LanguageModelDraft
from headgate.training.generation.objective import Carried, GenerationObjective
from headgate.training.generation.plan import GenerationPlan
from headgate.training.generation.settings import GenerationSettings
from headgate.training.reporting import Reporter
from headgate.training.starts import vectors_of_ids

Floats = NDArray[np.float32]


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
