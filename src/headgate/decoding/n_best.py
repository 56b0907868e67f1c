"""The n best paths of a conditional random field, with their probabilities.

Viterbi's argument holds for the n best as for the best: of the beginnings that end in one tag, no other than
the n best can begin one of the n best paths. So n scores are kept a tag instead of one (the parallel list
Viterbi algorithm; Seshadri & Sundberg 1994).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.decoding.crf import Floats, Integers, Transitions, is_forbidden
from headgate.decoding.lattice import forward_backward
from headgate.errors import ConfigError
from headgate.shapes import Float


def n_best(
    scores: Float[NDArray[Any], "time tag"], transitions: Transitions, n: int
) -> list[tuple[tuple[int, ...], float]]:
    """The n most probable paths of one sentence, the best first, each with its probability.

    Fewer, where there are fewer: a path with a forbidden move is none. Raises ConfigError for n below 1.
    """
    if n < 1:
        raise ConfigError(f"n must be at least 1; got {n}")
    if not len(scores):
        return [((), 1.0)]
    every_token = np.ones((1, len(scores)), np.bool_)
    log_partition = forward_backward(scores[None], every_token, transitions).log_partition[0]
    ranked, came_from = _best_beginnings(scores, transitions, n)
    totals = (ranked + _or_never(transitions.last)).ravel()
    found: list[tuple[tuple[int, ...], float]] = []
    for ending in np.argsort(-totals, kind="stable")[:n]:
        if totals[ending] == -np.inf:
            break
        path = _way_back(int(ending), came_from, scores.shape[1])
        found.append((path, min(1.0, float(np.exp(totals[ending] - log_partition)))))
    return found


def _best_beginnings(
    scores: Float[NDArray[Any], "time tag"], transitions: Transitions, n: int
) -> tuple[Float[Floats, "rank tag"], list[Integers]]:
    """The scores of the n best beginnings that end in each tag at the last step, and the way back.

    The way back says, for each move and each entry (rank and tag) after it, which entry it came from. Entries
    are counted rank after rank: entry = rank * tags + tag.
    """
    into = _or_never(transitions.between).T  # to from
    ranked = (scores[0] + _or_never(transitions.first))[None]
    came_from: list[Integers] = []
    for step in scores[1:].astype(np.float64):
        candidates = np.tile(into, len(ranked)) + ranked.ravel()  # to entry
        origins = np.argsort(-candidates, axis=1, kind="stable")[:, :n]
        ranked = np.take_along_axis(candidates, origins, axis=1).T + step
        came_from.append(origins.T.ravel())
    return ranked, came_from


def _way_back(entry: int, came_from: list[Integers], tags: int) -> tuple[int, ...]:
    """The path that ends in this entry."""
    path = [entry % tags]
    for origins in reversed(came_from):
        entry = int(origins[entry])
        path.append(entry % tags)
    return tuple(reversed(path))


def _or_never(moves: NDArray[Any]) -> Floats:
    """The scores of moves, -infinity for the forbidden ones: nothing can make up for that."""
    return np.where(is_forbidden(moves), -np.inf, moves).astype(np.float64)
