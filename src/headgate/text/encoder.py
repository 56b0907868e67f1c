"""Texts → numbers: a tokeniser, a vocabulary and, where wanted, what words are made of, kept together.

A set of texts is encoded through a lexicon of its distinct words, each looked up once however often it
occurs. A batch is then cut out of the set without looking at a word again.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Bool, Int
from headgate.text.alphabet import PADDING_CHARACTER, Alphabet
from headgate.text.bag import WordBag
from headgate.text.ngrams import PADDING_BUCKET, CharacterNgrams
from headgate.text.ragged import Ragged
from headgate.text.vocabulary import PADDING_ID, Vocabulary
from headgate.text.words import split_words, word_key

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Subwords:
    """What a batch's distinct words are made of; `word_index` says which of them stands at each place.

    Word 0 is padding. `ngrams`: the character n-grams of each word; `characters`: its characters' ids, padded
    with 0. Each is None for a model that does not read it.
    """

    word_index: Int[Ints, "batch time"]
    ngrams: Ragged | None
    characters: Int[Ints, "words characters"] | None


@dataclass(frozen=True)
class TokenBatch:
    """Texts side by side, the real tokens first and padding (id 0) after them.

    `bags`: the words and word pairs of each text. What a model does not read is None.
    """

    token_ids: Int[Ints, "batch time"]
    lengths: Int[Ints, " batch"]
    subwords: Subwords | None
    bags: Ragged | None

    @property
    def token_mask(self) -> Bool[NDArray[np.bool_], "batch time"]:
        """True at the real tokens."""
        return self.token_ids != PADDING_ID

    def distinct_words(self) -> "tuple[TokenBatch, Int[Ints, 'batch time']]":
        """Each distinct word of the batch as a text of its own, and which of them stands at each place."""
        of_words = self.token_ids if self.subwords is None else self.subwords.word_index
        _, firsts, index = np.unique(of_words, return_index=True, return_inverse=True)
        ids = self.token_ids.ravel()[firsts, None]
        subwords = self.subwords
        if subwords is not None:
            subwords = replace(subwords, word_index=subwords.word_index.ravel()[firsts, None])
        return TokenBatch(ids, np.ones(len(ids), np.int64), subwords, None), index.reshape(of_words.shape)


class EncodedTexts:
    """Many texts as numbers; `lengths` counts the tokens of each."""

    def __init__(self, texts: list[NDArray[np.int32]], lexicon: "_Lexicon", bag: WordBag | None) -> None:
        self._texts, self._bag = texts, bag
        self.vocabulary = lexicon.vocabulary
        self._vocabulary_ids = np.array(lexicon.vocabulary_ids, np.int64)
        self._ngrams = Ragged.of_lists(lexicon.ngram_ids) if lexicon.ngram_ids else None
        self._characters = Ragged.of_lists(lexicon.character_ids) if lexicon.character_ids else None
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
        subwords = self._subwords(words) if self._ngrams or self._characters else None
        bags = None if self._bag is None else Ragged.joined([self.bag_ids(row) for row in rows])
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
        distinct, index = np.unique(np.append(words, 0), return_inverse=True)  # word 0, padded or not
        ngrams = None if self._ngrams is None else self._ngrams.chosen(distinct)
        characters = None if self._characters is None else self._characters.chosen(distinct).padded()
        return Subwords(index[:-1].reshape(words.shape), ngrams, characters)


class _Lexicon(dict[str, int]):
    """The distinct words of a set of texts, numbered as they are asked for; number 0 is padding."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        ngrams: CharacterNgrams | None,
        alphabet: Alphabet | None,
        fold_digits: bool,
    ) -> None:
        super().__init__()
        self.vocabulary, self._ngrams, self._alphabet = vocabulary, ngrams, alphabet
        self._fold_digits = fold_digits
        self.vocabulary_ids = [PADDING_ID]
        self.ngram_ids: list[list[int]] = [] if ngrams is None else [[PADDING_BUCKET]]
        self.character_ids: list[list[int]] = [] if alphabet is None else [[PADDING_CHARACTER]]

    def __missing__(self, surface: str) -> int:
        key = word_key(surface, fold_digits=self._fold_digits)
        number = self[surface] = len(self.vocabulary_ids)
        self.vocabulary_ids.append(self.vocabulary.id(key))
        if self._ngrams is not None:
            self.ngram_ids.append(self._ngrams.ids(surface if self._ngrams.cased else key))
        if self._alphabet is not None:
            self.character_ids.append(self._alphabet.ids(surface))
        return number


