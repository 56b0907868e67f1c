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

In it the sum over i is a matrix product, of exp(alpha - its highest) with exp(between), so that there is one
exponential a tag and not one a move. What is e^-700 of the highest is lost in the product; it matters only to
a tag that nothing greater leads to, whose sum is then made term by term.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.decoding.crf import (
    FORBIDDEN,
    Floats,
    Integers,
    Transitions,
    columns_at_each_step,
    laid_out,
)
from headgate.errors import ConfigError
from headgate.shapes import Bool, Float, Int

LOST = 1e-280
"""Below this a sum of weights, the highest of them 1, may lack much of what should be in it."""


@dataclass(frozen=True)
class Segment:
    """Tags that a row's tokens from `start` on might have; only real tokens count, from 0 on."""

    row: int
    start: int
    tags: tuple[int, ...]


@dataclass(frozen=True)
class Lattice:
    """The sums over all paths of each row, which every probability is a quotient of.

    Here are the real tokens alone, row after row: token n of a row is entry `begins[row] + n`.

    - `alphas[entry, tag]`: log of the sum over the beginnings that end in the tag, its own score included
    - `betas[entry, tag]`: log of the sum over the ends that follow it
    """

    scores: Float[Floats, "tokens tag"]
    token_mask: Bool[NDArray[Any], "batch time"]
    transitions: Transitions
    alphas: Float[Floats, "tokens tag"]
    betas: Float[Floats, "tokens tag"]

    @cached_property
    def lengths(self) -> Int[Integers, " batch"]:
        """How many real tokens each row has."""
        return self.token_mask.sum(axis=1, dtype=np.int64)

    @cached_property
    def begins(self) -> Int[Integers, " batch"]:
        """Where the tokens of each row begin."""
        return np.cumsum(self.lengths) - self.lengths

    @property
    def log_partition(self) -> Float[Floats, " batch"]:
        """log Z of each row; 0 for one without tokens, whose only path is the empty one."""
        sums = np.zeros(len(self.lengths))
        full = np.flatnonzero(self.lengths)
        sums[full] = _logsumexp(
            self.alphas[self.begins[full] + self.lengths[full] - 1] + self.transitions.last
        )
        return sums

    def marginals(self) -> Float[Floats, "batch time tag"]:
        """The probability of each tag at each token; zeros where there is no real token."""
        at_places = np.zeros((*self.token_mask.shape, self.scores.shape[1]))
        at_places[self.token_mask] = self.token_marginals()
        return at_places

    def token_marginals(self) -> Float[Floats, "tokens tag"]:
        """The probability of each tag at each real token, row after row."""
        # Z as it comes out at the token itself: what has been rounded off on the way there cancels out.
        logs = self.alphas + self.betas
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)

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
        sizes = np.array([len(segment.tags) for segment in segments], np.int64)
        starts = np.array([segment.start for segment in segments], np.int64)
        rows = np.array([segment.row for segment in segments], np.int64)
        self._check(rows, starts, sizes)
        firsts = np.cumsum(sizes) - sizes
        tags = np.fromiter(chain.from_iterable(segment.tags for segment in segments), np.int64, sizes.sum())
        entries = np.repeat(self.begins[rows] + starts - firsts, sizes) + np.arange(len(tags), dtype=np.int64)
        gains = self.scores[entries, tags]
        gains[1:] += self.transitions.between[tags[:-1], tags[1:]]
        gains[firsts] = self.alphas[entries[firsts], tags[firsts]]
        lasts = firsts + sizes - 1
        logs = np.add.reduceat(gains, firsts) + self.betas[entries[lasts], tags[lasts]]
        every_path = _logsumexp(self.alphas[entries[firsts]] + self.betas[entries[firsts]])
        return np.minimum(np.exp(logs - every_path), 1.0)

    def _check(
        self,
        rows: Int[Integers, " segment"],
        starts: Int[Integers, " segment"],
        sizes: Int[Integers, " segment"],
    ) -> None:
        lengths = self.lengths[rows]
        for wrong in np.flatnonzero((sizes < 1) | (starts < 0) | (starts > lengths - sizes)):
            rule = f"must cover at least 1 of its row's {lengths[wrong]} tokens, and no others"
            raise ConfigError(f"a segment {rule}; got {sizes[wrong]} from token {starts[wrong]} on")


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
    steps, columns, lengths = laid_out(token_mask)
    steps_left = lengths[columns] - 1 - steps
    of_tokens = scores[token_mask].astype(np.float64)
    ordered = np.zeros((token_mask.shape[1], 2, scores.shape[2], len(lengths)))
    ordered[steps, 0, :, columns] = of_tokens
    ordered[steps_left, 1, :, columns] = of_tokens
    between = transitions.between.astype(np.float64)
    sums = _sums_before(
        ordered,
        np.stack((transitions.first, transitions.last)).astype(np.float64),
        np.stack((between.T, between)),
        columns_at_each_step(lengths, len(ordered)),
    )
    alphas, betas = sums[steps, 0, :, columns] + of_tokens, sums[steps_left, 1, :, columns]
    return Lattice(of_tokens, token_mask, transitions, alphas, betas)


def _sums_before(
    steps: Float[Floats, "time way tag batch"],
    first: Float[Floats, "way tag"],
    into: Float[Floats, "way tag from_tag"],
    running: list[int],
) -> Float[Floats, "time way tag batch"]:
    """The log of the sum over all beginnings that step into each tag, short of the tag's own score there.

    Each way of reading has its own steps, firsts and moves; `running` says how many columns have a step.
    """
    top = into.max(initial=FORBIDDEN)
    weights = np.exp(into - top)
    sums = np.zeros_like(steps)
    sums[:1] = first[:, :, None]
    for step in range(1, len(steps)):
        longer = slice(running[step])
        so_far = sums[step - 1, :, :, longer] + steps[step - 1, :, :, longer]
        highest = so_far.max(axis=1, keepdims=True)
        totals = weights @ np.exp(so_far - highest)
        logs = np.log(np.maximum(totals, LOST)) + (highest + top)
        if totals.min(initial=1.0) < LOST:
            way, tag, column = np.nonzero(totals < LOST)
            logs[way, tag, column] = _logsumexp(so_far[way, :, column] + into[way, tag])
        sums[step, :, :, longer] = logs
    return sums


def _logsumexp(terms: Float[Floats, "some terms"]) -> Float[Floats, " some"]:
    """The log of the sum of exp over each row."""
    highest = terms.max(axis=1)
    return np.log(np.exp(terms - highest[:, None]).sum(axis=1)) + highest
