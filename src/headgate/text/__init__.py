"""Text → words with offsets → ids; text ↔ ids of units, for what writes."""

from headgate.text.alphabet import Alphabet
from headgate.text.bag import WordBag
from headgate.text.encoder import (
    EncodedTexts,
    Ragged,
    Subwords,
    TextEncoder,
    TokenBatch,
    WordCounts,
    count_tokens,
    count_words,
)
from headgate.text.ngrams import CharacterNgrams
from headgate.text.pair_units import PairUnits
from headgate.text.side_units import choose_unit
from headgate.text.subword_units import SubwordUnits
from headgate.text.units import UNITS, UnitDecoder, Units, learn_units, units_from_json
from headgate.text.vocabulary import PADDING_ID, UNKNOWN_ID, Vocabulary
from headgate.text.words import Word, find_words, split_words, word_key

__all__ = [
    "PADDING_ID",
    "UNITS",
    "UNKNOWN_ID",
    "Alphabet",
    "CharacterNgrams",
    "EncodedTexts",
    "PairUnits",
    "Ragged",
    "SubwordUnits",
    "Subwords",
    "TextEncoder",
    "TokenBatch",
    "UnitDecoder",
    "Units",
    "Vocabulary",
    "Word",
    "WordBag",
    "WordCounts",
    "choose_unit",
    "count_tokens",
    "count_words",
    "find_words",
    "learn_units",
    "split_words",
    "units_from_json",
    "word_key",
]
