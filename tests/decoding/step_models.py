"""Small recurrent models to be tried against the enumeration of all that they might write."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Memory:
    hidden: np.ndarray


@dataclass
class RecurrentModel:
    """A step model with random weights; each row is computed by itself, to the last bit."""

    recurrent: np.ndarray
    embedding: np.ndarray
    output: np.ndarray
    steps: list[int] = field(default_factory=list)
    """How many rows each step had."""

    def step(self, token_ids, state):
        self.steps.append(len(token_ids))
        inputs = self.embedding[token_ids]
        hidden = np.tanh((state.hidden[:, :, None] * self.recurrent).sum(axis=1) + inputs)
        return self._scores(hidden), Memory(hidden)

    def select(self, state, rows):
        return Memory(state.hidden[rows])

    def start(self, rows=1):
        """The scores and the state before the first unit, the same for each row."""
        hidden = np.tanh(np.tile(self.embedding.sum(axis=0), (rows, 1)))
        return self._scores(hidden), Memory(hidden)

    def _scores(self, hidden):
        return (hidden[:, :, None] * self.output).sum(axis=1)


def draw_model(seed, *, vocab, hidden=3, scale=2.0, tied=False) -> RecurrentModel:
    """`tied`: whole-numbered scores, and few different ones, whatever was read."""
    generator = np.random.default_rng(seed)
    output = generator.normal(scale=scale, size=(hidden, vocab))
    model = RecurrentModel(
        generator.normal(size=(hidden, hidden)), generator.normal(size=(vocab, hidden)), output
    )
    if tied:
        model.embedding[:] = 30.0  # drives every hidden unit to 1
        model.output = np.rint(output / scale)
    return model
