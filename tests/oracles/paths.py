"""A conditional random field by enumeration: every path of tags, scored in Python floats, term after term.

`scores[step][tag]` are the scores of one sentence's real tokens alone; `transitions` has `between`, `first`
and `last`, as lists or arrays.
"""

from itertools import pairwise, product
from math import exp


def score(path, scores, transitions) -> float:
    """s(y), by its definition."""
    if not path:
        return 0.0
    total = float(transitions.first[path[0]]) + float(transitions.last[path[-1]])
    for step, tag in enumerate(path):
        total += float(scores[step][tag])
    for one, following in pairwise(path):
        total += float(transitions.between[one][following])
    return total


def every_path(scores, transitions) -> dict[tuple[int, ...], float]:
    """All paths and their scores."""
    tags = range(len(transitions.first))
    return {path: score(path, scores, transitions) for path in product(tags, repeat=len(scores))}


def probabilities(scores, transitions) -> dict[tuple[int, ...], float]:
    """All paths and their probabilities."""
    scored = every_path(scores, transitions)
    highest = max(scored.values())
    weights = {path: exp(value - highest) for path, value in scored.items()}
    total = sum(weights.values())
    return {path: weight / total for path, weight in weights.items()}


def probability_that(holds, scores, transitions) -> float:
    """The probability that `holds(path)` is true of the true path."""
    return sum(share for path, share in probabilities(scores, transitions).items() if holds(path))
