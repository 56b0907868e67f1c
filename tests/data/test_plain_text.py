import gzip
import io
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.data import read_plain_text, read_stretches, split_plain_text
from headgate.errors import ConfigError, DataError

SHARED = Path(__file__).parents[3] / "shared" / "data"
SAMPLE = " a\u0085b\u2028c\r\nd\re\n\n\x0cé😀\u0301 \n"
READ = " a\u0085b\u2028c\nd\re\n\n\x0cé😀\u0301 \n"


def test_a_text_is_read_as_it_stands_but_for_its_line_ends(tmp_path, monkeypatch):
    plain, packed = tmp_path / "f.txt", tmp_path / "f.txt.gz"
    plain.write_bytes(SAMPLE.encode())
    packed.write_bytes(gzip.compress(SAMPLE.encode("utf-8-sig")))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SAMPLE.encode())))
    assert [read_plain_text(path) for path in (plain, packed, "-")] == [READ] * 3


def test_a_line_end_that_lies_across_two_reads_is_one(tmp_path):
    path = tmp_path / "f.txt"
    text = "".join("x" * (1 << 16 >> bit) + "\r\n" for bit in range(17)) + "y" * 8190 + "\r\n"
    path.write_bytes(text.encode())
    assert read_plain_text(path) == text.replace("\r", "")


def test_a_file_of_white_space_alone_is_refused(tmp_path):
    path = tmp_path / "f.txt"
    path.write_bytes(" \n\t\r\n\u0085".encode())
    with pytest.raises(DataError, match=r"f\.txt: the file holds no text, only white space$"):
        read_plain_text(path)


def test_an_empty_a_missing_and_an_unreadable_file_are_refused(tmp_path):
    (tmp_path / "empty.txt").touch()
    (tmp_path / "latin1.txt").write_bytes(b"a\n\xe9\n")
    with pytest.raises(DataError, match=r"empty\.txt: the file is empty"):
        read_plain_text(tmp_path / "empty.txt")
    with pytest.raises(DataError, match="no such file"):
        read_plain_text(tmp_path / "none.txt")
    with pytest.raises(DataError, match=r"latin1\.txt line 2: not UTF-8 text"):
        read_plain_text(tmp_path / "latin1.txt")


@settings(deadline=None)
@given(
    text=st.text(min_size=2).filter(lambda text: not any(map(str.isspace, text))),
    share=st.floats(0.001, 0.999),
)
def test_the_last_share_of_a_text_is_set_aside(text, share):
    train, dev = split_plain_text(text, share)
    assert train + dev == text
    assert train
    assert dev
    assert abs(len(dev) - share * len(text)) <= 1


@settings(deadline=None)
@given(length=st.integers(2, 10**7))
def test_a_tenth_is_what_lies_behind_nine_tenths_rounded_down(length):
    train, dev = split_plain_text("x" * length)
    assert len(train) == int(0.9 * length)
    assert len(dev) == length - int(0.9 * length)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the open datasets lie in ../shared/data, which is not here")
def test_tiny_shakespeare_is_cut_as_everyone_cuts_it():
    train, dev = split_plain_text(read_plain_text(SHARED / "tinyshakespeare" / "input.txt"))
    assert (len(train), len(dev)) == (1_003_854, 111_540)


@pytest.mark.parametrize("text", ["", "x"])
def test_a_text_of_one_character_cannot_be_split(text):
    with pytest.raises(DataError, match=rf"must have two characters; got {len(text)} \(give a dev file"):
        split_plain_text(text)


@pytest.mark.parametrize(("text", "part"), [("text" + " \n" * 9, "from"), ("\n" * 90 + "end", "up to")])
def test_a_part_of_white_space_alone_is_refused(text, part):
    with pytest.raises(DataError, match=f"the text {part} character .* is white space alone"):
        split_plain_text(text)


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, 2.0, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ConfigError, match="share must lie between 0 and 1; got"):
        split_plain_text("some text", share)


# ---------------------------------------------------------------- in pieces


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    lines=st.lists(
        st.tuples(st.text("ab é😀\r\u2028", max_size=20), st.sampled_from(["\n", "\r\n", "\r", ""]))
    ),
    stretch=st.integers(1, 30),
)
def test_pieces_put_together_are_the_text(tmp_path, monkeypatch, lines, stretch):
    monkeypatch.setattr("headgate.data.plain_text.STRETCH", stretch)
    text = "a" + "".join(line + end for line, end in lines)
    path = tmp_path / "f.txt"
    path.write_bytes(text.encode())
    pieces = list(read_stretches(path))
    assert "".join(pieces) == read_plain_text(path)
    for piece, after in pairwise(pieces):
        assert piece.endswith("\n") or (piece[-1].isalnum() and after[0] == " ")


def test_a_text_of_one_long_line_is_read_in_small_pieces(tmp_path):
    path = tmp_path / "f.txt"
    text = "a word and another " * 20_000
    path.write_text(text, encoding="utf-8")
    pieces = list(read_stretches(path))
    assert "".join(pieces) == text
    assert max(map(len, pieces)) <= (1 << 16) + 20


def test_pieces_of_an_empty_and_a_missing_file_are_refused(tmp_path):
    (tmp_path / "empty.txt").touch()
    with pytest.raises(DataError, match=r"empty\.txt: the file is empty"):
        list(read_stretches(tmp_path / "empty.txt"))
    with pytest.raises(DataError, match="no such file"):
        list(read_stretches(tmp_path / "none.txt"))
