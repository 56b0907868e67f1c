"""A translator that runs without PyTorch: one source or a million, in order, in bounded memory."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from headgate.decoding import Hypothesis, Sampler, beam_searches, length_divisor
from headgate.modelfile import ModelFolder, TranslatorShape
from headgate.runtime.chunks import chunks
from headgate.runtime.encoding import read_pair_units
from headgate.runtime.golden import check_golden_answers
from headgate.runtime.translation.network import TranslatorNetwork
from headgate.runtime.translation.scorer import TranslationScorer
from headgate.shapes import Float, Int
from headgate.tasks import Alignment, Translating, Translation

SENTENCES = 64
"""Sources that are translated side by side."""
READ_AHEAD = 256
"""Sources that are read before the first is answered, to be put beside others of like length."""
GOLDEN_UNITS = 8
"""Target units whose probabilities are among a model's golden answers."""

Ints = NDArray[np.int64]


class TextTranslator:
    """A loaded translator. `scorer` runs it; the network in NumPy does when none is given.

    Raises ModelError when the model does not give the golden answers that it was written with.
    """

    task = "translation"

    def __init__(self, folder: ModelFolder, scorer: TranslationScorer[Any] | None = None) -> None:
        shape = folder.config.network
        assert isinstance(shape, TranslatorShape)
        self.folder = folder
        self.config = folder.config
        self.units = read_pair_units(folder)
        self._shape = shape
        place = folder.path / "model.safetensors"
        self._network = scorer or TranslatorNetwork(shape, folder.weights, place)
        check_golden_answers(folder, self.golden_scores)

    @property
    def attends(self) -> bool:
        """Whether there are alignments to show."""
        return self._shape.attention != "none"

    def predict(self, sources: str | Iterable[str], **options: Any) -> Translation | list[Translation]:
        """Translate one source, or many of any lengths: answers come in the order of the sources.

        `options`: the fields of `headgate.tasks.Translating`, such as beam=1 or n_best=3. One source with one
        answer gives one `Translation`, all else a list. Raises ConfigError for options that break a rule.
        """
        translating = Translating(**options)
        if isinstance(sources, str) and translating.n_best == 1:
            return next(self.predict_each([sources], translating))
        return list(self.predict_each([sources] if isinstance(sources, str) else sources, translating))

    def predict_each(
        self, sources: Iterable[str], translating: Translating | None = None
    ) -> Iterator[Translation]:
        """The translations of sources as they come, in order; of n best, the best first."""
        translating = translating or Translating()
        translating.check_attention(self.attends)
        for chunk in chunks(sources, READ_AHEAD):
            for source, ids, hypotheses in self._answers(chunk, translating):
                for hypothesis in hypotheses:
                    yield self._translation(source, ids, hypothesis, translating)

    def target_probabilities(
        self, source: Int[Ints, " source"], target: Int[Ints, " target"]
    ) -> Float[NDArray[np.float64], " target"]:
        """The probability of each unit of a target, from the source and the units before it."""
        state = self._network.begin([source])
        chances: list[float] = []
        for before, unit in zip([self.units.end, *target.tolist()], target.tolist(), strict=False):
            scores, state = self._network.step(np.array([before]), state)
            logs = scores[0].astype(np.float64) - scores.max()
            chances.append(float(np.exp(logs[unit]) / np.exp(logs).sum()))
        return np.array(chances)

    def golden_scores(self, text: str) -> tuple[float, ...]:
        """What loading checks: the probabilities of the target's first units, for this source."""
        target = np.arange(2, min(2 + GOLDEN_UNITS, len(self.units.target)))
        return tuple(self.target_probabilities(self.units.source_ids(text), target).tolist())

    def _answers(
        self, texts: list[str], translating: Translating
    ) -> Iterator[tuple[str, Ints, list[Hypothesis]]]:
        """Each text with its ids and its answers, in order; texts of like length are decoded together.

        A blank text has one answer, the empty one: no pair of the training data says what else it might be.
        """
        encoded = [self.units.source_ids(text) for text in texts]
        nothing = [Hypothesis((self.units.end,), 0.0, 0.0)]
        found = {row: nothing for row, text in enumerate(texts) if not text.strip()}
        order = sorted(set(range(len(texts))) - set(found), key=lambda row: -len(encoded[row]))
        for start in range(0, len(order), SENTENCES):
            rows = order[start : start + SENTENCES]
            answers = self._decode([texts[row] for row in rows], [encoded[row] for row in rows], translating)
            found.update(zip(rows, answers, strict=True))
        for row, text in enumerate(texts):
            yield text, encoded[row], found[row]

    def _decode(
        self, texts: Sequence[str], sources: Sequence[Ints], translating: Translating
    ) -> list[list[Hypothesis]]:
        """The answers for a batch of sources."""
        penalty = translating.coverage_penalty
        state = self._network.begin(sources, watched=penalty > 0)
        scores, state = self._network.step(np.full(len(sources), self.units.end), state)
        longest = np.array([translating.max_steps(len(source), self.units.expansion) for source in sources])
        if translating.sample:
            return self._sample(texts, scores, state, longest, translating)
        return beam_searches(
            self._network,
            scores,
            state,
            beam=translating.beam,
            max_steps=longest,
            end=self.units.end,
            length_penalty=translating.length_penalty,
            n_best=translating.n_best,
            forbidden=self.units.target.forbidden,
            coverage=(lambda state: penalty * self._network.coverage(state)) if penalty else None,
        )

    def _sample(
        self,
        texts: Sequence[str],
        scores: Float[NDArray[Any], "row vocab"],
        state: Any,
        longest: Int[Ints, " row"],
        translating: Translating,
    ) -> list[list[Hypothesis]]:
        """Translations by chance, `n_best` of each source; those of a source do not depend on the others."""
        copies = np.repeat(np.arange(len(texts)), translating.n_best)
        generators: list[np.random.Generator] = []
        for text in texts:
            key = crc32(text.encode("utf-8", "surrogatepass"))
            generators += np.random.default_rng((translating.seed, key)).spawn(translating.n_best)
        sampler = Sampler(
            self._network,
            scores[copies],
            self._network.select(state, copies),
            translating,
            generators,
            forbidden=self.units.target.forbidden,
        )
        drawn: list[list[int]] = [[] for _ in copies]
        logs = np.zeros(len(copies))
        running = np.arange(len(copies))
        for ids in sampler:
            logs[running] += sampler.log_probabilities
            for row, unit in zip(running.tolist(), ids.tolist(), strict=True):
                drawn[row].append(unit)
            steps = len(drawn[int(running[0])])
            mask = (ids != self.units.end) & (steps < longest[copies[running]])
            sampler.keep(mask)
            running = running[mask]
        answers = [
            Hypothesis(
                tuple(ids), float(log), float(log) / length_divisor(len(ids), translating.length_penalty)
            )
            for ids, log in zip(drawn, logs, strict=True)
        ]
        return [answers[row : row + translating.n_best] for row in range(0, len(answers), translating.n_best)]

    def _translation(
        self, source: str, ids: Ints, hypothesis: Hypothesis, translating: Translating
    ) -> Translation:
        alignment = None
        if translating.alignments:
            before = np.array([self.units.end, *hypothesis.ids[:-1]], np.int64)
            alignment = Alignment(
                tuple(self.units.source.decode([unit]) for unit in ids.tolist()),
                tuple(self.units.target.decode([unit]) for unit in hypothesis.ids),
                self._network.look(ids, before),
            )
        return Translation(source, self.units.written(hypothesis.ids), hypothesis.score, alignment)
