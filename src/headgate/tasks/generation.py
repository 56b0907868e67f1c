"""What generation is: a continuation of a prompt, where it stops, and how well a model foretells a text."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from headgate.errors import ConfigError


@dataclass(frozen=True)
class Generation:
    """The answer for one prompt: `text` is the continuation alone."""

    prompt: str
    text: str

    def to_json(self) -> dict[str, Any]:
        """The record that `predict --format jsonl` prints."""
        return asdict(self)


@dataclass(frozen=True)
class LanguageMetrics:
    """How well a language model foretells a text, each unit from those before it.

    - `characters`: code points of the text, line ends included
    - `units`: predictions that were scored: one for each unit of the text, and one for each end of text that
      the model was asked to foretell
    - `unknown`: how many of these units the model does not know, and foretold as "unknown". That is easier
      than to foretell the unit itself: where there are any, measures compare only between models that do not
      know the same units
    - `words`: what stands between blanks, and the line ends (`words_and_line_ends`)
    - `nats`: -log of the probability of all scored units together

    A measure is None where there is nothing to divide by, or where it is beyond the largest float.
    """

    characters: int
    units: int
    unknown: int
    words: int
    nats: float

    def __add__(self, other: "LanguageMetrics") -> "LanguageMetrics":
        """Of two pieces of a text together."""
        sums = {name: value + getattr(other, name) for name, value in vars(self).items()}
        return LanguageMetrics(**sums)

    @property
    def perplexity(self) -> float | None:
        """exp(nats / units): among how many equally likely units the model might as well have guessed."""
        return _exp(_quotient(self.nats, self.units))

    @property
    def bits_per_character(self) -> float | None:
        """nats / ln 2 / characters: comparable between models whatever their units."""
        return _quotient(self.nats / math.log(2), self.characters)

    @property
    def nats_per_unit(self) -> float | None:
        """The mean loss, as training reports it."""
        return _quotient(self.nats, self.units)

    @property
    def word_perplexity(self) -> float | None:
        """exp(nats / words): perplexity by the word, whatever the units."""
        return _exp(_quotient(self.nats, self.words))

    def to_json(self) -> dict[str, Any]:
        """The record that `evaluate --json` prints and `metrics.json` holds."""
        measures = {
            "perplexity": self.perplexity,
            "bits_per_character": self.bits_per_character,
            "nats_per_unit": self.nats_per_unit,
            "word_perplexity": self.word_perplexity,
        }
        return measures | asdict(self)


def words_and_line_ends(text: str) -> int:
    """What stands between blanks (`str.split`), and one for each "\\n".

    For the Penn Treebank's text of 10,000 different words that is the count of tokens with an end of sentence
    for each line, which its published perplexities are by.
    """
    return len(text.split()) + text.count("\n")


def _quotient(total: float, count: int) -> float | None:
    return total / count if count else None


def _exp(power: float | None) -> float | None:
    try:
        return None if power is None else math.exp(power)
    except OverflowError:
        return None


class StopAt:
    """Cuts a text that comes in pieces where the first of some strings begins.

    `push` a piece and get what may be shown for certain: what might be the beginning of a stop string is held
    back until it is known not to be one. However the text is cut into pieces, what is shown in all is what
    stands before the earliest of the stop strings, or all of it. `stopped` is True from when that is certain;
    what is pushed then is ignored.

        shown = stop.push("... the en") + stop.push("d.") + stop.flush()

    Raises ConfigError for strings that are one text, or an empty string among them; no strings never stop.
    """

    def __init__(self, strings: Sequence[str]) -> None:
        if isinstance(strings, str):
            raise ConfigError(f"stop strings must be a list of texts; got one text, {strings!r}")
        if "" in strings:
            raise ConfigError("each stop string must be of one character at least; got ''")
        self._strings = tuple(strings)
        self._held = ""
        self.stopped = False

    def push(self, piece: str) -> str:
        """What may be shown now that this piece has come, and was not before."""
        if self.stopped:
            return ""
        text = self._held + piece
        found = self._first_stop(text)
        # A string that began before the one found may still become whole, and then is the earlier.
        begun = self._first_beginning(text)
        self.stopped = found < len(text) and found <= begun
        certain = min(found, begun)
        self._held = "" if self.stopped else text[certain:]
        return text[:certain]

    def flush(self) -> str:
        """What is left to be shown: the text is over."""
        found = self._first_stop(self._held)
        self.stopped = self.stopped or found < len(self._held)
        shown, self._held = self._held[:found], ""
        return shown

    def _first_stop(self, text: str) -> int:
        """Where the earliest whole stop string begins; the length of the text if none does."""
        return min(
            (place for string in self._strings if (place := text.find(string)) >= 0), default=len(text)
        )

    def _first_beginning(self, text: str) -> int:
        """Where the longest end of the text begins that a stop string begins with and goes beyond."""
        longest = max(map(len, self._strings), default=1)
        for place in range(max(0, len(text) - longest + 1), len(text)):
            if any(
                string.startswith(text[place:]) and len(string) > len(text) - place
                for string in self._strings
            ):
                return place
        return len(text)
