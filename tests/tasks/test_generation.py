import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import ConfigError
from headgate.tasks import Generation, LanguageMetrics, StopAt, words_and_line_ends


def test_a_record_holds_the_prompt_and_the_continuation_alone():
    record = Generation("To be", " or not\n").to_json()
    assert json.dumps(record) == '{"prompt": "To be", "text": " or not\\n"}'


def test_measures_of_a_model_that_guesses_are_those_of_its_guess():
    # Eight units of a choice of four, two characters each, in five words.
    found = LanguageMetrics(characters=16, units=8, unknown=1, words=5, nats=8 * math.log(4))
    assert found.perplexity == pytest.approx(4.0)
    assert found.bits_per_character == pytest.approx(1.0)
    assert found.nats_per_unit == pytest.approx(math.log(4))
    assert found.word_perplexity == pytest.approx(4.0 ** (8 / 5))
    counts = {"characters": 16, "units": 8, "unknown": 1, "words": 5, "nats": found.nats}
    measures = {
        name: getattr(found, name)
        for name in ("perplexity", "bits_per_character", "nats_per_unit", "word_perplexity")
    }
    assert list(found.to_json().items()) == [*measures.items(), *counts.items()]


def test_an_empty_text_has_no_measures():
    found = LanguageMetrics(0, 0, 0, 0, 0.0).to_json()
    assert [name for name, value in found.items() if value is None] == [
        *("perplexity", "bits_per_character", "nats_per_unit", "word_perplexity")
    ]


def test_a_perplexity_beyond_the_largest_float_is_none_in_valid_json():
    # A text without a blank is one word.
    found = LanguageMetrics(characters=5000, units=5000, unknown=0, words=1, nats=9000.0)
    assert found.word_perplexity is None
    assert found.perplexity == pytest.approx(math.exp(1.8))
    json.dumps(found.to_json(), allow_nan=False)


def test_words_are_what_stands_between_blanks_and_the_line_ends():
    assert words_and_line_ends("") == 0
    assert words_and_line_ends("no it was n't\n") == 5
    assert words_and_line_ends(" a  b \n\n c\td") == 6


# Few characters, so that stop strings begin, overlap and contain one another.
strings = st.lists(st.text(alphabet="ab\n", min_size=1, max_size=4), max_size=3)
pieces = st.lists(st.text(alphabet="ab\nc", max_size=5), max_size=8)


def before_stops(text, stops) -> str:
    return min((text.split(stop)[0] for stop in stops), key=len, default=text)


@given(stops=strings, pieces=pieces)
def test_what_is_shown_is_what_stands_before_the_earliest_stop_string(stops, pieces):
    detector, text = StopAt(stops), "".join(pieces)
    shown = "".join([*map(detector.push, pieces), detector.flush()])
    assert shown == before_stops(text, stops)
    assert detector.stopped == any(stop in text for stop in stops)


@given(stops=strings, pieces=pieces)
def test_what_may_be_shown_is_shown_at_once_and_nothing_else(stops, pieces):
    detector, shown, longest = StopAt(stops), "", max(map(len, stops), default=0)
    for count, piece in enumerate(pieces, start=1):
        shown += detector.push(piece)
        text = "".join(pieces[:count])
        # Whatever comes next: nothing at all, or the rest of any stop string.
        futures = [text, *(text + stop[cut:] for stop in stops for cut in range(longest))]
        certain = min((before_stops(future, stops) for future in futures), key=len)
        assert shown == certain
        assert detector.stopped == (
            any(stop in text for stop in stops) and certain == before_stops(text, stops)
        )


def test_what_comes_after_the_stop_is_ignored():
    detector = StopAt(["\n\n"])
    assert [detector.push("a\n"), detector.push("b\n"), detector.stopped] == ["a", "\nb", False]
    assert [detector.push("\nc"), detector.stopped, detector.push("d")] == ["", True, ""]
    assert detector.flush() == ""


def test_a_stop_string_within_a_longer_one_waits_for_the_longer():
    detector = StopAt(["abcd", "bc"])
    assert [detector.push("xabc"), detector.stopped] == ["x", False]
    assert [detector.flush(), detector.stopped] == ["a", True]


@pytest.mark.parametrize(
    ("strings", "message"),
    [
        ("END", "stop strings must be a list of texts; got one text, 'END'"),
        (["END", ""], "each stop string must be of one character at least; got ''"),
    ],
)
def test_strings_that_are_no_stop_strings_are_refused(strings, message):
    with pytest.raises(ConfigError) as caught:
        StopAt(strings)
    assert str(caught.value) == message
