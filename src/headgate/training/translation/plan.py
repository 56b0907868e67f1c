"""What a translator's run will train: settings, the units of both sides, and the network's shape."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np

from headgate.errors import ConfigError
from headgate.modelfile import TranslatorShape
from headgate.text import PairUnits, SubwordUnits, choose_unit, learn_units
from headgate.training.settings import make_settings
from headgate.training.starts import NOTHING, Sources
from headgate.training.translation.data import TranslationData
from headgate.training.translation.settings import TranslationSettings, translation_defaults

SAMPLE = 10_000
"""Pairs by which it is judged what each side is made of."""


@dataclass(frozen=True)
class TranslationPlan:
    """Settings, the units of both sides, and the network's shape."""

    settings: TranslationSettings
    units: PairUnits
    shape: TranslatorShape


def plan_translation(
    data: TranslationData, choices: Mapping[str, Any], sources: Sources = NOTHING
) -> TranslationPlan:
    """Settings by `translation_defaults`, the choices over them, and the units of the training pairs."""
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
