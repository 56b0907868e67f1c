import sys
from functools import cache

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import DataError, MissingExtraError
from headgate.tasks import measure_translations

LINES = st.text("ab ", max_size=8)
CORPORA = st.lists(st.tuples(st.sampled_from("xyz"), LINES, LINES), min_size=1, max_size=8)


@cache
def distance_slowly(left, right) -> int:
    """Edits from one to the other, by the recursion that defines them."""
    if not (left and right):
        return len(left) + len(right)
    if left[-1] == right[-1]:
        return distance_slowly(left[:-1], right[:-1])
    before = (left[:-1], right), (left, right[:-1]), (left[:-1], right[:-1])
    return 1 + min(distance_slowly(*pair) for pair in before)


def rates_slowly(rows, cut):
    """Exact matches and the error rate, one source after the other, by the plain rule."""
    matches, edits, length = 0, 0, 0
    sources = {source for source, _, _ in rows}
    for source in sources:
        translation = next(said for other, said, _ in rows if other == source)
        answers = [target for other, _, target in rows if other == source]
        matches += translation in answers
        away = [distance_slowly(cut(translation), cut(answer)) for answer in answers]
        edits += min(away)
        nearest = [answer for answer, edit in zip(answers, away, strict=True) if edit == min(away)]
        length += max(len(cut(answer)) for answer in nearest)
    return matches / len(sources), edits / length if length else None


@settings(deadline=None, max_examples=60)
@given(rows=CORPORA)
def test_rates_by_the_source_are_those_of_the_plain_rule(rows):
    found = measure_translations(*zip(*rows, strict=True))
    assert (found.exact_match, found.token_error_rate) == rates_slowly(rows, lambda line: tuple(line.split()))
    assert (found.exact_match, found.character_error_rate) == rates_slowly(rows, tuple)
    assert (found.pairs, found.sources) == (len(rows), len({source for source, _, _ in rows}))


@settings(deadline=None, max_examples=30)
@given(rows=CORPORA)
def test_scores_by_the_line_are_those_of_sacrebleu(rows):
    sources, translations, targets = zip(*rows, strict=True)
    found = measure_translations(sources, translations, targets)
    assert found.bleu == sacrebleu.corpus_bleu(translations, [targets], force=True).score
    assert found.chrf == sacrebleu.corpus_chrf(translations, [targets]).score


def test_right_translations_have_no_errors_and_full_scores():
    lines = ["ein Hund läuft durch den Schnee .", "zwei Kinder spielen im Park ."]
    found = measure_translations(["a dog", "two children"], lines, lines)
    assert (found.bleu, found.chrf) == pytest.approx((100, 100))
    assert (found.exact_match, found.token_error_rate, found.character_error_rate) == (1, 0, 0)


def test_each_pronunciation_is_right_and_a_word_counts_once():
    sources = ["read", "read", "tomato"]
    targets = ["R EH D", "R IY D", "T AH M EY T OW"]
    found = measure_translations(sources, ["R IY D", "never heard", "T AH M AA T"], targets)
    assert (found.pairs, found.sources, found.exact_match) == (3, 2, 1 / 2)
    assert found.token_error_rate == (0 + 2) / (3 + 6)


def test_of_equally_near_answers_the_longest_is_what_errors_are_counted_by():
    assert measure_translations(["w"] * 2, ["a b"] * 2, ["a", "a b c"]).token_error_rate == 1 / 3


def test_empty_lines_are_measured_like_any_other():
    silent = measure_translations(["a", "b"], ["", "x y"], ["p q", ""])
    assert (silent.token_error_rate, silent.character_error_rate) == ((2 + 2) / 2, (3 + 3) / 3)
    nothing = measure_translations(["a"], [""], [""])
    assert (nothing.exact_match, nothing.token_error_rate, nothing.character_error_rate) == (1, None, None)


def test_the_record_holds_every_figure_and_how_it_was_computed():
    record = measure_translations(["a"], ["b c"], ["b c"]).to_json()
    assert list(record) == [
        *("bleu", "chrf", "exact_match", "token_error_rate", "character_error_rate"),
        *("pairs", "sources", "signatures"),
    ]
    version = f"version:{sacrebleu.__version__}"
    assert record["signatures"] == {
        "bleu": f"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|{version}",
        "chrf": f"nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|{version}",
    }


def test_a_text_that_looks_tokenised_is_measured_without_a_warning(caplog):
    lines = ["the end ."] * 200
    measure_translations(lines, lines, lines)
    assert caplog.messages == []


def test_nothing_to_measure_on_is_an_error():
    with pytest.raises(DataError, match="no pairs"):
        measure_translations([], [], [])


@pytest.mark.parametrize("missing", ["sacrebleu.metrics.bleu", "rapidfuzz.distance"])
def test_what_is_not_installed_is_named(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=r"measuring translations needs .*headgate\[train\]"):
        measure_translations(["a"], ["b"], ["b"])
