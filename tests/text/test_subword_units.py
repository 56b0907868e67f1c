import os
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import pairwise, product

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import ConfigError
from headgate.text.subword_units import BYTE_CHARACTERS, LEAST_PAIRS, LONGEST_WORD, SubwordUnits

TEXT = (
    "the thin thing, isn't it?\n  I've 1999 things: the naïve one's 日本語 日本 😀😀 हिन्दी\n\n\tthe end\r\n"
    * 2
)
UNITS = SubwordUnits.learn(TEXT, size=310)
AWKWARD = st.sampled_from(
    ["\u0085", "\u2028", "\r\n", "\n\n", "😀", "\u0301", "e\u0301", "\u200d", "\x00", "  "]
)
PIECES = st.sampled_from(
    ["the", "thing", " ", "\t", "\n", "'s", "n't", "'", "1999", "日本", "😀", "हिन्दी", "!?", "\r"]
)


def words_of(text: str) -> list[str]:
    """The words within which bytes are merged, by the plain rule."""
    contractions, blanks = r"'(?:s|d|m|t|ll|ve|re)", r"\n|[^\S\n]+(?!\S)|\s"
    runs = r" ?[\p{L}\p{M}]+| ?\p{N}+| ?[^\s\p{L}\p{M}\p{N}]+"
    return regex.findall(f"{contractions}|{runs}|{blanks}", text)


def merged(word: list[str], pair: tuple[str, str]) -> list[str]:
    """The word with every occurrence of the pair, from the left, made one."""
    done: list[str] = []
    for unit in word:
        if done and (done[-1], unit) == pair:
            done[-1] += unit
        else:
            done.append(unit)
    return done


def spelled(word: str) -> list[str]:
    return [BYTE_CHARACTERS[byte] for byte in word.encode()]


def slow_merges(text: str, most: int) -> list[tuple[str, str]]:
    """Learn by counting all pairs anew for each merge; among equals, that of the earliest units."""
    words = [spelled(word) for word in words_of(text)]
    rank = {character: place for place, character in enumerate(sorted(BYTE_CHARACTERS))}
    merges: list[tuple[str, str]] = []
    while len(merges) < most:
        counts = Counter(pair for word in words for pair in pairwise(word))
        best = min(counts, key=lambda pair: (-counts[pair], rank[pair[0]], rank[pair[1]]))
        if counts[best] < LEAST_PAIRS:
            break
        merges.append(best)
        rank.setdefault("".join(best), len(rank))
        words = [merged(word, best) for word in words]
    return merges


def slow_pieces(text: str, merges: list[tuple[str, str]]) -> list[str]:
    """Merge all of a text, one merge after the other in the order learned."""
    found: list[str] = []
    for word in words_of(text):
        units = spelled(word)
        for pair in merges:
            units = merged(units, pair)
        found += units
    return found


def merges_of(units: SubwordUnits) -> list[tuple[str, str]]:
    return [(left, right) for left, right in units.to_json()["merges"]]


@settings(deadline=None)
@given(text=st.text() | st.lists(AWKWARD | st.text(max_size=3)).map("".join))
def test_any_text_comes_back_exactly(text):
    ids = UNITS.encode(text)
    assert UNITS.decode(ids) == text
    assert UNITS.unknown_in(text) is None


def test_the_merges_are_those_of_the_commonest_pairs():
    assert merges_of(UNITS) == slow_merges(TEXT, most=310 - 258)
    assert len(UNITS) == 310


@settings(max_examples=40, deadline=None)
@given(pieces=st.lists(PIECES, max_size=30))
def test_any_text_is_merged_in_the_order_learned(pieces):
    text = "".join(pieces)
    merges = merges_of(UNITS)
    names = [*BYTE_CHARACTERS, *dict.fromkeys("".join(pair) for pair in merges)]
    assert [names[one - 2] for one in UNITS.encode(text)] == slow_pieces(text, merges)


def test_ids_are_the_bytes_and_then_the_merges():
    units = SubwordUnits([("t", "h"), ("th", "e"), ("Ġ", "the")])
    assert len(units) == 2 + 256 + 3
    assert units.encode("t\x00é the").tolist() == [2 + ord("t"), 2, 2 + 0xC3, 2 + 0xA9, 260]
    assert [units.decode([one]) for one in (258, 259, 260)] == ["th", "the", " the"]


def test_two_merges_of_one_string_are_one_unit():
    units = SubwordUnits([("a", "b"), ("b", "c"), ("ab", "c"), ("a", "bc")])
    assert len(units) == 2 + 256 + 3
    assert units.decode(units.encode("abcbcab")) == "abcbcab"


def test_merging_ends_where_no_pair_occurs_twice():
    assert merges_of(SubwordUnits.learn("ab ab xy", size=1000)) == [("a", "b")]


def test_the_bytes_of_a_character_are_held_back_until_it_is_whole():
    units = SubwordUnits([])
    decoder = units.decoder()
    assert [decoder.push(one) for one in units.encode("é😀!")] == ["", "é", "", "", "", "😀", "!"]
    assert decoder.flush() == ""


def test_what_is_no_character_becomes_the_replacement_character():
    units = SubwordUnits([])
    decoder = units.decoder()
    first, second = units.encode("é").tolist()
    assert decoder.push(first) + decoder.push(1) == "\ufffd\ufffd"
    assert decoder.push(second) == "\ufffd"
    assert decoder.push(first) == ""
    assert decoder.flush() == "\ufffd"
    assert decoder.push(2 + ord("a")) == "a"


