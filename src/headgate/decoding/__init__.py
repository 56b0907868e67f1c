"""Scores → sequences: paths of a conditional random field; text by beam or by chance. NumPy alone."""

from headgate.decoding.beam import Hypothesis, beam_search, beam_searches, length_divisor
from headgate.decoding.constraints import AllowedMoves, allowed_moves
from headgate.decoding.crf import FORBIDDEN, Transitions, viterbi
from headgate.decoding.lattice import Lattice, Segment, forward_backward, marginals
from headgate.decoding.n_best import n_best
from headgate.decoding.online import Decided, OnlineDecoder, OnlineState
from headgate.decoding.sampling import Sampler, Sampling, draw
from headgate.decoding.step import StepModel

__all__ = [
    "FORBIDDEN",
    "AllowedMoves",
    "Decided",
    "Hypothesis",
    "Lattice",
    "OnlineDecoder",
    "OnlineState",
    "Sampler",
    "Sampling",
    "Segment",
    "StepModel",
    "Transitions",
    "allowed_moves",
    "beam_search",
    "beam_searches",
    "draw",
    "forward_backward",
    "length_divisor",
    "marginals",
    "n_best",
    "viterbi",
]
