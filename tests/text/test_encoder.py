import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.text import (
    PADDING_ID,
    UNKNOWN_ID,
    CharacterNgrams,
    TextEncoder,
    Vocabulary,
    WordBag,
    split_words,
    word_key,
)

VOCABULARY = Vocabulary(["the", "film", "n't", "good"])
ENCODER = TextEncoder(VOCABULARY, CharacterNgrams(50), WordBag(len(VOCABULARY), [(2, 3), (3, 4), (4, 5)]))
TEXTS = st.lists(
    st.one_of(
        st.text(max_size=12), st.lists(st.sampled_from(["The", "film", "isn't", "good", "odd"])).map(" ".join)
    ),
    min_size=1,
    max_size=6,
)


def same_batch(found, expected):
    np.testing.assert_array_equal(found.token_ids, expected.token_ids)
    np.testing.assert_array_equal(found.lengths, expected.lengths)
    for part in ("subwords", "bags"):
        one, other = getattr(found, part), getattr(expected, part)
        assert (one is None) == (other is None)
        for name, array in vars(one).items() if one is not None else ():
            np.testing.assert_array_equal(array, getattr(other, name))


@settings(deadline=None)
@given(texts=TEXTS, data=st.data())
def test_a_batch_holds_the_texts_asked_for_padded_on_the_right(texts, data):
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=8))
    batch = ENCODER.encode(texts).batch(rows)
    words = [[word_key(word) for word in split_words(texts[row])] for row in rows]
    assert batch.token_ids.shape == (len(rows), max(1, max(map(len, words))))
    for place, row in enumerate(words):
        assert batch.lengths[place] == len(row)
        assert batch.token_ids[place, : len(row)].tolist() == VOCABULARY.ids(row)
        assert np.all(batch.token_ids[place, len(row) :] == PADDING_ID)
    np.testing.assert_array_equal(batch.token_mask, batch.token_ids > 0)
    np.testing.assert_array_equal(batch.token_mask.sum(1), batch.lengths)


@settings(deadline=None)
@given(texts=TEXTS)
def test_the_subwords_of_a_batch_are_the_ngrams_of_its_words(texts):
    subwords = ENCODER.encode(texts).batch(range(len(texts))).subwords
    pieces = np.split(subwords.ngram_ids, subwords.starts[1:])
    for row, text in enumerate(texts):
        words = split_words(text)
        for place in range(subwords.word_index.shape[1]):
            expected = ENCODER.ngrams.ids(word_key(words[place])) if place < len(words) else [0]
            assert pieces[subwords.word_index[row, place]].tolist() == expected


@settings(deadline=None)
@given(texts=TEXTS)
def test_the_bags_of_a_batch_are_those_of_its_texts(texts):
    bags = ENCODER.encode(texts).batch(range(len(texts))).bags
    for text, piece in zip(texts, np.split(bags.ids, bags.starts[1:]), strict=True):
        words = np.array(VOCABULARY.ids(map(word_key, split_words(text))), np.int64)
        assert piece.tolist() == (ENCODER.bag.ids(words).tolist() if len(words) else [0])


@pytest.mark.parametrize("ngrams", [None, CharacterNgrams(9, 2, 5)])
@pytest.mark.parametrize("pairs", [None, [], [(2, 3), (5, 2)]])
def test_an_encoder_survives_being_written_and_read(ngrams, pairs):
    encoder = TextEncoder(VOCABULARY, ngrams, None if pairs is None else WordBag(len(VOCABULARY), pairs))
    again = TextEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    texts = ["The film isn't good", "", "odd 😀"]
    same_batch(again.encode(texts).batch([2, 0, 1]), encoder.encode(texts).batch([2, 0, 1]))
    assert again.to_json() == encoder.to_json()


@pytest.mark.parametrize(
    "values", [{}, {"kind": "words"}, {"kind": "bytes", "words": []}, {"kind": "words", "words": "a"}]
)
def test_values_that_describe_no_encoder_are_refused(values):
    with pytest.raises(ValueError, match='"kind" must be "words", with a list of "words"'):
        TextEncoder.from_json(values)


def test_only_the_beginning_of_a_text_is_kept_when_asked():
    encoded = ENCODER.encode(["the film is good", "film"], longest=2)
    assert encoded.lengths.tolist() == [2, 1]
    assert encoded.batch([0, 1]).token_ids.tolist() == [[2, 3], [3, 0]]


def test_words_that_are_not_in_the_vocabulary_have_one_id():
    assert ENCODER.encode(["zeppelin 😀"]).batch([0]).token_ids.tolist() == [[UNKNOWN_ID, UNKNOWN_ID]]


def test_an_encoder_without_features_makes_none():
    batch = TextEncoder(VOCABULARY).encode(["the film"]).batch([0])
    assert batch.subwords is None
    assert batch.bags is None


def test_texts_may_come_from_a_generator():
    encoded = ENCODER.encode(text for text in ("the", "the film"))
    assert len(encoded) == 2
    assert encoded.word_ids(1).tolist() == [2, 3]
