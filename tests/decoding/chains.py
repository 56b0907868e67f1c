"""Small conditional random fields to be tried against the enumeration of all their paths."""

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from headgate.decoding import AllowedMoves, Transitions


@dataclass(frozen=True)
class Chains:
    """A batch of sentences, real tokens standing anywhere, and the scores of the moves."""

    scores: np.ndarray
    token_mask: np.ndarray
    transitions: Transitions

    def sentences(self) -> list[np.ndarray]:
        """The scores of each row's real tokens alone."""
        return [row[mask] for row, mask in zip(self.scores, self.token_mask, strict=True)]


def draw_moves(generator, tags, *, constrained) -> Transitions:
    """Scores of moves; `constrained` forbids about a third of them, which may leave no path at all."""
    shapes = ((tags, tags), (tags,), (tags,))
    moves = Transitions(*(generator.normal(size=shape) for shape in shapes))
    if constrained:
        moves = moves.constrained(AllowedMoves(*(generator.random(shape) > 0.3 for shape in shapes)))
    return moves


def draw_chains(generator, *, batch, time, tags, kind="plain", constrained=False) -> Chains:
    """`kind`: plain scores, tied ones (whole numbers, so that paths are equally good) or wide ones."""
    scores = generator.normal(size=(batch, time, tags))
    if kind == "tied":
        scores = np.rint(scores)
    if kind == "wide":
        scores *= 500.0
    token_mask = generator.random((batch, time)) < generator.choice([0.0, 0.6, 1.0], (batch, 1))
    moves = draw_moves(generator, tags, constrained=constrained)
    if kind == "tied":
        moves = replace(moves, **{name: np.rint(one) for name, one in vars(moves).items()})
    return Chains(scores, token_mask, moves)


chains = st.builds(
    lambda seed, **options: draw_chains(np.random.default_rng(seed), **options),
    seed=st.integers(0, 2**32 - 1),
    batch=st.integers(1, 3),
    time=st.integers(0, 4),
    tags=st.integers(1, 3),
    kind=st.sampled_from(["plain", "tied", "wide"]),
    constrained=st.booleans(),
)
