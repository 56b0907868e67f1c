import errno
import gc
import tempfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.data import IndexedPairs, Pair
from headgate.errors import DataError, OutputError

# Half characters included: no file holds one, a str made in Python may.
TEXT = st.one_of(st.text(st.characters()), st.sampled_from(["a\nb", "\0", "😀", "\ud800", " ", ""]))
PAIRS = st.lists(st.builds(Pair, TEXT, TEXT))


def full(pairs) -> list[Pair]:
    return [pair for pair in pairs if pair.source.strip() and pair.target.strip()]


@settings(deadline=None)
@given(pairs=PAIRS.filter(full), data=st.data())
def test_any_pairs_come_back_in_any_order_of_rows(pairs, data):
    indexed, kept = IndexedPairs.of(iter(pairs)), full(pairs)
    assert len(indexed) == len(kept)
    assert indexed.left_out == len(pairs) - len(kept)
    assert list(indexed) == kept
    assert list(indexed.sources) == [pair.source for pair in kept]
    assert list(indexed.targets) == [pair.target for pair in kept]
    rows = data.draw(st.lists(st.integers(0, len(kept) - 1)))
    assert [indexed[row] for row in rows] == [kept[row] for row in rows]


@settings(deadline=None)
@given(pairs=PAIRS.filter(full), data=st.data())
def test_a_selection_of_a_selection_is_the_rows_of_the_rows(pairs, data):
    kept = full(pairs)
    rows = data.draw(st.lists(st.integers(0, len(kept) - 1), min_size=1))
    again = data.draw(st.lists(st.integers(0, len(rows) - 1)))
    indexed = IndexedPairs.of(pairs)
    selected = indexed.select(np.array(rows)).select(np.array(again, np.int64))
    assert list(selected) == [kept[rows[row]] for row in again]
    assert len(selected) == len(again)
    assert selected.left_out == indexed.left_out


def test_more_pairs_than_are_looked_up_at_once_come_back():
    pairs = [Pair(f"source {number}", str(number)) for number in range(10_000)]
    indexed = IndexedPairs.of(pairs)
    assert list(indexed) == pairs
    assert list(indexed.sources) == [pair.source for pair in pairs]
    assert indexed[-1] == pairs[-1]
    with pytest.raises(IndexError):
        indexed[10_000]


@settings(deadline=None)
@given(first=PAIRS.filter(full), second=PAIRS.filter(full))
def test_pairs_have_the_same_fingerprint_exactly_where_they_are_the_same(first, second):
    prints = [IndexedPairs.of(pairs).fingerprint for pairs in (first, second, list(first))]
    assert prints[0] == prints[2]
    assert (prints[0] == prints[1]) == (full(first) == full(second))
    assert len(prints[0]) == 16


def test_where_a_text_ends_and_which_rows_are_selected_is_in_the_fingerprint():
    prints = [IndexedPairs.of([Pair("ab", "c")]).fingerprint, IndexedPairs.of([Pair("a", "bc")]).fingerprint]
    pairs = IndexedPairs.of([Pair("a", "b"), Pair("c", "d")])
    prints += [pairs.fingerprint, *(pairs.select(np.array(rows)).fingerprint for rows in ([0], [1], [1, 0]))]
    assert len(set(prints)) == len(prints)
    assert pairs.select(np.array([1])).fingerprint == pairs.select(np.array([1], np.int32)).fingerprint


def test_a_selection_outlives_the_pairs_it_is_from():
    selected = IndexedPairs.of([Pair("a", "b"), Pair("c", "d")]).select(np.array([1]))
    gc.collect()
    assert list(selected) == [("c", "d")]


@pytest.mark.parametrize("pairs", [[], [Pair("a", " "), Pair("", "b")]])
def test_no_pair_with_text_on_both_sides_is_an_error(pairs):
    with pytest.raises(DataError, match=f"no pair has text on both sides; got {len(pairs)} with an empty"):
        IndexedPairs.of(pairs)


def test_no_file_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    indexed = IndexedPairs.of([Pair("a", "b")])
    assert list(tmp_path.iterdir()) == []
    assert indexed[0] == ("a", "b")


def test_a_full_disk_is_said_with_what_to_do(monkeypatch):
    def on_a_full_disk():
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", on_a_full_disk)
    with pytest.raises(OutputError, match=r"No space left on device \(set TMPDIR"):
        IndexedPairs.of([Pair("a", "b")])