def test_half_a_pair_is_unknown_among_what_is_known():
    assert UNITS.decode(UNITS.encode("the \ud83d\ude00é\udc00")) == "the \ufffd\ufffdé\ufffd"
    assert UNITS.unknown_in("the \ud83d\ude00") == "\ud83d"


def test_no_unit_is_longer_than_the_longest_word():
    units = SubwordUnits.learn("x" * 100_000, size=1000)
    longest = max(len(units.decode([one])) for one in range(len(units)))
    assert LONGEST_WORD // 2 < longest <= LONGEST_WORD
    assert units.decode(units.encode("x" * 99)) == "x" * 99


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_learning_is_quiet_and_so_is_a_fork_after_it():
    program = f"""
import os
from headgate.text.subword_units import SubwordUnits
before = dict(os.environ)
units = SubwordUnits.learn([{TEXT!r}] * 300)
assert dict(os.environ) == before
ids = units.encode("the thin thing")
child = os.fork()
assert units.encode("the thin thing").tolist() == ids.tolist()
if child:
    assert os.waitpid(child, 0)[1] == 0
"""
    environment = {name: value for name, value in os.environ.items() if name != "TOKENIZERS_PARALLELISM"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@cache
def chances_of(units: tuple[str, ...], dropout: float) -> dict[tuple[str, ...], float]:
    """What a word may become and how likely, by trying all that might be skipped at every step."""
    ranks = {pair: rank for rank, pair in enumerate(merges_of(UNITS))}
    choices = [(ranks[pair], place) for place, pair in enumerate(pairwise(units)) if pair in ranks]
    found = Counter()
    for skipped in product((True, False), repeat=len(choices)):
        chance = dropout ** sum(skipped) * (1 - dropout) ** (len(choices) - sum(skipped))
        left = [choice for choice, skip in zip(choices, skipped, strict=True) if not skip]
        if left:
            _, place = min(left)
            after = (*units[:place], units[place] + units[place + 1], *units[place + 2 :])
            found.update({split: chance * of for split, of in chances_of(after, dropout).items()})
        else:
            found[units] += chance
    return found


@pytest.mark.parametrize("dropout", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("word", [" things", "日本", "thin"])
def test_words_are_cut_as_often_as_all_that_might_be_skipped_says(word, dropout):
    draws = 4000
    chances = {split: chance for split, chance in chances_of(tuple(spelled(word)), dropout).items() if chance}
    assert sum(chances.values()) == pytest.approx(1)
    names = [*BYTE_CHARACTERS, *dict.fromkeys("".join(pair) for pair in merges_of(UNITS))]
    ids = UNITS.encode_with_dropout(f"{word}\n" * draws, dropout, np.random.default_rng(1)).tolist()
    line_end = UNITS.encode("\n").item()
    seen = Counter()
    split: list[str] = []
    for one in ids:
        if one == line_end:
            seen[tuple(split)] += 1
            split = []
        else:
            split.append(names[one - 2])
    assert seen.total() == draws
    assert seen.keys() <= chances.keys()
    for cut, chance in chances.items():
        assert abs(seen[cut] - draws * chance) < 4.5 * (draws * chance * (1 - chance)) ** 0.5 + 1


@settings(deadline=None)
@given(text=st.text() | st.lists(AWKWARD | PIECES | st.text(max_size=3)).map("".join))
def test_no_dropout_is_the_encoding_itself(text):
    ids = UNITS.encode_with_dropout(text, 0.0, np.random.default_rng(1))
    assert ids.tolist() == UNITS.encode(text).tolist()


def test_no_dropout_is_the_encoding_itself_whatever_the_order_of_merges():
    units = SubwordUnits([("a", "b"), ("b", "c"), ("ab", "c"), ("a", "bc"), ("abc", "d"), ("d", "abc")])
    for text in map("".join, product("abcd", repeat=6)):
        assert (
            units.encode_with_dropout(text, 0.0, np.random.default_rng(1)).tolist()
            == units.encode(text).tolist()
        )


@settings(deadline=None)
@given(
    text=st.text() | st.lists(AWKWARD | PIECES).map("".join),
    dropout=st.floats(0, 1, exclude_max=True),
    seed=st.integers(0, 99),
)
def test_any_text_comes_back_whatever_was_dropped(text, dropout, seed):
    ids = UNITS.encode_with_dropout(text, dropout, np.random.default_rng(seed))
    assert UNITS.decode(ids) == text
    again = UNITS.encode_with_dropout(text, dropout, np.random.default_rng(seed))
    assert ids.tolist() == again.tolist()


def test_what_was_encoded_before_changes_nothing(monkeypatch):
    kept = UNITS.encode_with_dropout(TEXT * 5, 0.3, np.random.default_rng(1))
    monkeypatch.setattr("headgate.text.merging.IDS_KEPT", 50)
    forgetful = SubwordUnits.from_json(UNITS.to_json())
    forgotten = forgetful.encode_with_dropout(TEXT * 5, 0.3, np.random.default_rng(1))
    assert kept.tolist() == forgotten.tolist()
    other = forgetful.encode_with_dropout(TEXT * 5, 0.3, np.random.default_rng(2))
    assert other.tolist() != kept.tolist()


def test_half_a_pair_stays_unknown_whatever_was_dropped():
    ids = UNITS.encode_with_dropout("the \ud83d thing", 0.5, np.random.default_rng(1))
    assert UNITS.decode(ids) == "the \ufffd thing"


@pytest.mark.parametrize("dropout", [-0.1, 1.0, float("nan")])
def test_a_dropout_that_is_no_chance_or_leaves_none_is_refused(dropout):
    with pytest.raises(ConfigError, match=f"dropout of merges must be .*got {dropout}"):
        UNITS.encode_with_dropout("the", dropout, np.random.default_rng(1))
