"""Run translators."""

from headgate.runtime.translation.scorer import TranslationScorer
from headgate.runtime.translation.text_translator import TextTranslator

__all__ = [
    "TextTranslator",
    "TranslationScorer",
]
