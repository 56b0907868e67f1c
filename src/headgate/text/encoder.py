"""Texts → numbers: a tokeniser, a vocabulary and, where wanted, character n-grams, kept together.

A set of texts is encoded through a lexicon of its distinct words, each looked up once however often it
occurs. A batch is then cut out of the set without looking at a word again.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Bool, Int
from headgate.text.bag import WordBag
from headgate.text.ngrams import PADDING_BUCKET, CharacterNgrams
from headgate.text.vocabulary import PADDING_ID, Vocabulary
from headgate.text.words import split_words, word_key

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Subwords:
    """The character n-grams of a batch's distinct words.

    `ngram_ids` holds them word after word, `starts` where each word's begin; `word_index` says which
    distinct word stands at each place of the batch. Word 0 is padding.
    """

    word_index: Int[Ints, "batch time"]
    ngram_ids: Int[Ints, " ngrams"]
    starts: Int[Ints, " words"]


@dataclass(frozen=True)
class Bags:
    """The words and word pairs of each text, text after text; `starts` says where each text's begin."""

    ids: Int[Ints, " features"]
    starts: Int[Ints, " batch"]


@dataclass(frozen=True)
class TokenBatch:
    """Texts side by side, the real tokens first and padding (id 0) after them."""

    token_ids: Int[Ints, "batch time"]
    lengths: Int[Ints, " batch"]
    subwords: Subwords | None
    bags: Bags | None

    @property
    def token_mask(self) -> Bool[NDArray[np.bool_], "batch time"]:
        """True at the real tokens."""
        return self.token_ids != PADDING_ID


class EncodedTexts:
    """Many texts as numbers; `lengths` counts the tokens of each."""

    def __init__(self, texts: list[NDArray[np.int32]], lexicon: "_Lexicon", bag: WordBag | None) -> None:
        self._texts, self._bag = texts, bag
        self._vocabulary_ids = np.array(lexicon.vocabulary_ids, np.int64)
        self._ngram_ids = [np.array(ids, np.int64) for ids in lexicon.ngram_ids]
        self.lengths = np.array([len(text) for text in texts], np.int64)

    def __len__(self) -> int:
        return len(self._texts)

    def batch(self, rows: Sequence[int] | Ints) -> TokenBatch:
        """The texts of these rows, padded to the longest of them (at least one step)."""
        texts = [self._texts[row] for row in rows]
        lengths = np.array([len(text) for text in texts], np.int64)
        words = np.zeros((len(texts), max(1, int(lengths.max(initial=0)))), np.int64)
        for row, text in enumerate(texts):
            words[row, : len(text)] = text
        subwords = self._subwords(words) if self._ngram_ids else None
        bags = None
        if self._bag is not None:
            ids = [self.bag_ids(row) for row in rows]
            bags = Bags(np.concatenate(ids), _starts(ids))
        return TokenBatch(self._vocabulary_ids[words], lengths, subwords, bags)

    def word_ids(self, row: int) -> Int[Ints, " words"]:
        """The vocabulary ids of one text."""
        return self._vocabulary_ids[self._texts[row]]

    def bag_ids(self, row: int) -> Int[Ints, " features"]:
        """The words and word pairs of one text that the bag knows; id 0 alone for a text without words."""
        if self._bag is None or not len(self._texts[row]):
            return np.array([PADDING_ID], np.int64)
        return self._bag.ids(self.word_ids(row))

    def _subwords(self, words: Ints) -> Subwords:
        distinct, index = np.unique(words, return_inverse=True)
        pieces: list[Ints] = [self._ngram_ids[word] for word in distinct]
        return Subwords(index.reshape(words.shape), np.concatenate(pieces), _starts(pieces))


def _starts(pieces: list[Ints]) -> Ints:
    """Where each piece begins once they are all joined."""
    return np.cumsum([0] + [len(piece) for piece in pieces[:-1]])


class _Lexicon:
    """The distinct words of a set of texts, numbered as they come; number 0 is padding."""

    def __init__(self, vocabulary: Vocabulary, ngrams: CharacterNgrams | None) -> None:
        self._vocabulary, self._ngrams = vocabulary, ngrams
        self._numbers: dict[str, int] = {}
        self.vocabulary_ids = [PADDING_ID]
        self.ngram_ids: list[list[int]] = [] if ngrams is None else [[PADDING_BUCKET]]

    def number(self, surface: str) -> int:
        known = self._numbers.get(surface)
        if known is not None:
            return known
        key = word_key(surface)
        number = self._numbers[surface] = len(self.vocabulary_ids)
        self.vocabulary_ids.append(self._vocabulary.id(key))
        if self._ngrams is not None:
            self.ngram_ids.append(self._ngrams.ids(key))
        return number


class TextEncoder:
    """How a model reads text: words by Unicode's rules, looked up in a vocabulary.

    `ngrams`: hashed character n-grams of each word; `bag`: words and word pairs of each text; None for a
    model that has no use for them.
    """

    def __init__(
        self, vocabulary: Vocabulary, ngrams: CharacterNgrams | None = None, bag: WordBag | None = None
    ) -> None:
        self.vocabulary = vocabulary
        self.ngrams = ngrams
        self.bag = bag

    def encode(self, texts: Iterable[str], *, longest: int | None = None) -> EncodedTexts:
        """Encode texts, in order; `longest` keeps that many tokens of each from its beginning."""
        lexicon = _Lexicon(self.vocabulary, self.ngrams)
        number = lexicon.number
        encoded = [
            np.array([number(word) for word in split_words(text)[:longest]], np.int32) for text in texts
        ]
        return EncodedTexts(encoded, lexicon, self.bag)

    def to_json(self) -> dict[str, Any]:
        """The content of `tokenizer.json`."""
        return {
            "kind": "words",
            "ngrams": None if self.ngrams is None else asdict(self.ngrams),
            "pairs": None if self.bag is None else self.bag.pairs,
            "words": list(self.vocabulary.words),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "TextEncoder":
        """The encoder that `to_json` described; ValueError when the values describe none."""
        if values.get("kind") != "words" or not isinstance(values.get("words"), list):
            raise ValueError('not a word tokeniser: "kind" must be "words", with a list of "words"')
        ngrams, pairs = values.get("ngrams"), values.get("pairs")
        vocabulary = Vocabulary(values["words"])
        return cls(
            vocabulary,
            None if ngrams is None else CharacterNgrams(**ngrams),
            None if pairs is None else WordBag(len(vocabulary), pairs),
        )


@dataclass(frozen=True)
class WordCounts:
    """How often each word key occurs in a set of texts, and how many words each text has."""

    counts: Counter[str]
    lengths: Int[Ints, " texts"]


def count_words(texts: Iterable[str]) -> WordCounts:
    """Count the words of texts, in order."""
    surfaces: Counter[str] = Counter()
    lengths: list[int] = []
    for text in texts:
        words = split_words(text)
        surfaces.update(words)
        lengths.append(len(words))
    counts: Counter[str] = Counter()
    for surface, count in surfaces.items():
        counts[word_key(surface)] += count
    return WordCounts(counts, np.array(lengths, np.int64))
