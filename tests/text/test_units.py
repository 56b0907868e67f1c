"""One table: every kind of units keeps the same contract."""

import json
import subprocess
import sys
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from headgate.errors import ConfigError, DataError
from headgate.text import PADDING_ID, UNITS, UNKNOWN_ID, learn_units, pieces, units_from_json
from headgate.text.subword_units import SMALLEST_SIZE

TEXT = "The gate, the café and the 😀 gate .\n\nThe water is in the canal\n" * 3 + "end"
LEARNED = {name: learn_units(name, TEXT, size=300) for name in UNITS}
KNOWN = st.lists(st.sampled_from(["The", "the", "gate", "é", "😀", " ", "  ", "\n", "\n\n", ",", "t"]))
TEXTS = st.text() | KNOWN.map("".join) | st.text(st.characters(codec=None), max_size=5)
every_kind = pytest.mark.parametrize("name", UNITS)


@every_kind
def test_what_the_units_were_learned_from_comes_back(name):
    units = LEARNED[name]
    assert units.name == name
    assert units.decode(units.encode(TEXT)) == TEXT
    assert units.unknown_in(TEXT) is None


@every_kind
@settings(deadline=None)
@given(text=TEXTS)
def test_every_text_has_ids_and_none_of_them_is_padding(name, text):
    units = LEARNED[name]
    ids = units.encode(text)
    assert ids.dtype == np.int64
    assert ids.ndim == 1
    assert np.all((ids > PADDING_ID) & (ids < len(units)))


@every_kind
@settings(deadline=None)
@given(text=TEXTS)
def test_the_first_unknown_piece_is_named_where_an_id_is_unknown(name, text):
    assume("<unk>" not in text)  # where it is written, it is meant
    units = LEARNED[name]
    ids = units.encode(text)
    piece = units.unknown_in(text)
    assert (piece is not None) == (UNKNOWN_ID in ids)
    if piece is not None:
        assert units.encode(piece).tolist() == [UNKNOWN_ID]
        starts = [at for at in range(len(text)) if text.startswith(piece, at)]
        known = ids.tolist().index(UNKNOWN_ID)
        assert any(units.encode(text[:at]).tolist() == ids[:known].tolist() for at in starts)


@every_kind
@settings(deadline=None)
@given(data=st.data())
def test_ids_pushed_one_by_one_give_the_text_of_all_of_them(name, data):
    units = LEARNED[name]
    ids = data.draw(st.lists(st.integers(0, len(units) - 1)))
    decoder = units.decoder()
    assert "".join(map(decoder.push, ids)) + decoder.flush() == units.decode(ids)


@every_kind
@settings(deadline=None)
@given(text=TEXTS)
def test_a_text_is_encoded_in_pieces_as_at_once(name, text):
    units = LEARNED[name]
    whole = units.encode(text).tolist()
    lines = [line + "\n" for line in text.split("\n")]
    by_line = [unit_id for line in lines for unit_id in units.encode(line).tolist()]
    assert by_line[: len(whole)] == whole
    with mock.patch.object(pieces, "PIECE_LENGTH", 1):
        assert units.encode(text).tolist() == whole


@settings(deadline=None)
@given(text=TEXTS, length=st.integers(1, 5))
def test_the_pieces_of_a_text_are_the_text(text, length):
    with mock.patch.object(pieces, "PIECE_LENGTH", length):
        cut = list(pieces.text_pieces(text))
    assert "".join(cut) == text
    assert all(cut)
    assert cut == [text] * bool(text) or length < len(text)


@every_kind
@given(text=TEXTS)
@settings(max_examples=30, deadline=None)
def test_units_come_from_lines_as_from_the_whole_text(name, text):
    text += "the the"
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1].removesuffix("\n")
    units = learn_units(name, iter(lines), size=270)
    assert units.to_json() == learn_units(name, text, size=270).to_json()


@every_kind
def test_the_same_text_gives_the_same_units_in_the_same_order(name):
    for _ in range(3):
        assert learn_units(name, TEXT, size=300).to_json() == LEARNED[name].to_json()


@every_kind
@given(text=TEXTS)
@settings(max_examples=30, deadline=None)
def test_units_survive_being_written_to_a_file(name, text):
    units = learn_units(name, text + "the the", size=270)
    values = json.loads(json.dumps(units.to_json(), ensure_ascii=False).encode())
    assert values["units"] == name
    again = units_from_json(values)
    assert again.name == name
    assert len(again) == len(units)
    assert again.to_json() == units.to_json()
    assert again.encode(text + TEXT).tolist() == units.encode(text + TEXT).tolist()


