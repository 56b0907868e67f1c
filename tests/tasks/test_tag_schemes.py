from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from headgate.data import TaggedSentence
from headgate.errors import DataError
from headgate.tasks.tag_schemes import Span, check_span_tags, find_scheme, spans_of, to_bio, to_bioes

LABELS = ("PER", "creative-work")


def tags_over(prefixes: str, labels=LABELS):
    """Any sequence of "O" and of each prefix with each label, right or wrong."""
    alphabet = ["O", *(f"{prefix}-{label}" if label else prefix for prefix in prefixes for label in labels)]
    return st.lists(st.sampled_from(alphabet), max_size=12)


@st.composite
def sentences_of_spans(draw, labels=LABELS):
    """A length, and spans in it that do not overlap; they may touch."""
    cuts = sorted(draw(st.sets(st.integers(0, 12), max_size=6)))
    spans = [Span(start, end, draw(st.sampled_from(labels))) for start, end in pairwise(cuts)]
    kept = [span for span in spans if draw(st.booleans())]
    return (cuts[-1] if cuts else 0) + draw(st.integers(0, 2)), kept


def to_iob1(spans, length) -> list[str]:
    """B only where the span touches one of its own label."""
    tags = ["O"] * length
    for span in spans:
        touches = any(other.end == span.start and other.label == span.label for other in spans)
        tags[span.start : span.end] = [f"I-{span.label}"] * (span.end - span.start)
        if touches:
            tags[span.start] = f"B-{span.label}"
    return tags


def sentence(tags, line=1) -> TaggedSentence:
    lines = tuple(range(line, line + len(tags)))
    return TaggedSentence(tuple(f"word{place}" for place in lines), tuple(tags), line, lines)


def scheme(*all_tags):
    lines = [1 + sum(len(tags.split()) + 1 for tags in all_tags[:place]) for place in range(len(all_tags))]
    return find_scheme(
        [sentence(tags.split(), line) for tags, line in zip(all_tags, lines, strict=True)], "f.conll"
    )


def scheme_error(*all_tags) -> str:
    with pytest.raises(DataError) as caught:
        scheme(*all_tags)
    return str(caught.value)


# ---------------------------------------------------------------- tags → spans


def conlleval_spans(tags):
    found = get_entities(list(tags))
    return [Span(start, last + 1, "" if label == "_" else label) for label, start, last in found]


@given(
    tags=st.one_of(tags_over("BI"), tags_over("BIES"), tags_over("BI", ("",)), tags_over("BIES", ("", "X")))
)
def test_spans_of_any_tags_right_or_wrong_are_those_of_conlleval(tags):
    assert spans_of(tags) == conlleval_spans(tags)


@given(tags=tags_over("BIESLUMW", ("", "X", "Y")))
def test_other_letters_mean_the_ones_they_stand_for(tags):
    letters = str.maketrans("LUMW", "ESIS")
    assert spans_of(tags) == conlleval_spans([tag[0].translate(letters) + tag[1:] for tag in tags])


@given(problem=sentences_of_spans())
def test_spans_come_back_from_every_scheme(problem):
    length, spans = problem
    for written in (to_bio(spans, length), to_bioes(spans, length), to_iob1(spans, length)):
        assert len(written) == length
        assert spans_of(written) == spans


@given(problem=sentences_of_spans(("",)))
def test_spans_without_labels_come_back_as_bare_letters(problem):
    length, spans = problem
    for written, letters in ((to_bio(spans, length), "BIO"), (to_bioes(spans, length), "BIOES")):
        assert set(written) <= set(letters)
        assert spans_of(written) == spans


def test_the_example_of_the_documentation():
    spans = [Span(0, 2, "PER"), Span(3, 4, "ORG"), Span(4, 5, "LOC"), Span(5, 6, "LOC")]
    assert " ".join(to_iob1(spans, 6)) == "I-PER I-PER O I-ORG I-LOC B-LOC"
    assert " ".join(to_bio(spans, 6)) == "B-PER I-PER O B-ORG B-LOC B-LOC"
    assert " ".join(to_bioes(spans, 6)) == "B-PER E-PER O S-ORG S-LOC S-LOC"


def test_a_long_sentence_is_one_pass():
    tags = ["B-X", "I-X", "O", "B-Y", "B-Y"] * 1000
    assert to_bio(spans_of(tags), 5000) == tags
    assert spans_of(["I-X"] * 5000) == [Span(0, 5000, "X")]


