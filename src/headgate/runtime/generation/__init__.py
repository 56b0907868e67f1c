"""Run language models: write, measure, or stream."""

from headgate.runtime.generation.scorer import LanguageScorer
from headgate.runtime.generation.stream import LanguageStream
from headgate.runtime.generation.text_generator import TextGenerator

__all__ = [
    "LanguageScorer",
    "LanguageStream",
    "TextGenerator",
]
