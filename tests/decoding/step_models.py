"""Small recurrent models to be tried against the enumeration of all that they might write."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Memory:
    hidden: np.ndarray
    sentences: np.ndarray
    """Which row of the start each row goes back to."""


@dataclass
class RecurrentModel:
    """A step model with random weights; each row is computed by itself, to the last bit."""

    recurrent: np.ndarray
    embedding: np.ndarray
    output: np.ndarray
    rows: list[list[int]] = field(default_factory=list)
    """The sentence of each row, step by step."""

    @property
    def steps(self) -> list[int]:
        """How many rows each step had."""
        return list(map(len, self.rows))

    def step(self, token_ids, state):
        self.rows.append(state.sentences.tolist())
        inputs = self.embedding[token_ids]
        hidden = np.tanh((state.hidden[:, :, None] * self.recurrent).sum(axis=1) + inputs)
        return self._scores(hidden), Memory(hidden, state.sentences)

    def select(self, state, rows):
        return Memory(state.hidden[rows], state.sentences[rows])

    def start(self, rows=1):
        """The scores and the state before the first unit, the same for each row."""
        return self.start_from(np.tile(self.embedding.sum(axis=0), (rows, 1)))

    def start_from(self, sources):
        """The scores and the state before the first unit of each sentence, of what the sentence is about."""
        hidden = np.tanh(sources)
        return self._scores(hidden), Memory(hidden, np.arange(len(sources)))

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