class TextEncoder:
    """How a model reads text: words by Unicode's rules, looked up in a vocabulary.

    `ngrams`: hashed character n-grams of each word; `alphabet`: its characters; `bag`: words and word pairs
    of each text; None for a model that has no use for them. `fold_digits`: words that differ in digits alone
    are one word.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        ngrams: CharacterNgrams | None = None,
        bag: WordBag | None = None,
        alphabet: Alphabet | None = None,
        *,
        fold_digits: bool = False,
    ) -> None:
        self.vocabulary = vocabulary
        self.ngrams = ngrams
        self.bag = bag
        self.alphabet = alphabet
        self.fold_digits = fold_digits

    def encode(self, texts: Iterable[str], *, longest: int | None = None) -> EncodedTexts:
        """Encode texts, in order; `longest` keeps that many tokens of each from its beginning."""
        return self.encode_words(split_words(text)[:longest] for text in texts)

    def encode_words(self, texts: Iterable[Sequence[str]]) -> EncodedTexts:
        """Encode texts that are split into words already."""
        lexicon = _Lexicon(self.vocabulary, self.ngrams, self.alphabet, self.fold_digits)
        encoded = [np.array([lexicon[word] for word in text], np.int32) for text in texts]
        return EncodedTexts(encoded, lexicon, self.bag)

    def to_json(self) -> dict[str, Any]:
        """The content of `tokenizer.json`."""
        return {
            "kind": "words",
            "fold_digits": self.fold_digits,
            "ngrams": None if self.ngrams is None else asdict(self.ngrams),
            "pairs": None if self.bag is None else self.bag.pairs,
            "alphabet": None if self.alphabet is None else self.alphabet.characters,
            "words": list(self.vocabulary.words),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "TextEncoder":
        """The encoder that `to_json` described; ValueError when the values describe none."""
        if values.get("kind") != "words" or not isinstance(values.get("words"), list):
            raise ValueError('not a word tokeniser: "kind" must be "words", with a list of "words"')
        ngrams, pairs, alphabet = (values.get(name) for name in ("ngrams", "pairs", "alphabet"))
        vocabulary = Vocabulary(values["words"])
        return cls(
            vocabulary,
            None if ngrams is None else CharacterNgrams(**ngrams),
            None if pairs is None else WordBag(len(vocabulary), pairs),
            None if alphabet is None else Alphabet(alphabet),
            fold_digits=bool(values.get("fold_digits", False)),
        )


@dataclass(frozen=True)
class WordCounts:
    """How often each word occurs in a set of texts, as it stands there and by its key; words of each text."""

    surfaces: Counter[str]
    counts: Counter[str]
    lengths: Int[Ints, " texts"]


def count_words(texts: Iterable[str]) -> WordCounts:
    """Count the words of texts, in order."""
    return count_tokens(split_words(text) for text in texts)


def count_tokens(texts: Iterable[Sequence[str]], *, fold_digits: bool = False) -> WordCounts:
    """Count the words of texts that are split into words already; `fold_digits` as in `word_key`."""
    surfaces: Counter[str] = Counter()
    lengths: list[int] = []
    for words in texts:
        surfaces.update(words)
        lengths.append(len(words))
    counts: Counter[str] = Counter()
    for surface, count in surfaces.items():
        counts[word_key(surface, fold_digits=fold_digits)] += count
    return WordCounts(surfaces, counts, np.array(lengths, np.int64))