@every_kind
def test_half_a_surrogate_pair_is_unknown_even_where_the_text_had_it(name):
    units = learn_units(name, "the the \ud83d \ude00 \ud83d\ude00\n", size=300)
    assert (units.encode("the \ud83d\n") == UNKNOWN_ID).sum() == 1
    assert units.unknown_in("the \ud83d\n") == "\ud83d"
    json.dumps(units.to_json(), ensure_ascii=False).encode()  # no surrogate gets into a file


@every_kind
def test_padding_and_the_unknown_are_forbidden_and_have_a_text(name):
    units = LEARNED[name]
    assert units.forbidden == (PADDING_ID, UNKNOWN_ID)
    assert units.decode([PADDING_ID]) == ""
    assert units.decode([UNKNOWN_ID]) == ("<unk>" if name == "word" else "\ufffd")


@every_kind
def test_no_text_is_no_ids(name):
    assert LEARNED[name].encode("").tolist() == []
    assert LEARNED[name].decode([]) == ""


@pytest.mark.parametrize("min_count", [1, 2, 3])
@settings(deadline=None)
@given(text=st.text("aabcé \n"))
def test_characters_are_ordered_by_how_often_they_occur(min_count, text):
    text += "aaa"
    often = [one for one in set(text) if text.count(one) >= min_count]
    often.sort(key=lambda one: (-text.count(one), ord(one)))
    units = learn_units("char", text, min_count=min_count)
    assert units.encode("".join(often)).tolist() == list(range(2, len(units)))
    assert len(units) == len(often) + 2


def test_an_unheard_of_kind_is_refused_by_name():
    with pytest.raises(ConfigError, match=r'^unit must be one of char, subword, word; got "byte"$'):
        learn_units("byte", TEXT)


@pytest.mark.parametrize("name", ["char", "word"])
def test_a_text_in_which_nothing_is_frequent_enough_is_refused(name):
    with pytest.raises(DataError, match=rf"no {name} that occurs 100 times \(lower min_count\)"):
        learn_units(name, TEXT, min_count=100)


def test_a_size_without_room_for_all_bytes_is_refused():
    with pytest.raises(ConfigError, match="at least 258; got 257"):
        learn_units("subword", TEXT, size=SMALLEST_SIZE - 1)


@pytest.mark.parametrize(
    ("values", "entry"),
    [
        ({}, "units"),
        ({"units": "byte"}, "units"),
        ({"units": ["char"]}, "units"),
        ({"units": "char"}, "characters"),
        ({"units": "char", "characters": ["a"]}, "characters"),
        ({"units": "char", "characters": "aba"}, "characters"),
        ({"units": "word", "characters": "ab"}, "words"),
        ({"units": "word", "words": "ab"}, "words"),
        ({"units": "word", "words": ["a", 1]}, "words"),
        ({"units": "word", "words": ["a", "b", "a"]}, "words"),
        ({"units": "word", "words": ["a b"]}, "words"),
        ({"units": "word", "words": [""]}, "words"),
        ({"units": "word", "words": ["<unk>"]}, "words"),
        ({"units": "subword"}, "merges"),
        ({"units": "subword", "merges": {}}, "merges"),
        ({"units": "subword", "merges": ["ab"]}, "merges"),
        ({"units": "subword", "merges": [["a"]]}, "merges"),
        ({"units": "subword", "merges": [["a", 1]]}, "merges"),
        ({"units": "subword", "merges": [["ab", "c"], ["a", "b"]]}, "merges"),
        ({"units": "subword", "merges": [["a", " "]]}, "merges"),
        ({"units": "subword", "merges": [["a", ""]]}, "merges"),
    ],
)
def test_damaged_content_is_refused_in_one_line_that_names_the_entry(values, entry):
    with pytest.raises(ValueError, match=f'^"{entry}" must ') as caught:
        units_from_json(values)
    assert "\n" not in str(caught.value)


def test_the_library_of_subwords_is_imported_for_subwords_alone():
    program = (
        "import sys; from headgate.text import learn_units; learn_units('word', 'a b').encode('a');"
        "learn_units('char', 'ab'); assert 'tokenizers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
