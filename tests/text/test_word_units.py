from collections import Counter
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from headgate.data import read_plain_text
from headgate.text import UNKNOWN_ID, split_words
from headgate.text.word_units import WordUnits

SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_shared_data = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the open datasets lie in ../shared/data, which is not here"
)
BLANKS = st.text(" \t\r\u0085\u00a0\u2028\x1c", min_size=1, max_size=3)
WORDS = st.sampled_from(["a", "A", "b", "n't", "é", "<unk>", "<eos>", "."])


def split(text: str) -> list[str]:
    """Words and line ends, by the plain rule."""
    units = [unit for line in text.split("\n") for unit in (*line.split(), "\n")]
    return units[:-1]


@settings(deadline=None)
@given(parts=st.lists(WORDS | BLANKS | st.just("\n")))
def test_words_are_what_white_space_separates_and_line_ends_are_words(parts):
    text = "".join(parts)
    units = WordUnits.learn(text)
    assume(units.tokenised)
    words = split(text)
    assert [units.decode([one]) for one in units.encode(text)] == words
    counts = Counter(word for word in words if word != "<unk>")
    order = sorted(counts, key=lambda word: (-counts[word], word))
    assert units.to_json()["words"] == order


@settings(deadline=None)
@given(lines=st.lists(st.lists(WORDS)))
def test_a_text_with_one_blank_between_words_comes_back_exactly(lines):
    text = "\n".join(" ".join(line) for line in lines)
    units = WordUnits.learn(text)
    assert units.decode(units.encode(text)) == text


@settings(deadline=None)
@given(parts=st.lists(WORDS | BLANKS | st.just("\n")))
def test_of_any_other_tokenised_text_the_words_and_lines_come_back(parts):
    text = "".join(parts)
    units = WordUnits.learn(text)
    assume(units.tokenised)
    back = units.decode(units.encode(text))
    assert back == "\n".join(" ".join(line.split()) for line in text.split("\n"))


def test_rare_words_and_the_written_unknown_are_the_unknown_word():
    units = WordUnits.learn("a b a <unk> c <unk>\n", min_count=2)
    assert units.to_json() == {"units": "word", "tokenised": True, "words": ["a"]}
    assert units.encode("a b <unk>\n").tolist() == [2, UNKNOWN_ID, UNKNOWN_ID, UNKNOWN_ID]
    assert units.decode([2, 1, 2]) == "a <unk> a"


def test_a_prompt_may_hold_the_unknown_word_but_no_other_unknown():
    units = WordUnits.learn("the gate\n")
    assert units.unknown_in("the <unk> gate\n") is None
    assert units.unknown_in("the <unk> sluice and gate") == "sluice"
    assert units.unknown_in("The gate") == "The"


def test_the_blank_before_a_word_comes_with_the_word():
    units = WordUnits.learn("a b\n")
    decoder = units.decoder()
    assert [decoder.push(one) for one in units.encode("a b\n\nb a")] == ["a", " b", "\n", "\n", "b", " a"]
    assert decoder.push(0) == ""
    assert decoder.push(1) == " <unk>"
    assert decoder.flush() == ""


@needs_shared_data
def test_the_penn_treebank_comes_out_as_published():
    texts = {
        part: read_plain_text(SHARED / "ptb" / f"ptb.{part}.txt.gz") for part in ("train", "valid", "test")
    }
    units = WordUnits.learn(texts["train"])
    assert len(units) == 10_000 + 1  # and padding; the unknown word and the line end are of the 10,000
    ids = {part: units.encode(text) for part, text in texts.items()}
    assert {part: len(found) for part, found in ids.items()} == {
        "train": 929_589,
        "valid": 73_760,
        "test": 82_430,
    }
    for part, text in texts.items():
        assert units.unknown_in(text) is None
        assert (ids[part] == UNKNOWN_ID).sum() == text.split().count("<unk>")


@needs_shared_data
def test_wikitext_2_comes_out_as_published():
    test = read_plain_text(SHARED / "wikitext2" / "test.txt.gz")
    assert len(WordUnits.learn(test).encode(test)) == 245_569


RAW = "Well, it isn't far (yet). The gate, as ever, is shut; we'll wait...\nGood!\n"


def test_a_text_with_its_commas_at_the_words_is_cut_by_unicodes_rules():
    units = WordUnits.learn(RAW)
    assert not units.tokenised
    expected = [word for line in RAW.split("\n")[:-1] for word in [*split_words(line), "\n"]]
    assert [units.decode([unit]).strip(" ") for unit in units.encode(RAW)] == expected
    assert units.decode(units.encode(RAW)) == RAW.replace("wait...", "wait ...")


def test_how_texts_are_cut_is_kept_with_the_units():
    for text in (RAW, "the gate , as ever , is shut .\n"):
        units = WordUnits.learn(text)
        again = WordUnits.from_json(units.to_json())
        assert again.tokenised == units.tokenised
        assert again.encode(RAW).tolist() == units.encode(RAW).tolist()


@pytest.mark.parametrize("text", ["no marks at all", "a written <unk> says it, clearly\n<unk>"])
def test_a_text_without_marks_or_with_the_unknown_word_is_cut_at_white_space(text):
    assert WordUnits.learn(text).tokenised
