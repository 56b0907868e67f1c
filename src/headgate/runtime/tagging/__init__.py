"""Run taggers: a batch of sentences at once, or a stream."""

from headgate.runtime.tagging.stream import TaggingStream
from headgate.runtime.tagging.tagger import Tagger

__all__ = [
    "Tagger",
    "TaggingStream",
]
