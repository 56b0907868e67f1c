"""Subwords as a language model's units: byte pairs merged as often as the text has them (byte-level BPE).

Sennrich et al. (2016) over bytes, and, as in Radford et al. (2019), within words alone, the blank before a
word being part of it. Every byte is a unit, so every text can be written. Three deviations from the latter:
a line end is a word of its own, so that a text can be encoded line by line; marks go with their letters; and
a word has at most `LONGEST_WORD` characters, because merging takes time by the square of its length.

The `tokenizers` library counts and merges; it merges by chance too, but takes no seed, so that part is ours
(`headgate.text.merging`). What is kept are the merges alone, in its (GPT-2's) alphabet of one printable
character a byte.
"""

import codecs
import json
import os
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from headgate.errors import ConfigError
from headgate.shapes import Int
from headgate.text.merging import Merging
from headgate.text.pieces import LONE_SURROGATE, encode_pieces, text_pieces
from headgate.text.vocabulary import FIRST_WORD_ID, PADDING_ID, UNKNOWN_ID

if TYPE_CHECKING:  # imported where used: most models need none of it
    from tokenizers import Tokenizer

SUBWORD_SIZE = 4000
SMALLEST_SIZE = FIRST_WORD_ID + 256
LEAST_PAIRS = 2
"""How often a pair occurs, at least, to be merged."""

LONGEST_WORD = 40
_RUN = f"{{1,{LONGEST_WORD}}}"
_WORD = "|".join(
    (
        r"\n",
        r"'(?:[dmst]|ll|re|ve)",
        rf" ?[\p{{L}}\p{{M}}]{_RUN}",
        rf" ?\p{{N}}{_RUN}",
        rf" ?[^\s\p{{L}}\p{{M}}\p{{N}}]{_RUN}",
        rf"[^\S\n]{_RUN}(?!\S)",  # all but the last before a word, which may be the blank that begins it
        r"\s",
    )
)

_PRINTABLE = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
_OTHERS = [byte for byte in range(256) if byte not in _PRINTABLE]
BYTE_CHARACTERS = "".join(
    chr(byte if byte in _PRINTABLE else 256 + _OTHERS.index(byte)) for byte in range(256)
)
"""The character that stands for each byte."""

_PARALLELISM = "TOKENIZERS_PARALLELISM"


