"""A language model that runs without PyTorch: continues prompts, and tells how likely texts are."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zlib import crc32

import numpy as np

from headgate.decoding import Sampler, beam_search
from headgate.errors import ConfigError
from headgate.modelfile import LanguageModelShape, ModelFolder
from headgate.runtime.encoding import read_units
from headgate.runtime.generation.network import LanguageNetwork
from headgate.runtime.generation.scorer import LanguageScorer, States
from headgate.runtime.generation.stream import LanguageStream
from headgate.runtime.golden import check_golden_answers
from headgate.tasks import Generation, LanguageMetrics, StopAt, Writing
from headgate.text import Units

UNITS_A_CHARACTER = 4
"""The most units that one character may take: the bytes of UTF-8."""


class TextGenerator:
    """A loaded language model. `scorer` runs it; the network in NumPy does when none is given.

    A text is read as if a line end came before it, from which its first unit is foretold; in a model that
    knows no line end, the unit that it has seen most often.
    Raises ModelError when the model does not give the golden answers that it was written with.
    """

    task = "generation"

    def __init__(self, folder: ModelFolder, scorer: LanguageScorer | None = None) -> None:
        shape = folder.config.network
        assert isinstance(shape, LanguageModelShape)
        self.folder = folder
        self.config = folder.config
        self.units: Units = read_units(folder)
        place = folder.path / "model.safetensors"
        self._network: LanguageScorer = scorer or LanguageNetwork(shape, folder.weights, place)
        check_golden_answers(folder, self.probabilities)

    def predict(self, prompts: str | Iterable[str], **options: Any) -> Generation | list[Generation]:
        """Continue one prompt, or many, each `samples` times: the texts, in the order of the prompts.

        `options`: the fields of `headgate.tasks.Writing`, such as length=200, temperature=0.8, seed=3. One
        prompt with one sample gives one `Generation`, all else a list. Raises ConfigError for options that
        break a rule, and for a prompt with what the model does not know.
        """
        writing = Writing(**options)
        if isinstance(prompts, str) and writing.samples == 1:
            return next(self.predict_each([prompts], writing))
        return list(self.predict_each([prompts] if isinstance(prompts, str) else prompts, writing))

    def predict_each(self, prompts: Iterable[str], writing: Writing | None = None) -> Iterator[Generation]:
        """The continuations of prompts as they come, in order, all samples of one after the other."""
        writing = writing or Writing()
        for prompt in prompts:
            for text in self._texts(prompt, writing):
                yield Generation(prompt, text)

    def write(self, prompt: str, **options: Any) -> Iterator[str]:
        """Continue a prompt once, and give out each piece of text as soon as it is certain."""
        writing = Writing(**options)
        if writing.samples != 1:
            raise ConfigError(f"samples must be 1 to see a text as it comes; got {writing.samples}")
        yield from self.write_pieces(prompt, writing)

    def write_pieces(self, prompt: str, writing: Writing) -> Iterator[str]:
        """`write` with its options in one; of samples, the first."""
        if writing.beam is not None:
            yield from self._texts(prompt, writing)[:1]
            return
        states = self._after(prompt)
        text = _Text(self.units, prompt, writing.stop)
        for (unit,) in self._sampler(states, prompt, writing, rows=1):
            yield text.push(int(unit))
            if text.stopped or text.length == writing.length:
                break
        yield text.flush()

    def score(self, text: str) -> LanguageMetrics:
        """How well the model foretells a text."""
        return self.stream().push(text)

    def probabilities(self, text: str) -> tuple[float, ...]:
        """The probability of each unit of a text, from those before it."""
        losses, _ = self.stream().losses(text)
        return tuple(np.exp(-losses).tolist())

    def stream(self) -> LanguageStream:
        """Start reading a text piece by piece."""
        return LanguageStream(self._network, self.units)

    def _after(self, prompt: str) -> States:
        """The state after a prompt; ConfigError where there is something in it that the model never saw."""
        unknown = self.units.unknown_in(prompt)
        if unknown is not None:
            points = " ".join(f"U+{ord(character):04X}" for character in unknown)
            raise ConfigError(
                f"the prompt holds {unknown!r} ({points}), which this model of {self.units.name} units has "
                f"never seen (rephrase the prompt, or train with --unit subword, which knows everything)"
            )
        stream = self.stream()
        stream.read(prompt)
        return stream.states

    def _sampler(self, states: States, prompt: str, writing: Writing, rows: int) -> Sampler[States]:
        states = self._network.select(states, np.zeros(rows, np.int64))
        seen_mask = np.zeros((rows, len(self.units)), np.bool_)
        seen_mask[:, self.units.encode(prompt)] = True
        # Prompts of one seed have chances of their own, whichever stand beside them.
        chance = np.random.default_rng((writing.seed, crc32(prompt.encode("utf-8", "surrogatepass"))))
        return Sampler(
            self._network,
            self._network.scores(states),
            states,
            writing,
            chance.spawn(rows),
            seen_mask=seen_mask,
            forbidden=self.units.forbidden,
        )

    def _texts(self, prompt: str, writing: Writing) -> list[str]:
        """All samples of one prompt, written side by side."""
        states = self._after(prompt)
        if writing.beam is not None:
            return self._beam(states, prompt, writing, writing.beam)
        texts = [_Text(self.units, prompt, writing.stop) for _ in range(writing.samples)]
        running = texts
        sampler = self._sampler(states, prompt, writing, writing.samples)
        for ids in sampler:
            for text, unit in zip(running, ids.tolist(), strict=True):
                text.shown += text.push(unit)
            mask = np.array([not text.stopped and text.length < writing.length for text in running])
            sampler.keep(mask)
            running = [text for text, goes_on in zip(running, mask, strict=True) if goes_on]
            if not running:
                break
        return [text.shown + text.flush() for text in texts]

    def _beam(self, states: States, prompt: str, writing: Writing, beam: int) -> list[str]:
        longest = UNITS_A_CHARACTER * max(map(len, writing.stop), default=0)

        def ends(ids: Sequence[int]) -> bool:
            tail = self.units.decode(ids[-longest:])  # what stands before it was looked at before
            return any(string in tail for string in writing.stop)

        found = beam_search(
            self._network,
            self._network.scores(states),
            states,
            beam=beam,
            max_steps=writing.length,
            end=ends if writing.stop else None,
            n_best=writing.samples,
            forbidden=self.units.forbidden,
        )
        texts: list[str] = []
        for hypothesis in found:
            text = _Text(self.units, prompt, writing.stop)
            shown = "".join([text.push(unit) for unit in hypothesis.ids])
            texts.append(shown + text.flush())
        return texts


class _Text:
    """One text in the making: units in, text out, up to the first stop string."""

    def __init__(self, units: Units, prompt: str, stop: Sequence[str]) -> None:
        self._decoder = units.decoder()
        for unit in units.encode(prompt).tolist():
            self._decoder.push(unit)  # what joins the text to the prompt depends on the prompt
        self._stop = StopAt(stop)
        self.length = 0
        self.shown = ""

    @property
    def stopped(self) -> bool:
        return self._stop.stopped

    def push(self, unit: int) -> str:
        self.length += 1
        return self._stop.push(self._decoder.push(unit))

    def flush(self) -> str:
        return self._stop.push(self._decoder.flush()) + self._stop.flush()
