from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from headgate.text import PADDING_ID, UNKNOWN_ID, Vocabulary, count_words


def test_frequent_words_come_first_and_ties_in_alphabetical_order():
    vocabulary = Vocabulary.from_counts(Counter(["b", "b", "b", "a", "a", "c", "c", "d"]))
    assert vocabulary.words == ("b", "a", "c", "d")
    assert vocabulary.ids(["b", "a", "c", "d"]) == [2, 3, 4, 5]
    assert len(vocabulary) == 6


@given(words=st.lists(st.text(max_size=3), unique=True), others=st.lists(st.text(max_size=3)))
def test_every_word_has_an_id_of_its_own_and_every_other_is_unknown(words, others):
    vocabulary = Vocabulary(words)
    ids = vocabulary.ids(words)
    assert ids == list(range(2, len(vocabulary)))
    assert not {PADDING_ID, UNKNOWN_ID} & set(ids)
    for word in others:
        assert (word in vocabulary) == (word in words)
        assert (vocabulary.id(word) == UNKNOWN_ID) == (word not in words)


@given(order=st.permutations(["The film", "the FILM was", "", "it's it’s"]))
def test_words_are_counted_by_key_whatever_the_order_of_the_texts(order):
    counted = count_words(order)
    assert counted.counts == {"the": 2, "film": 2, "was": 1, "it": 2, "'s": 2}
    assert counted.lengths.tolist() == [
        {"The film": 2, "the FILM was": 3, "": 0}.get(text, 4) for text in order
    ]
