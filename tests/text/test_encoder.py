import json
from collections import Counter
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.text import (
    PADDING_ID,
    UNKNOWN_ID,
    Alphabet,
    CharacterNgrams,
    TextEncoder,
    Vocabulary,
    WordBag,
    count_tokens,
    count_words,
    split_words,
    word_key,
)

VOCABULARY = Vocabulary(["the", "film", "n't", "good"])
ENCODER = TextEncoder(
    VOCABULARY,
    CharacterNgrams(50),
    WordBag(len(VOCABULARY), [(2, 3), (3, 4), (4, 5)]),
    Alphabet("Tdefghilmnot"),
)
TEXTS = st.lists(
    st.one_of(
        st.text(max_size=12), st.lists(st.sampled_from(["The", "film", "isn't", "good", "odd"])).map(" ".join)
    ),
    min_size=1,
    max_size=6,
)


def same_batch(found, expected):
    np.testing.assert_equal(asdict(found), asdict(expected))


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
    pieces = np.split(subwords.ngrams.ids, subwords.ngrams.starts[1:])
    for row, text in enumerate(texts):
        words = split_words(text)
        for place in range(subwords.word_index.shape[1]):
            expected = ENCODER.ngrams.ids(word_key(words[place])) if place < len(words) else [0]
            assert pieces[subwords.word_index[row, place]].tolist() == expected


@settings(deadline=None)
@given(texts=TEXTS)
def test_the_characters_of_a_batch_are_those_of_its_words_as_they_are_written(texts):
    subwords = ENCODER.encode(texts).batch(range(len(texts))).subwords
    for row, text in enumerate(texts):
        words = split_words(text)
        for place in range(subwords.word_index.shape[1]):
            expected = ENCODER.alphabet.ids(words[place]) if place < len(words) else []
            found = subwords.characters[subwords.word_index[row, place]].tolist()
            assert found == expected + [0] * (len(found) - len(expected))


@settings(deadline=None)
@given(texts=TEXTS, data=st.data())
def test_word_0_of_a_batch_is_padding_and_no_other_word_is_there_twice(texts, data):
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=8))
    batch = ENCODER.encode(texts).batch(rows)
    np.testing.assert_array_equal(batch.subwords.word_index > 0, batch.token_mask)
    distinct = {word for row in rows for word in split_words(texts[row])}
    assert len(batch.subwords.characters) == len(batch.subwords.ngrams.starts) == 1 + len(distinct)


@settings(deadline=None)
@given(texts=TEXTS, plain=st.booleans())
def test_a_batch_is_made_of_its_distinct_words(texts, plain):
    batch = (TextEncoder(VOCABULARY) if plain else ENCODER).encode(texts).batch(range(len(texts)))
    words, index = batch.distinct_words()
    assert words.token_ids.shape == (len(np.unique(index)), 1) and index.shape == batch.token_ids.shape
    assert words.lengths.tolist() == [1] * len(words.token_ids)
    np.testing.assert_array_equal(words.token_ids[index, 0], batch.token_ids)
    if not plain:
        assert words.subwords.characters is batch.subwords.characters
        np.testing.assert_array_equal(words.subwords.word_index[index, 0], batch.subwords.word_index)


@settings(deadline=None)
@given(texts=TEXTS)
def test_texts_split_into_words_already_are_encoded_the_same(texts):
    rows = range(len(texts))
    split = ENCODER.encode_words([split_words(text) for text in texts])
    same_batch(split.batch(rows), ENCODER.encode(texts).batch(rows))


@settings(deadline=None)
@given(texts=TEXTS)
def test_words_are_counted_as_they_are_written_and_by_their_key(texts):
    words = [split_words(text) for text in texts]
    counts = count_words(texts)
    flat = [word for of_text in words for word in of_text]
    assert counts.surfaces == Counter(flat)
    assert counts.counts == Counter(map(word_key, flat))
    assert counts.lengths.tolist() == [len(of_text) for of_text in words]
    split = count_tokens(iter(words))
    assert (split.surfaces, split.counts) == (counts.surfaces, counts.counts)


@settings(deadline=None)
@given(texts=TEXTS)
def test_the_bags_of_a_batch_are_those_of_its_texts(texts):
    bags = ENCODER.encode(texts).batch(range(len(texts))).bags
    for text, piece in zip(texts, np.split(bags.ids, bags.starts[1:]), strict=True):
        words = np.array(VOCABULARY.ids(map(word_key, split_words(text))), np.int64)
        assert piece.tolist() == (ENCODER.bag.ids(words).tolist() if len(words) else [0])


@pytest.mark.parametrize("ngrams", [None, CharacterNgrams(9, 2, 5), CharacterNgrams(9, cased=True)])
@pytest.mark.parametrize("pairs", [None, [], [(2, 3), (5, 2)]])
@pytest.mark.parametrize("alphabet", [None, Alphabet(""), Alphabet("fgñ😀")])
@pytest.mark.parametrize("fold_digits", [False, True])
def test_an_encoder_survives_being_written_and_read(ngrams, pairs, alphabet, fold_digits):
    bag = None if pairs is None else WordBag(len(VOCABULARY), pairs)
    encoder = TextEncoder(VOCABULARY, ngrams, bag, alphabet, fold_digits=fold_digits)
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


def test_words_that_differ_in_digits_alone_are_one_where_digits_are_folded():
    vocabulary = Vocabulary(["0000", "b0", "1996"])
    words = [["1996", "2003", "B7", "٣٤٥٦", "33"]]

    def ids(**options) -> list[int]:
        return TextEncoder(vocabulary, **options).encode_words(words).word_ids(0).tolist()

    assert ids() == [4, UNKNOWN_ID, UNKNOWN_ID, UNKNOWN_ID, UNKNOWN_ID]
    assert ids(fold_digits=True)[:3] == [2, 2, 3] and ids(fold_digits=True)[4] == UNKNOWN_ID
    counts = count_tokens(words, fold_digits=True)
    assert counts.counts["0000"] >= 2 and counts.surfaces["1996"] == 1


def test_ngrams_tell_case_apart_where_they_are_cased():
    def of_word(word: str, *, cased: bool) -> list[int]:
        encoder = TextEncoder(VOCABULARY, CharacterNgrams(10_000, cased=cased))
        return encoder.encode_words([[word]]).batch([0]).subwords.ngrams.ids.tolist()

    assert of_word("Film", cased=False) == of_word("film", cased=False)
    assert of_word("Film", cased=True) != of_word("film", cased=True) == of_word("film", cased=False)


def test_an_encoder_without_features_makes_none():
    batch = TextEncoder(VOCABULARY).encode(["the film"]).batch([0])
    assert batch.subwords is None
    assert batch.bags is None


def test_texts_may_come_from_a_generator():
    encoded = ENCODER.encode(text for text in ("the", "the film"))
    assert len(encoded) == 2
    assert encoded.word_ids(1).tolist() == [2, 3]
