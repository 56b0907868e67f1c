"""Probabilities under a conditional random field: what share of all paths, weighed by exp(s), runs where.

Paths that meet in a tag share what comes before and after it, so two sums a tag do (Rabiner 1989, section
III; here as logarithms, which no length and no score is too much for):

    alpha_1(j) = first[j] + scores[1, j]
    alpha_t(j) = logsumexp_i (alpha_{t-1}(i) + between[i, j]) + scores[t, j]      beginnings that end in j
    beta_T(i)  = last[i]
    beta_t(i)  = logsumexp_j (between[i, j] + scores[t+1, j] + beta_{t+1}(j))     ends that follow i
    log Z      = logsumexp_i (alpha_T(i) + last[i])
    p(y_t = i) = exp(alpha_t(i) + beta_t(i) - log Z)

Read from the last token to the first, beta is alpha short of the token's own score: one loop serves both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.decoding.crf import Floats, Integers, Transitions, scores_in_order, tokens_first
from headgate.errors import ConfigError
from headgate.shapes import Bool, Float, Int


@dataclass(frozen=True)
class Segment:
    """Tags that a row's tokens from `start` on might have; only real tokens count, from 0 on."""

    row: int
    start: int
    tags: tuple[int, ...]


@dataclass(frozen=True)
class Lattice:
    """The sums over all paths of each row, which every probability is a quotient of.

    Here a row's real tokens stand first: step n is its n-th real token, and `places[row, n]` is where that
    stood. What is at the steps left over means nothing.

    - `alphas[row, n, tag]`: log of the sum over the beginnings that end in the tag, its own score included
    - `betas[row, n, tag]`: log of the sum over the ends that follow it
    """

    scores: Float[Floats, "batch time tag"]
    places: Int[Integers, "batch time"]
    lengths: Int[Integers, " batch"]
    transitions: Transitions
    alphas: Float[Floats, "batch time tag"]
    betas: Float[Floats, "batch time tag"]
    log_partition: Float[Floats, " batch"]

    def marginals(self) -> Float[Floats, "batch time tag"]:
        """The probability of each tag at each token; zeros where there is no real token."""
        logs = self.alphas + self.betas - self.log_partition[:, None, None]
        logs[np.arange(logs.shape[1], dtype=np.int64) >= self.lengths[:, None]] = -np.inf
        shares = np.minimum(np.exp(logs), 1.0)
        at_places = np.empty_like(shares)
        np.put_along_axis(at_places, self.places[:, :, None], shares, axis=1)
        return at_places

    def segment_probabilities(self, segments: Sequence[Segment]) -> Float[Floats, " segment"]:
        """The probability that the true path holds these very tags there, whatever it holds elsewhere.

        The constrained forward-backward of Culotta & McCallum 2004; in closed form, as all the tags are
        given: alpha at the first, moves and scores inside, beta at the last, over Z. In BIOES the tags of a
        segment fix where it ends, and this is its probability. In BIO it may go on: where a token follows,
        that of (B, I) and no more is p(B, I) - p(B, I, I).

        Raises ConfigError for a segment without tags, or one that does not lie within its row's tokens.
        """
        if not segments:
            return np.zeros(0)
        for segment in segments:
            self._check(segment)
        sizes = np.array([len(segment.tags) for segment in segments], np.int64)
        ends = np.cumsum(sizes) - 1
        begins = ends + 1 - sizes
        rows = np.repeat(np.array([segment.row for segment in segments], np.int64), sizes)
        starts = np.array([segment.start for segment in segments], np.int64)
        steps = np.arange(len(rows), dtype=np.int64) + np.repeat(starts - begins, sizes)
        tags = np.concatenate([np.array(segment.tags, np.int64) for segment in segments])
        gains = self.scores[rows, steps, tags]
        gains[1:] += self.transitions.between[tags[:-1], tags[1:]]
        gains[begins] = self.alphas[rows[begins], steps[begins], tags[begins]]
        weights = np.add.reduceat(gains, begins) + self.betas[rows[ends], steps[ends], tags[ends]]
        return np.minimum(np.exp(weights - self.log_partition[rows[begins]]), 1.0)

    def _check(self, segment: Segment) -> None:
        length = int(self.lengths[segment.row])
        if not segment.tags or not 0 <= segment.start <= length - len(segment.tags):
            rule = f"must cover at least 1 of its row's {length} tokens, and no others"
            raise ConfigError(f"a segment {rule}; got {len(segment.tags)} from token {segment.start} on")


def marginals(
    scores: Float[NDArray[Any], "batch time tag"],
    token_mask: Bool[NDArray[Any], "batch time"],
    transitions: Transitions,
) -> Float[Floats, "batch time tag"]:
    """The probability of each tag at each token, over all paths; zeros where there is no real token."""
    return forward_backward(scores, token_mask, transitions).marginals()


def forward_backward(
    scores: Float[NDArray[Any], "batch time tag"],
    token_mask: Bool[NDArray[Any], "batch time"],
    transitions: Transitions,
) -> Lattice:
    """The sums over all paths, made once for whatever is asked of them."""
    places, lengths = tokens_first(token_mask)
    steps = scores_in_order(scores, places, lengths)
    time, _, batch = steps.shape
    order = np.arange(time, dtype=np.int64)[:, None]
    turned = np.where(order < lengths, lengths - 1 - order, order)[:, None]  # each row within its length
    backward = np.take_along_axis(steps, turned, axis=0)
    alphas = _sums_before(steps, transitions.first, transitions.between) + steps
    betas = _sums_before(backward, transitions.last, transitions.between.T)
    betas = np.take_along_axis(betas, turned, axis=0)
    log_partition = np.zeros(batch)
    full = np.flatnonzero(lengths)
    log_partition[full] = _logsumexp(alphas[lengths[full] - 1, :, full].T + transitions.last[:, None])
    return Lattice(
        scores=steps.transpose(2, 0, 1),
        places=places,
        lengths=lengths,
        transitions=transitions,
        alphas=alphas.transpose(2, 0, 1),
        betas=betas.transpose(2, 0, 1),
        log_partition=log_partition,
    )


def _sums_before(
    steps: Float[Floats, "time tag batch"],
    first: Float[NDArray[Any], " tag"],
    between: Float[NDArray[Any], "tag tag"],
) -> Float[Floats, "time tag batch"]:
    """The log of the sum over all beginnings that step into each tag, short of the tag's own score there."""
    between = between.astype(np.float64)[:, :, None]  # from to batch
    sums = np.empty_like(steps)
    sums[:1] = first[:, None]
    for step in range(1, len(steps)):
        so_far = sums[step - 1] + steps[step - 1]
        sums[step] = _logsumexp(so_far[:, None] + between)
    return sums


def _logsumexp(terms: Floats) -> Floats:
    """The log of the sum of exp over the first axis. Overwrites the terms."""
    highest = terms.max(axis=0)
    terms -= highest
    np.exp(terms, out=terms)
    return np.log(terms.sum(axis=0)) + highest
