from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from headgate.text import CharacterNgrams
from headgate.text.ngrams import LONGEST_WORD

ANY_WORD = st.text(st.one_of(st.characters(), st.characters(categories=["Cs"])), max_size=50)


def test_the_ends_of_a_word_count_as_characters():
    pieces = ["<ca", "cat", "at>", "<cat", "cat>"]
    assert CharacterNgrams(1000).ids("cat") == [crc32(piece.encode()) % 1000 + 1 for piece in pieces]


@given(word=ANY_WORD, buckets=st.integers(1, 10_000), shortest=st.integers(1, 8), more=st.integers(0, 3))
def test_ids_are_never_padding_never_out_of_range_and_never_none(word, buckets, shortest, more):
    ids = CharacterNgrams(buckets, shortest, shortest + more).ids(word)
    assert ids
    assert all(1 <= one <= buckets for one in ids)
    assert ids == CharacterNgrams(buckets, shortest, shortest + more).ids(word)


def test_ids_are_the_same_in_every_process_and_version():
    assert CharacterNgrams(2**20).ids("né😀") == [
        crc32(piece.encode()) % 2**20 + 1 for piece in ("<né", "né😀", "é😀>", "<né😀", "né😀>")
    ]


def test_a_word_longer_than_any_word_costs_no_more_than_the_longest():
    ngrams = CharacterNgrams(1000)
    assert ngrams.ids("a" * 100_000) == ngrams.ids("a" * LONGEST_WORD)