@pytest.mark.parametrize("spans", [[Span(0, 2, "X"), Span(1, 3, "X")], [Span(2, 4, "X")], [Span(1, 1, "X")]])
def test_spans_that_overlap_or_lie_outside_are_a_bug(spans):
    for write in (to_bio, to_bioes):
        with pytest.raises(AssertionError):
            write(spans, 3)


# ---------------------------------------------------------------- which scheme a file is in


@given(problems=st.lists(sentences_of_spans(), min_size=1, max_size=5))
def test_a_scheme_is_known_by_what_only_it_writes(problems):
    def found(write):
        return find_scheme([sentence(write(spans, length)) for length, spans in problems], "f")

    begins_with_i = any(tag[:2] == "I-" for length, spans in problems for tag in to_iob1(spans, length))
    assert found(to_bio) == "bio"
    assert found(to_bioes) == ("bioes" if any(spans for _, spans in problems) else "bio")
    assert found(to_iob1) == ("iob1" if begins_with_i else "bio")


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("NOUN VERB PUNCT", "plain"),
        ("NNP VBZ -LRB- HYPH $,", "plain"),
        ("O N V B", "plain"),  # bare letters of which one is none of a scheme
        ("B-x NN I-y", "plain"),  # without "O" no mark of spans
        ("BX IX OX", "plain"),
        ("O O O", "bio"),
        ("", "bio"),
        ("B I O", "bio"),
        ("I O I", "iob1"),
        ("I-PER I-PER B-PER O I-LOC", "iob1"),
        ("I-PER O B-LOC", "bio"),  # an I that nothing begins, among spans that B begins
        ("B-PER I-LOC O", "bio"),
        ("S O B E", "bioes"),
        ("U-PER O B-LOC I-LOC L-LOC", "bioes"),
        ("W-PER O B-LOC M-LOC E-LOC", "bioes"),
        ("S-creative-work", "bioes"),
    ],
)
def test_the_scheme_of_a_few_tags(tags, expected):
    assert scheme(tags) == expected
    assert scheme("", tags) == expected


def test_iob1_is_seen_in_all_sentences_together():
    assert scheme("I-PER O", "I-PER B-PER") == "iob1"
    assert scheme("I-PER O", "B-PER I-PER") == "bio"
    assert scheme("I-PER", "B-PER") == "bio"  # a sentence begins outside: this B touches nothing


@pytest.mark.parametrize(
    ("tags", "place", "needed"),
    [
        ("S-PER O B-LOC I-LOC", 4, "E-LOC"),
        ("S-PER O I-LOC E-LOC", 3, "B-LOC"),
        ("S-PER O I-LOC", 3, "S-LOC"),
        ("B-PER E-PER E-PER", 3, "S-PER"),
        ("B-PER I-LOC E-LOC", 1, "S-PER"),
        ("U-PER B-LOC", 2, "S-LOC"),
        ("B E O B O", 4, "S"),
    ],
)
def test_a_mixture_with_bioes_is_one_error_with_its_line(tags, place, needed):
    tag, example = tags.split()[place - 1], next(tag for tag in tags.split() if tag[0] in "ESU")
    assert scheme_error(tags) == (
        f'f.conll line {place}: tag "{tag}" of "word{place}" must be "{needed}" between its neighbours: '
        f'tags such as "{example}" make this file BIOES (use one scheme)'
    )
    assert f"f.conll line {place + 2}: " in scheme_error("O", tags)


@pytest.mark.parametrize("slip", ["B_PER", "b-PER", "0", "PER", "X-PER", "BI-PER"])
def test_one_odd_tag_among_spans_is_an_error_and_not_a_plain_tag(slip):
    assert scheme_error("O B-LOC", f"O {slip}") == (
        f'f.conll line 5: tag "{slip}" of "word5" is neither "O" nor a prefix and a label, such as "B-LOC" '
        "(correct the tag)"
    )


def test_tags_that_no_scheme_has_are_an_error_where_spans_are_measured():
    check_span_tags([sentence(["O", "I-X", "E-X", "S-X", "B", "W-X", "I-Y"]), sentence([])], "f.conll")
    with pytest.raises(DataError) as caught:
        check_span_tags([sentence(["O"]), sentence(["O", "NOUN"], line=3)], "f.conll")
    assert str(caught.value) == (
        'f.conll line 4: tag "NOUN" of "word4" is neither "O" nor a prefix and a label, such as "B-PER" '
        "(correct the tag)"
    )
