"""Text → words, with offsets, by Unicode's rules for word boundaries (UAX #29).

Two additions to those rules, so that text means the same whether or not a corpus has split it already:
English clitics stand alone ("isn't" and "is n't" are both "is", "n't"), and a run of one symbol is one word
("!!!", "..."). Symbols and emoji are words; white space is not.
"""

from collections.abc import Iterator
from typing import NamedTuple

import regex

_CLITIC = r"(?:n['’]t|['’](?:s|m|d|re|ve|ll))"
_END = r"(?=\b|\s)"  # \s: the narrow no-break space (U+202F) joins words by Unicode's rules
_CLITICS = rf"{_CLITIC}(?={_CLITIC}*{_END})"  # one that others may follow: "would", "n't", "'ve"
_WORD = regex.compile(
    r"(?V1wi)"  # w: \b is Unicode's default word boundary
    rf"{_CLITICS}"
    rf"|\w\S*?(?:(?={_CLITICS})|{_END})"
    r"|(?!\s)(\X)\1*"  # \X: one character as a reader sees it, marks and joiners included
)


_DIGIT = regex.compile(r"\d")


class Word(NamedTuple):
    """A word and where it stands: `text[start:end]` is its surface, in code points."""

    surface: str
    start: int
    end: int


def split_words(text: str) -> list[str]:
    """The words of a text, in order, as they stand in it."""
    return [match[0] for match in _WORD.finditer(text)]


def find_words(text: str) -> Iterator[Word]:
    """The words of a text with their offsets."""
    for match in _WORD.finditer(text):
        yield Word(match[0], match.start(), match.end())


def word_key(surface: str, *, fold_digits: bool = False) -> str:
    """The form under which a word is counted and looked up: lower case, one kind of apostrophe.

    `fold_digits`: and 0 for every digit, so that 1996 and 2003 are one word.
    """
    key = surface.lower().replace("’", "'")
    return _DIGIT.sub("0", key) if fold_digits else key
