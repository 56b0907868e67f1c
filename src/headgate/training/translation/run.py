"""What translation brings to a training run."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.models import Translator, build_translator
from headgate.runtime import measure_translator
from headgate.tasks import measure_translations
from headgate.training.reporting import Reporter
from headgate.training.translation.data import TranslationData
from headgate.training.translation.model import TranslatorDraft
from headgate.training.translation.objective import Progress, TranslationObjective
from headgate.training.translation.plan import TranslationPlan
from headgate.training.translation.settings import TranslationSettings

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class TranslationRun:
    """A translator in training (`headgate.training.run.TaskRun`)."""

    data: TranslationData
    plan: TranslationPlan

    @property
    def settings(self) -> TranslationSettings:
        """The settings of the run."""
        return self.plan.settings

    @property
    def identity(self) -> dict[str, Any]:
        """What else must be the same for a run to go on to the very same model."""
        return {"data": self.data.fingerprint}

    @property
    def summary(self) -> str:
        """The data in a few words."""
        units, settings, left_out = self.plan.units, self.settings, self.data.train.left_out
        empty = f" ({left_out} with an empty side left out)" if left_out else ""
        return (
            f"{len(self.data.train)} pairs to train on{empty}, {len(self.data.dev)} to check on; "
            f"from {len(units.source) - 2} {settings.source_unit} units to {len(units.target) - 2} "
            f"{settings.target_unit} units; attention {settings.attention}"
        )

    @property
    def sizes(self) -> dict[str, int]:
        """How much there was to learn from."""
        return {"pairs": len(self.data.train)}

    def module(self) -> Translator:
        """The fresh network."""
        settings = self.settings
        return build_translator(
            self.plan.shape, dropout=settings.dropout, weight_dropout=settings.weight_dropout
        )

    def objective(self) -> TranslationObjective:
        """The next unit of a target to learn by, how many of dev's are right to choose by."""
        return TranslationObjective(
            self.data.train, self.data.dev, self.plan.units, self.settings, Progress()
        )

    def finish(
        self, weights: dict[str, Floats], reporter: Reporter
    ) -> tuple[dict[str, Any], TranslatorDraft]:
        """Measure the finished model, beside the source left as it is."""
        reporter.say("measuring")
        plan = self.plan
        draft = TranslatorDraft("translation", plan.shape, weights, plan.units, (), plan.settings.half)
        translator = draft.translator()
        metrics: dict[str, Any] = {}
        for name, pairs in {"dev": list(self.data.dev), "test": self.data.test}.items():
            if pairs is not None:
                sources, targets = zip(*pairs, strict=True)
                metrics[name] = {
                    "model": measure_translator(translator, pairs).to_json(),
                    "copy": measure_translations(sources, sources, targets).to_json(),
                }
        return metrics, draft.with_golden_answers()
