"""What translation brings to a training run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.errors import ConfigError
from headgate.modelfile import Golden, TranslatorShape
from headgate.models import Translator, build_translator
from headgate.runtime import TextTranslator, measure_translator
from headgate.tasks import measure_translations
from headgate.text import PairUnits, SubwordUnits, choose_unit, learn_units
from headgate.training.defaults import translation_defaults
from headgate.training.draft import ModelDraft
from headgate.training.plan import NOTHING, Sources
from headgate.training.reporting import Reporter
from headgate.training.settings import TranslationSettings, make_settings
from headgate.training.translation_data import TranslationData
from headgate.training.translation_objective import Progress, TranslationObjective

SAMPLE = 10_000
"""Pairs by which it is judged what each side is made of."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class TranslationPlan:
    """Settings, the units of both sides, and the network's shape."""

    settings: TranslationSettings
    units: PairUnits
    shape: TranslatorShape


def plan_translation(
    data: TranslationData, choices: Mapping[str, Any], sources: Sources = NOTHING
) -> TranslationPlan:
    """Settings by the rule of `defaults`, the choices over them, and the units of the training pairs."""
    for name, given in vars(sources).items():
        if given is not None:
            raise ConfigError(f"--{name.replace('_', '-')} is not for translators (leave it out)")
    kinds = {
        "source_unit": choose_unit(islice(data.train.sources, SAMPLE)),
        "target_unit": choose_unit(islice(data.train.targets, SAMPLE)),
    }
    chosen = {name: str(choices.get(name, kind)) for name, kind in kinds.items()}
    defaults = translation_defaults(len(data.train), **chosen)
    settings = make_settings(TranslationSettings, defaults, choices)
    if not settings.joint:  # then vectors are not shared either, unless someone says so
        settings = make_settings(TranslationSettings, defaults | {"shared": False}, choices)
    _check(settings)
    units = _learn(data, settings)
    units.expansion = _expansion(data, units)
    shape = TranslatorShape(
        vocab_size=len(units.source),
        target_vocab_size=len(units.target),
        embedding_dim=settings.embedding,
        hidden_dim=settings.hidden,
        cell=settings.cell,
        layers=settings.layers,
        bidirectional=settings.bidirectional,
        attention=settings.attention,
        input_feeding=settings.input_feeding,
        tied=settings.tied,
        shared=settings.shared,
    )
    return TranslationPlan(settings, units, shape)


def _check(settings: TranslationSettings) -> None:
    """Raise ConfigError for settings that do not go together."""
    if settings.shared and not settings.joint:
        raise ConfigError("shared vectors need joint units (set joint=true, or shared=false)")
    if settings.bidirectional and settings.hidden % 2:
        raise ConfigError(
            f"hidden must be even, since two directions halve it; got {settings.hidden} "
            "(or set bidirectional=false)"
        )
    if settings.input_feeding and settings.attention == "none":
        raise ConfigError("input_feeding needs attention: what it feeds is the context (choose general)")


def _learn(data: TranslationData, settings: TranslationSettings) -> PairUnits:
    """The units of both sides, together or apart."""
    if settings.subword_dropout and SubwordUnits.name not in (settings.source_unit, settings.target_unit):
        raise ConfigError("subword_dropout is for subwords, of which neither side is made")
    if settings.min_count > len(data.train):  # the end of a line, one a pair, must be known too
        raise ConfigError(
            f"min_count must be at most the number of pairs, {len(data.train)}; got {settings.min_count}"
        )
    sizes = {"size": settings.vocabulary, "min_count": settings.min_count}
    sources, targets = _lines(data.train.sources), _lines(data.train.targets)
    if not settings.joint:
        return PairUnits(
            learn_units(settings.source_unit, sources, **sizes),
            learn_units(settings.target_unit, targets, **sizes),
        )
    if settings.source_unit != settings.target_unit:
        raise ConfigError(
            "joint units must be of one kind; "
            f"source_unit is {settings.source_unit} and target_unit {settings.target_unit}"
        )
    return PairUnits(learn_units(settings.source_unit, chain(sources, targets), **sizes))


def _expansion(data: TranslationData, units: PairUnits) -> float:
    """Half as many target units again, for each source unit, as all but one in a hundred pairs have."""
    lengths = [
        (len(units.target_ids(pair.target)), len(units.source_ids(pair.source)))
        for pair in islice(data.train, SAMPLE)
    ]
    return round(1.5 * float(np.percentile([target / source for target, source in lengths], 99)), 2)


def _lines(texts: Iterator[str]) -> Iterator[str]:
    return map(PairUnits.line, texts)


@dataclass(frozen=True)
class TranslatorDraft(ModelDraft):
    """A translator on its way to a model folder."""

    def translator(self) -> TextTranslator:
        """The model as it stands, ready to run."""
        return TextTranslator(self.folder())

    def with_golden_answers(self) -> "TranslatorDraft":
        """The model with answers that loading will check."""
        translator = self.translator()
        pairs = [Golden(text, translator.golden_scores(text)) for text in self.golden_texts]
        return replace(self, golden=tuple(pairs))


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