class SubwordUnits:
    """Units that are strings of bytes: id 2 is byte 0 and so on, then come the merges in order.

    decode(encode(text)) == text for every text that UTF-8 can write. Only lone surrogates are unknown; these,
    and bytes that are not UTF-8, decode to U+FFFD, padding to nothing.
    """

    name = "subword"
    forbidden = (PADDING_ID, UNKNOWN_ID)

    def __init__(self, merges: Iterable[tuple[str, str]]) -> None:
        """Each merge joins two units that are there before it; ValueError where one is not."""
        self._merges = tuple(merges)
        ids = {character: unit_id for unit_id, character in enumerate(BYTE_CHARACTERS, start=FIRST_WORD_ID)}
        for place, pair in enumerate(self._merges):
            if not (pair[0] in ids and pair[1] in ids):
                raise ValueError(f'"merges" must join known units; merge {place} is {pair}')
            ids.setdefault("".join(pair), FIRST_WORD_ID + len(ids))
        self._tokenizer = _tokenizer(ids, self._merges)
        self._ids = ids
        byte_of = {character: byte for byte, character in enumerate(BYTE_CHARACTERS)}
        self._bytes = (b"", "\ufffd".encode(), *(bytes(byte_of[one] for one in unit) for unit in ids))

    @classmethod
    def learn(cls, text: str | Iterable[str], *, size: int = SUBWORD_SIZE) -> "SubwordUnits":
        """At most `size` ids (fewer where no pair occurs twice any more); the same text gives the same units.

        `text`: whole, or its lines, each with its end. Raises ConfigError for a size that has no room for
        padding, the unknown and all bytes.
        """
        if size < SMALLEST_SIZE:
            raise ConfigError(f"size of subword units must be at least {SMALLEST_SIZE}; got {size}")
        from tokenizers import trainers

        tokenizer = _tokenizer({}, ())
        trainer = trainers.BpeTrainer(
            vocab_size=size - FIRST_WORD_ID,
            min_frequency=LEAST_PAIRS,
            initial_alphabet=list(BYTE_CHARACTERS),
            show_progress=False,
        )
        pieces = (part for piece in text_pieces(text) for part in LONE_SURROGATE.split(piece)[::2])
        with _one_thread():
            tokenizer.train_from_iterator(pieces, trainer)
        merges: list[list[str]] = json.loads(tokenizer.to_str())["model"]["merges"]
        return cls((left, right) for left, right in merges)

    def __len__(self) -> int:
        """The number of ids, padding and the unknown unit included."""
        return len(self._bytes)

    def encode(self, text: str) -> Int[NDArray[np.int64], " units"]:
        """The ids of the subwords of a text; each lone surrogate is unknown."""
        return encode_pieces(text, lambda piece: self._piece_ids(piece, self._merged))

    def encode_with_dropout(
        self, text: str, dropout: float, generator: np.random.Generator
    ) -> Int[NDArray[np.int64], " units"]:
        """The ids of a text in smaller subwords: at each step each merge is skipped by this chance.

        For training: words cut in many ways show what they are made of (Provilkov et al. 2020, who take 0.1).
        At 0 it equals `encode`, and decode undoes it alike. Lines are encoded faster together than one by
        one; no unit reaches over their ends. Raises ConfigError unless 0 <= dropout < 1.
        """
        if not 0 <= dropout < 1:
            raise ConfigError(f"dropout of merges must be at least 0 and below 1; got {dropout}")
        return encode_pieces(
            text, lambda piece: self._piece_ids(piece, lambda part: self._dropped(part, dropout, generator))
        )

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids."""
        return b"".join([self._bytes[unit_id] for unit_id in ids]).decode(errors="replace")

    def decoder(self) -> "_ByteDecoder":
        """A decoder at the beginning of a text; it holds back the bytes of an incomplete character."""
        return _ByteDecoder(self._bytes)

    def unknown_in(self, text: str) -> str | None:
        """The first lone surrogate of a text."""
        found = LONE_SURROGATE.search(text)
        return None if found is None else found[0]

    def to_json(self) -> dict[str, Any]:
        """The content of `tokenizer.json`."""
        return {"units": self.name, "merges": [list(pair) for pair in self._merges]}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "SubwordUnits":
        """The units that `to_json` described; ValueError when the values describe none."""
        merges = values.get("merges")
        if not isinstance(merges, list):
            raise ValueError('"merges" must be a list of pairs')
        return cls(_pair(place, merge) for place, merge in enumerate(cast(list[object], merges)))

    @cached_property
    def _merging(self) -> Merging:
        return Merging(self._ids, self._merges)

    def _piece_ids(self, piece: str, merged: Callable[[str], list[int]]) -> list[int]:
        ids: list[int] = []
        for place, part in enumerate(LONE_SURROGATE.split(piece)):
            ids += [UNKNOWN_ID] if place % 2 else merged(part)
        return ids

    def _merged(self, part: str) -> list[int]:
        return self._tokenizer.encode(part).ids

    def _dropped(self, part: str, dropout: float, generator: np.random.Generator) -> list[int]:
        assert self._tokenizer.pre_tokenizer is not None, "it is what cuts words"
        words = [word for word, _ in self._tokenizer.pre_tokenizer.pre_tokenize_str(part)]
        skips = iter((generator.geometric(1 - dropout, size=sum(map(len, words))) - 1).tolist())
        return [unit_id for word in words for unit_id in self._merging.merge(word, skips)]


def _tokenizer(ids: dict[str, int], merges: Sequence[tuple[str, str]]) -> "Tokenizer":
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE(ids, list(merges)))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORD), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return tokenizer


def _pair(place: int, merge: object) -> tuple[str, str]:
    match merge:
        case [str(left), str(right)]:
            return left, right
        case _:
            raise ValueError(f'"merges" must be a list of pairs of units; merge {place} is {merge!r}')


@contextmanager
def _one_thread() -> Generator[None]:
    """Keep the library to one thread, unless the environment says otherwise.

    Once it has used several it writes a warning whenever the process forks, as data loaders do.
    """
    if _PARALLELISM in os.environ:
        yield
        return
    os.environ[_PARALLELISM] = "false"
    try:
        yield
    finally:
        del os.environ[_PARALLELISM]


class _ByteDecoder:
    def __init__(self, units: tuple[bytes, ...]) -> None:
        self._units = units
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def push(self, unit_id: int) -> str:
        return self._decoder.decode(self._units[unit_id])

    def flush(self) -> str:
        return self._decoder.decode(b"", final=True)
