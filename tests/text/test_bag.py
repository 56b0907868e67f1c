from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.text import WordBag
from headgate.text.vocabulary import FIRST_WORD_ID, PADDING_ID, UNKNOWN_ID

VOCABULARY = 7
WORD_IDS = st.lists(st.integers(UNKNOWN_ID, VOCABULARY - 1), max_size=12)
PAIRS = st.lists(st.tuples(*[st.integers(FIRST_WORD_ID, VOCABULARY - 1)] * 2), max_size=12)


def array(ids) -> np.ndarray:
    return np.array(ids, np.int64)


@given(words=WORD_IDS, pairs=PAIRS)
def test_ids_are_those_of_the_words_and_of_the_known_pairs_among_neighbours(words, pairs):
    bag = WordBag(VOCABULARY, pairs)
    numbers = {pair: VOCABULARY + place for place, pair in enumerate(sorted(set(pairs)))}
    expected = Counter(word for word in words if word != UNKNOWN_ID)
    expected.update(numbers[pair] for pair in pairwise(words) if pair in numbers)
    found = Counter(bag.ids(array(words)).tolist())
    del found[PADDING_ID]  # stands for what is not known
    assert found == expected
    assert bag.size == VOCABULARY + len(set(pairs))
    assert bag.pairs == sorted(set(pairs))


@given(words=WORD_IDS, pairs=PAIRS, data=st.data())
def test_a_text_read_in_pieces_gives_what_it_gives_whole(words, pairs, data):
    bag = WordBag(VOCABULARY, pairs)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(words)), max_size=4)))
    found, previous = Counter(), None
    for start, end in zip([0, *cuts], [*cuts, len(words)], strict=True):
        if start < end:
            found.update(bag.ids(array(words[start:end]), previous).tolist())
            previous = words[end - 1]
    expected = Counter(bag.ids(array(words)).tolist())
    for counts in (found, expected):
        del counts[PADDING_ID]
    assert found == expected


def test_only_frequent_pairs_of_known_words_are_learnt():
    # 2 3 four times; 3 4 three times; 5 6 once; pairs with the unknown word (1) do not count.
    texts = [
        array(ids) for ids in ([2, 3, 4, 2, 3], [2, 3, 4], [2, 3, 4], [5, 6], [1, 2, 1, 2, 1, 2], [], [2])
    ]
    assert WordBag.from_texts(VOCABULARY, texts, min_count=2, most=100).pairs == [(2, 3), (3, 4)]
    assert WordBag.from_texts(VOCABULARY, texts, min_count=1, most=100).pairs == [
        (2, 3),
        (3, 4),
        (4, 2),
        (5, 6),
    ]
    assert WordBag.from_texts(VOCABULARY, texts, min_count=1, most=1).pairs == [(2, 3)]
    assert WordBag.from_texts(VOCABULARY, texts, min_count=9, most=100).pairs == []


@given(texts=st.lists(WORD_IDS), min_count=st.integers(1, 3))
def test_pairs_are_counted_as_they_occur(texts, min_count):
    counts = Counter(pair for text in texts for pair in pairwise(text) if UNKNOWN_ID not in pair)
    bag = WordBag.from_texts(VOCABULARY, [array(text) for text in texts], min_count=min_count, most=1000)
    assert bag.pairs == sorted(pair for pair, times in counts.items() if times >= min_count)


@pytest.mark.parametrize("words", [[], [3]])
def test_too_few_words_make_no_pair(words):
    assert WordBag(VOCABULARY, [(3, 3)]).ids(array(words)).tolist() == words
