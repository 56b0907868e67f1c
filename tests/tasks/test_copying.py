import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.tasks import Copy, longest_copy

# Few characters, so that much is found; of one, two and four bytes in memory.
texts = st.text(alphabet="abéあ😀\n", max_size=14) | st.text(alphabet="ab", max_size=20)


def longest_copy_slowly(text, source) -> Copy:
    """Every stretch of the text, tried."""
    places = [(start, end) for start in range(len(text) + 1) for end in range(start, len(text) + 1)]
    copied = [(start, end) for start, end in places if text[start:end] in source]
    start, end = max(copied, key=lambda place: (place[1] - place[0], -place[0]))
    return Copy(start, end, text[start:end])


@given(text=texts, source=texts)
def test_the_copy_is_the_first_of_the_longest_stretches_that_both_have(text, source):
    assert longest_copy(text, source) == longest_copy_slowly(text, source)


@given(before=texts, copied=texts, after=texts)
def test_what_was_cut_out_is_found_whole(before, copied, after):
    assert longest_copy(copied, before + copied + after) == Copy(0, len(copied), copied)


@pytest.mark.parametrize(("text", "source"), [("", ""), ("", "ab"), ("ab", ""), ("ab", "cd")])
def test_where_nothing_is_copied_the_copy_is_empty(text, source):
    assert longest_copy(text, source) == Copy(0, 0, "")


def test_the_source_is_searched_at_most_twice_for_each_character_of_the_text():
    class Counted(str):
        searches = 0

        def find(self, *arguments):
            Counted.searches += 1
            return super().find(*arguments)

        def __contains__(self, other):
            Counted.searches += 1
            return super().__contains__(other)

    choose = random.Random(0)
    source = Counted("".join(choose.choices("abc ", k=3000)))
    text = "".join(choose.choices("abc ", k=300))
    assert longest_copy(text, source) == longest_copy_slowly(text, str(source))
    assert Counted.searches <= 2 * len(text)
