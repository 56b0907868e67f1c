"""Characters as a language model's units: code points as they stand, neither folded nor normalised."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Int
from headgate.text.pieces import LONE_SURROGATE, encode_pieces
from headgate.text.vocabulary import PADDING_ID, UNKNOWN_ID, Vocabulary


class CharacterUnits:
    """Units that are characters; the one at position i has id i + 2.

    decode(encode(text)) == text for every text of known characters. An unknown one decodes to U+FFFD,
    padding to nothing.
    """

    name = "char"
    forbidden = (PADDING_ID, UNKNOWN_ID)

    def __init__(self, characters: str) -> None:
        self._vocabulary = Vocabulary(characters)
        self._texts = ("", "\ufffd", *characters)

    @classmethod
    def learn(cls, text: str | Iterable[str], *, min_count: int = 1) -> "CharacterUnits":
        """The characters that occur `min_count` times, by falling frequency, ties by code point.

        `text`: whole, or its lines. Lone surrogates are never known.
        """
        counts: Counter[str] = Counter()
        for part in [text] if isinstance(text, str) else text:
            counts.update(part)
        frequent = {
            character: count
            for character, count in counts.items()
            if count >= min_count and not LONE_SURROGATE.match(character)
        }
        return cls("".join(Vocabulary.from_counts(frequent).words))

    def __len__(self) -> int:
        """The number of ids, padding and the unknown character included."""
        return len(self._vocabulary)

    def encode(self, text: str) -> Int[NDArray[np.int64], " units"]:
        """The ids of the characters of a text."""
        return encode_pieces(text, self._vocabulary.ids)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids."""
        return "".join([self._texts[unit_id] for unit_id in ids])

    def decoder(self) -> "_CharacterDecoder":
        """A decoder at the beginning of a text."""
        return _CharacterDecoder(self._texts)

    def unknown_in(self, text: str) -> str | None:
        """The first unknown character of a text."""
        return next((character for character in text if character not in self._vocabulary), None)

    def to_json(self) -> dict[str, Any]:
        """The content of `tokenizer.json`."""
        return {"units": self.name, "characters": "".join(self._vocabulary.words)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "CharacterUnits":
        """The units that `to_json` described; ValueError when the values describe none."""
        characters = values.get("characters")
        if not isinstance(characters, str) or len(set(characters)) < len(characters):
            raise ValueError('"characters" must be a string that holds no character twice')
        return cls(characters)


class _CharacterDecoder:
    def __init__(self, texts: tuple[str, ...]) -> None:
        self._texts = texts

    def push(self, unit_id: int) -> str:
        return self._texts[unit_id]

    def flush(self) -> str:
        return ""
