import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.tasks.tag_schemes import Span
from headgate.tasks.tagging import Tagging, TextSpan, join_tokens, tagging_of_spans, tagging_of_tags
from headgate.text import find_words


@given(tokens=st.lists(st.text(min_size=1), max_size=6))
def test_joined_tokens_stand_where_they_are_said_to(tokens):
    text, words = join_tokens(tokens)
    assert text == " ".join(tokens)
    assert [text[word.start : word.end] for word in words] == tokens == [word.surface for word in words]


def test_spans_of_words_become_spans_of_the_text_and_bio_tags():
    text = "Élodie  Durand isn't 👩‍👩‍👧!"
    words = list(find_words(text))
    answer = tagging_of_spans(
        text,
        words,
        [Span(0, 2, "PER"), Span(4, 5, "creative-work")],
        span_scores=[0.75, 0.5],
        scores=[0.9, 0.8, 1.0, 1.0, 0.5, 0.9],
    )
    assert answer.tokens == ("Élodie", "Durand", "is", "n't", "👩‍👩‍👧", "!")
    assert answer.tags == ("B-PER", "I-PER", "O", "O", "B-creative-work", "O")
    assert answer.spans == (
        TextSpan(0, 14, "PER", "Élodie  Durand", 0.75),
        TextSpan(21, 26, "creative-work", "👩‍👩‍👧", 0.5),
    )
    assert all(text[span.start : span.end] == span.text for span in answer.spans)


def test_plain_tags_have_no_spans():
    _, words = join_tokens(["a b", "c"])
    assert tagging_of_tags(words, ["X", "Y"], [0.5, 1.0]) == Tagging(("a b", "c"), ("X", "Y"), (), (0.5, 1.0))


def test_an_empty_text_has_an_empty_answer():
    empty = Tagging((), (), (), ())
    assert tagging_of_spans("", [], [], span_scores=[], scores=[]) == empty
    assert tagging_of_tags([], [], []) == empty


def test_the_record_of_an_answer():
    answer = Tagging(("Anna", "sings"), ("B-PER", "O"), (TextSpan(0, 4, "PER", "Anna", 0.5),), (0.5, 1.0))
    assert json.loads(json.dumps(answer.to_json())) == {
        "tokens": ["Anna", "sings"],
        "tags": ["B-PER", "O"],
        "spans": [{"start": 0, "end": 4, "label": "PER", "text": "Anna", "score": 0.5}],
        "scores": [0.5, 1.0],
    }


def test_scores_that_are_not_one_for_each_are_a_bug():
    text, words = join_tokens(["a"])
    with pytest.raises(AssertionError):
        tagging_of_tags(words, ["X"], [])
    with pytest.raises(ValueError, match="zip"):
        tagging_of_spans(text, words, [Span(0, 1, "X")], span_scores=[], scores=[1.0])
