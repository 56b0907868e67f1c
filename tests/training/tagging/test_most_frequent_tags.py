from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from headgate.data import TaggedSentence
from headgate.tasks import measure_spans, to_bioes
from headgate.tasks.tag_schemes import Span
from headgate.training.tagging.most_frequent_tags import MostFrequentTags


def sentence(words: str) -> TaggedSentence:
    """From "word/TAG word/TAG"."""
    tokens, tags = zip(*(word.split("/") for word in words.split()), strict=True)
    return TaggedSentence(tokens, tags, 1, tuple(range(1, len(tokens) + 1)))


PLAIN = [
    sentence("the/DET run/NOUN"),
    sentence("they/PRON run/VERB and/CONJ run/VERB"),
    sentence("a/DET b/DET"),
]


def test_each_word_gets_the_tag_that_it_had_most_often():
    memory = MostFrequentTags(PLAIN, marks_spans=False)
    assert memory.tags(["they", "run", "the", "run"]) == ["PRON", "VERB", "DET", "VERB"]


def test_a_word_not_seen_gets_the_tag_that_all_words_have_most_often():
    memory = MostFrequentTags(PLAIN, marks_spans=False)
    assert memory.tags(["zeppelin", "The"]) == ["DET", "DET"]  # case counts
    assert memory.tags([]) == []


WORDS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("XYZ")), min_size=1, max_size=30)


@given(pairs=WORDS)
def test_no_other_memory_of_single_words_is_right_more_often(pairs):
    tokens, tags = zip(*pairs, strict=True)
    memory = MostFrequentTags([TaggedSentence(tokens, tags, 1, (1,) * len(tokens))], marks_spans=False)
    found = memory.tags(tokens)
    right = sum(one == other for one, other in zip(found, tags, strict=True))
    most = sum(max(Counter(tag for word, tag in pairs if word == token).values()) for token in set(tokens))
    assert right == most


def test_spans_are_remembered_in_one_scheme_whatever_the_file_is_in():
    words = ["Anna", "Lee", "met", "Bo"]
    spans = [Span(0, 2, "PER"), Span(3, 4, "PER")]
    memory = MostFrequentTags(
        [TaggedSentence(tuple(words), tuple(to_bioes(spans, 4)), 1, (1, 2, 3, 4))], marks_spans=True
    )
    assert memory.tags(words) == ["B-PER", "I-PER", "O", "B-PER"]
    assert measure_spans([memory.tags(words)], [to_bioes(spans, 4)]).f1 == 1.0
