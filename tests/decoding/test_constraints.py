from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.decoding import allowed_moves


def is_well_formed(path, *, ends_marked) -> bool:
    """Read the tags as a person would, one after the other, keeping in mind which segment is open."""
    open_label, may_go_on = (
        None,
        False,
    )  # the segment that the last token was in, and whether it is unfinished
    for tag in path:
        part, _, label = tag.partition("-")
        if part in ("I", "E") and not (may_go_on and label == open_label):
            return False
        if ends_marked and may_go_on and part not in ("I", "E"):
            return False
        may_go_on = part in ("B", "I")
        open_label = label if may_go_on else None
    return not (ends_marked and may_go_on)


def is_allowed(path, tags, allowed) -> bool:
    ids = [tags.index(tag) for tag in path]
    moves = all(allowed.between[one, following] for one, following in pairwise(ids))
    return bool(moves and allowed.first[ids[0]] and allowed.last[ids[-1]])


BIO = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
BIOES = ("S-PER", "E-PER", "O", "B-PER", "I-PER", "S-LOC")


@pytest.mark.parametrize(
    ("tags", "ends_marked"),
    [
        (BIO, False),
        (("B", "I", "O"), False),
        (("B-x-y", "I-x-y", "O", "B-x"), False),
        (BIOES, True),
        (("O", "B", "I", "E", "S"), True),
        (("B-PER", "E-PER", "O"), True),
    ],
)
def test_a_scheme_allows_what_is_well_formed_and_nothing_else(tags, ends_marked):
    allowed = allowed_moves(tags)
    for length in (1, 2, 3, 4):
        for path in product(tags, repeat=length):
            assert is_allowed(path, tags, allowed) == is_well_formed(path, ends_marked=ends_marked), path


@pytest.mark.parametrize(
    "tags",
    [
        ("NOUN", "VERB", "X", "ADJ"),
        ("O", "O-foo", "B-PER", "I-PER"),
        ("O", "I-PER", "I-LOC"),  # IO
        ("O", "I-PER", "I-LOC", "B-LOC"),  # the oldest CoNLL files: B only between neighbours
        ("B", "M", "E", "S"),
        ("O", "B-PER", "L-PER", "U-PER"),
        ("O", "B-", "I-"),
        ("o", "b-per", "i-per"),
        ("O", "B-PER", "I-PER", ""),
        ("O", "B-PER", "I-PER", "S-PER"),  # no E: a B could never be ended
        ("O", "E-PER"),
        (),
    ],
)
def test_other_tags_may_follow_one_another_freely(tags):
    allowed = allowed_moves(tags)
    assert allowed.between.shape == (len(tags), len(tags))
    assert allowed.first.shape == allowed.last.shape == (len(tags),)
    assert allowed.between.all() and allowed.first.all() and allowed.last.all()


@settings(deadline=None, max_examples=30)
@given(order=st.permutations(BIOES))
def test_the_order_of_the_tags_does_not_matter(order):
    places = [BIOES.index(tag) for tag in order]
    expected, found = allowed_moves(BIOES), allowed_moves(order)
    assert np.array_equal(found.between, expected.between[np.ix_(places, places)])
    assert np.array_equal(found.first, expected.first[places])
    assert np.array_equal(found.last, expected.last[places])
