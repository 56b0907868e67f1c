"""Words as a language model's units: case kept, each line end a word of its own.

A text that is cut into words already, with blanks around its commas, is cut at white space and nowhere else.
This is how the Penn Treebank of Mikolov et al. (2010) and WikiText-2 are counted: a published "<eos>" is the
line end here, and a "<unk>" in the text is the unknown word itself, so that its id is trained. Any other text
is cut as `headgate.text.words` cuts it, by Unicode's rules.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Int
from headgate.text.pieces import LONE_SURROGATE, encode_pieces, text_pieces
from headgate.text.vocabulary import PADDING_ID, UNKNOWN_ID, Vocabulary
from headgate.text.words import split_words

LINE_END = "\n"
UNKNOWN_WORD = "<unk>"
"""How the unknown word is written, in a text and out of one."""

_WORD = re.compile(r"\n|\S+")
_APART = re.compile(r"(?<=\s)[,.;!?](?=\s)")
_ATTACHED = re.compile(r"(?<=\w)[,.;!?](?=\s)")
_JOINED_BEFORE = re.compile(r"[,.;:!?)\]}%…]|n['’]t|['’](?:s|m|d|re|ve|ll)")
_JOINED_AFTER = re.compile(r"[(\[{$]")


class WordUnits:
    """Units that are words and line ends; the one at position i has id i + 2.

    `tokenised`: cut texts at white space alone. Where no word is unknown, decode(encode(text)) is then the
    text with one blank for the white space between two words of a line, and none at a line's ends: the text
    itself, if it is so written. In other texts blanks are put where they are usual: not before a comma, nor
    inside a bracket. An unknown word decodes to "<unk>", padding to nothing.
    """

    name = "word"
    forbidden = (PADDING_ID, UNKNOWN_ID)

    def __init__(self, words: Iterable[str], *, tokenised: bool = True) -> None:
        self.tokenised = tokenised
        self._vocabulary = Vocabulary(tuple(words))
        self._texts = ("", UNKNOWN_WORD, *self._vocabulary.words)

    @classmethod
    def learn(cls, text: str | Iterable[str], *, min_count: int = 1) -> "WordUnits":
        """The words that occur `min_count` times, by falling frequency, ties by code point.

        `text`: whole, or its lines, each with its end. Words with a lone surrogate are never known.
        """
        pieces = list(text_pieces(text))
        tokenised = _is_tokenised(pieces)
        counts: Counter[str] = Counter()
        for piece in pieces:
            counts.update(_cut(piece, tokenised=tokenised))
        del counts[UNKNOWN_WORD]
        frequent = {
            word: count
            for word, count in counts.items()
            if count >= min_count and not LONE_SURROGATE.search(word)
        }
        return cls(Vocabulary.from_counts(frequent).words, tokenised=tokenised)

    def __len__(self) -> int:
        """The number of ids, padding and the unknown word included."""
        return len(self._vocabulary)

    def encode(self, text: str) -> Int[NDArray[np.int64], " units"]:
        """The ids of the words and line ends of a text."""
        return encode_pieces(text, lambda piece: self._vocabulary.ids(_cut(piece, tokenised=self.tokenised)))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids."""
        decoder = self.decoder()
        return "".join([decoder.push(unit_id) for unit_id in ids])

    def decoder(self) -> "_WordDecoder":
        """A decoder at the beginning of a text; the blank before a word comes with the word."""
        return _WordDecoder(self._texts, tokenised=self.tokenised)

    def unknown_in(self, text: str) -> str | None:
        """The first unknown word of a text; "<unk>" is none."""
        words = _cut(text, tokenised=self.tokenised)
        return next((word for word in words if word not in self._vocabulary and word != UNKNOWN_WORD), None)

    def to_json(self) -> dict[str, Any]:
        """The content of `tokenizer.json`."""
        return {"units": self.name, "tokenised": self.tokenised, "words": list(self._vocabulary.words)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "WordUnits":
        """The units that `to_json` described; ValueError when the values describe none."""
        entry = values.get("words")
        if not isinstance(entry, list):
            raise ValueError('"words" must be a list of words')
        words = cast(list[object], entry)
        seen = {UNKNOWN_WORD}
        for place, word in enumerate(words):
            if not isinstance(word, str) or not _WORD.fullmatch(word) or word in seen:
                raise ValueError(
                    f'"words" must be words without white space, each once; word {place} is {word!r}'
                )
            seen.add(word)
        tokenised = values.get("tokenised")
        if not isinstance(tokenised, bool):
            raise ValueError('"tokenised" must be true or false')
        return cls(cast(list[str], words), tokenised=tokenised)


def _cut(text: str, *, tokenised: bool) -> list[str]:
    """The words and line ends of a text."""
    if tokenised:
        return _WORD.findall(text)
    first, *others = text.split(LINE_END)
    words = split_words(first)
    for line in others:
        words += [LINE_END, *split_words(line)]
    return words


def _is_tokenised(pieces: Iterable[str]) -> bool:
    """Whether more marks stand apart from the words before them than touch them; or there are none at all."""
    apart = attached = 0
    for piece in pieces:
        apart += len(_APART.findall(piece)) + piece.count(UNKNOWN_WORD)
        attached += len(_ATTACHED.findall(piece))
    return apart >= attached


class _WordDecoder:
    def __init__(self, texts: tuple[str, ...], *, tokenised: bool) -> None:
        self._texts, self._tokenised = texts, tokenised
        self._joined = True

    def push(self, unit_id: int) -> str:
        text = self._texts[unit_id]
        if unit_id == PADDING_ID:
            return text
        joined = self._joined or text == LINE_END
        self._joined = text == LINE_END
        if not self._tokenised:
            joined = joined or _JOINED_BEFORE.fullmatch(text) is not None
            self._joined = self._joined or _JOINED_AFTER.fullmatch(text) is not None
        return text if joined else " " + text

    def flush(self) -> str:
        return ""
