"""Scores → sequences: the best path and the probabilities of a conditional random field. NumPy alone."""

from headgate.decoding.constraints import AllowedMoves, allowed_moves
from headgate.decoding.crf import FORBIDDEN, Transitions, viterbi
from headgate.decoding.lattice import Lattice, Segment, forward_backward, marginals
from headgate.decoding.n_best import n_best
from headgate.decoding.online import Decided, OnlineDecoder, OnlineState

__all__ = [
    "FORBIDDEN",
    "AllowedMoves",
    "Decided",
    "Lattice",
    "OnlineDecoder",
    "OnlineState",
    "Segment",
    "Transitions",
    "allowed_moves",
    "forward_backward",
    "marginals",
    "n_best",
    "viterbi",
]
