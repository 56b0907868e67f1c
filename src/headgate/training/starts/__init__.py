"""What the weights of a network start from: another model, or what plain text says of its words."""

from headgate.training.starts.start import NOTHING, Sources, Start
from headgate.training.starts.word_vectors import vectors_of_ids

__all__ = [
    "NOTHING",
    "Sources",
    "Start",
    "vectors_of_ids",
]
