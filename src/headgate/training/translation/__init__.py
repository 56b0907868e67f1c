"""Translators: settings, plan, pairs and objective."""

from headgate.training.translation.data import read_translation_data
from headgate.training.translation.plan import plan_translation
from headgate.training.translation.run import TranslationRun
from headgate.training.translation.settings import TranslationSettings, translation_defaults

__all__ = [
    "TranslationRun",
    "TranslationSettings",
    "plan_translation",
    "read_translation_data",
    "translation_defaults",
]
