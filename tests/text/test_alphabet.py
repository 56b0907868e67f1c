import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.text import Alphabet
from headgate.text.alphabet import (
    FIRST_CHARACTER,
    LONGEST_HALF,
    PADDING_CHARACTER,
    UNKNOWN_CHARACTER,
    WORD_BEGIN,
    WORD_END,
)

ALPHABET = Alphabet("abcé😀")
WORDS = st.text(st.sampled_from("abcé😀XYZ\u0301"), max_size=60)


def spelled(ids: list[int], alphabet: Alphabet) -> str:
    """The characters that stand between the marks, "?" for an unknown one."""
    assert (ids[0], ids[-1]) == (WORD_BEGIN, WORD_END)
    return "".join(
        "?" if one == UNKNOWN_CHARACTER else alphabet.characters[one - FIRST_CHARACTER] for one in ids[1:-1]
    )


@given(word=WORDS)
def test_a_word_is_its_characters_between_two_marks(word):
    short = word if len(word) <= 2 * LONGEST_HALF else word[:LONGEST_HALF] + word[-LONGEST_HALF:]
    expected = "".join(character if character in ALPHABET.characters else "?" for character in short)
    assert spelled(ALPHABET.ids(word), ALPHABET) == expected


@given(word=WORDS)
def test_every_id_is_one_of_the_alphabets_and_none_is_padding(word):
    assert all(PADDING_CHARACTER < one < len(ALPHABET) for one in ALPHABET.ids(word))


def test_ids_count_from_the_four_that_mean_something_else():
    assert ALPHABET.ids("ab😀") == [WORD_BEGIN, 4, 5, 8, WORD_END]
    assert len(ALPHABET) == 5 + 4
    assert len(Alphabet("")) == 4


def test_case_and_marks_are_characters_of_their_own():
    alphabet = Alphabet("aAe\u0301é")
    assert len({tuple(alphabet.ids(word)) for word in ("a", "A", "e", "é", "e\u0301")}) == 5


def test_an_empty_word_has_its_two_marks_and_so_is_no_padding():
    assert ALPHABET.ids("") == [WORD_BEGIN, WORD_END]


def test_of_a_line_of_base64_the_beginning_and_the_end_are_read():
    whole = "a" * LONGEST_HALF + "b" * LONGEST_HALF
    assert len(ALPHABET.ids(whole)) == 2 * LONGEST_HALF + 2
    assert ALPHABET.ids("a" * 1_000_000 + "c" + "b" * LONGEST_HALF) == ALPHABET.ids(whole)


@given(counts=st.dictionaries(st.text(max_size=5), st.integers(1, 3)), min_count=st.integers(1, 5))
def test_the_characters_known_are_those_that_occur_often_enough(counts, min_count):
    text = "".join(word * count for word, count in counts.items())
    expected = sorted({character for character in text if text.count(character) >= min_count})
    assert list(Alphabet.from_counts(counts, min_count=min_count).characters) == expected


def test_characters_can_be_known_that_do_not_occur():
    alphabet = Alphabet.from_counts({"ab": 2, "c": 1}, also="za")
    assert alphabet.characters == "abz"


@pytest.mark.parametrize("characters", ["", "abc", 'é😀\u0301\u200d"\\'])
def test_an_alphabet_survives_being_written_as_json(characters):
    again = Alphabet(json.loads(json.dumps(Alphabet(characters).characters)))
    assert again.ids("aé😀\u200d") == Alphabet(characters).ids("aé😀\u200d")
