import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.text import Word, find_words, split_words, word_key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("This movie was great", ["This", "movie", "was", "great"]),
        ("Well, well... no?!", ["Well", ",", "well", "...", "no", "?", "!"]),
        ("!!! -- --- $$5", ["!!!", "--", "---", "$$", "5"]),
        ("3.14 1,000 10:30 v2.0", ["3.14", "1,000", "10", ":", "30", "v2.0"]),
        ("state-of-the-art", ["state", "-", "of", "-", "the", "-", "art"]),
        ("a_b O'Brien rock'n'roll", ["a_b", "O'Brien", "rock'n'roll"]),
        ("user@example.com", ["user", "@", "example.com"]),
        ("Straße naïve Ελλάδα привет", ["Straße", "naïve", "Ελλάδα", "привет"]),
        ("", []),
        (" \t\r\n\u0085\u00a0\u2028\u3000", []),
    ],
)
def test_words_end_where_unicode_says(text, words):
    assert split_words(text) == words


def test_every_kind_of_white_space_parts_words():
    for space in " \t\n\r\x0b\x0c\u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000":
        assert split_words(f"a{space}b") == ["a", "b"], repr(space)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("isn't", ["is", "n't"]),
        ("can't won't shan't", ["ca", "n't", "wo", "n't", "sha", "n't"]),
        (
            "it's I'm we'd you're I've she'll",
            ["it", "'s", "I", "'m", "we", "'d", "you", "'re", "I", "'ve", "she", "'ll"],
        ),
        ("DON'T It’S doesn’t", ["DO", "N'T", "It", "’S", "does", "n’t"]),
        ("n't 's", ["n't", "'s"]),
        ("wouldn't've I'd've", ["would", "n't", "'ve", "I", "'d", "'ve"]),
        ("'sort 'tis don'ts ant", ["'", "sort", "'", "tis", "don'ts", "ant"]),
    ],
)
def test_clitics_stand_alone(text, words):
    assert split_words(text) == words


CLITICS = ["n't", "'s", "'m", "'d", "'re", "'ve", "'ll", "n’t", "’s", "’ll"]
STEMS = ["is", "ca", "it", "I", "O'Brien", "naïve", "x1", "Ελλάδα", "don"]


@settings(deadline=None)
@given(
    words=st.lists(
        st.tuples(st.sampled_from(STEMS), st.lists(st.sampled_from(CLITICS), max_size=2)),
        min_size=1,
        max_size=4,
    )
)
def test_a_corpus_that_has_split_its_clitics_gives_the_same_words(words):
    joined = " ".join(stem + "".join(clitics) for stem, clitics in words)
    split = " ".join(" ".join([stem, *clitics]) for stem, clitics in words)
    assert split_words(joined) == split_words(split) == split.split()


@pytest.mark.parametrize(
    "grapheme",
    [
        "😀",
        "👩‍👩‍👧",  # a family, of three people and two joiners
        "👍🏽",  # with a skin tone
        "🇳🇱",  # a flag is two letters
        "❤️",  # with a variation selector
        "e\u0301",
        "a\u0301\u0323\u0308",
        "क्षि",
    ],
)
def test_what_a_reader_sees_as_one_character_is_never_cut(grapheme):
    assert split_words(grapheme) == [grapheme]
    assert split_words(f"so {grapheme} !") == ["so", grapheme, "!"]


def test_a_run_of_one_emoji_is_one_word_and_different_ones_are_several():
    assert split_words("😀😀😀") == ["😀😀😀"]
    assert split_words("😀🎉") == ["😀", "🎉"]


ANY_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs"]),
        st.sampled_from(" \n\u0085'’nts!.-\u0301\u200d\ufe0f😀👩🏽🇳\ufeff\u00ad"),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=300)
@given(text=ANY_TEXT)
def test_offsets_slice_the_text_exactly_and_leave_out_nothing_but_white_space(text):
    end = 0
    for word in find_words(text):
        assert isinstance(word, Word)
        assert text[word.start : word.end] == word.surface != ""
        assert regex.fullmatch(r"\s*", text[end : word.start])
        end = word.end
    assert regex.fullmatch(r"\s*", text[end:])


@settings(deadline=None, max_examples=200)
@given(text=ANY_TEXT)
def test_words_with_and_without_offsets_are_the_same(text):
    assert [word.surface for word in find_words(text)] == split_words(text)


@settings(deadline=None, max_examples=200)
@given(before=ANY_TEXT, after=ANY_TEXT)
def test_white_space_keeps_its_two_sides_apart(before, after):
    assert split_words(f"{before} {after}") == split_words(before) + split_words(after)


def test_a_word_is_looked_up_in_lower_case_with_one_kind_of_apostrophe():
    assert word_key("N’T") == word_key("n't") == "n't"
    assert word_key("ΕΛΛΆΔΑ") == "ελλάδα"


def test_a_very_long_word_is_one_word():
    assert split_words("a" * 200_000) == ["a" * 200_000]
    assert split_words("!" * 200_000) == ["!" * 200_000]
