import gzip
import io
import os
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.data import open_text, read_lines
from headgate.data.files import open_seekable
from headgate.errors import DataError

# A line may hold anything but its own end; a "\r" before the end belongs to the end.
LINES = st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])), min_size=1)


def give_standard_input(monkeypatch, data: bytes):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@settings(deadline=None)
@given(lines=LINES, packed=st.booleans())
def test_lines_come_back_as_written_whatever_characters_they_hold(lines, packed, tmp_path_factory):
    path = tmp_path_factory.mktemp("lines") / ("f.txt.gz" if packed else "f.txt")
    data = "".join(line + "\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    with open_text(path) as text:
        kept = [line.removesuffix("\n") for line in text]
    # A byte order mark is no part of the text.
    assert kept == [lines[0].removeprefix("\ufeff"), *lines[1:]]


def test_lines_end_at_newlines_alone(tmp_path):
    path = tmp_path / "f.txt"
    path.write_bytes("a\u0085b\u2028c\x0b\x0c\x1cd\re\r\n\r\n f \nlast".encode())
    assert list(read_lines(path)) == ["a\u0085b\u2028c\x0b\x0c\x1cd\re", "", " f ", "last"]


def test_a_byte_order_mark_is_dropped(tmp_path):
    path = tmp_path / "f.txt"
    path.write_bytes(b"\xef\xbb\xbfhello\n")
    assert list(read_lines(path)) == ["hello"]


def test_standard_input_is_read_and_left_open(monkeypatch):
    give_standard_input(monkeypatch, "één\ntwo\n".encode())
    assert list(read_lines("-")) == ["één", "two"]
    assert not sys.stdin.buffer.closed


def test_a_line_of_standard_input_is_given_before_the_next_is_written(monkeypatch):
    reading, writing = os.pipe()
    with open(reading) as standard_input, open(writing, "wb", buffering=0) as typist:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", standard_input)
        lines = read_lines("-")
        for word in (b"one", b"two"):
            typist.write(word + b"\n")
            assert next(lines) == word.decode()
        lines.close()


def test_a_text_can_be_read_whole(tmp_path):
    path = tmp_path / "f.txt"
    path.write_bytes("é\r\n".encode() * 20_000)
    with open_text(path) as text:
        assert text.read() == "é\r\n" * 20_000


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "gone.txt"
    with pytest.raises(DataError) as caught:
        list(read_lines(path))
    assert str(caught.value) == f"{path}: no such file"


def test_a_path_through_a_file_is_no_such_file(tmp_path):
    (tmp_path / "f").write_text("x")
    with pytest.raises(DataError, match="no such file"):
        list(read_lines(tmp_path / "f" / "g.txt"))


def test_a_name_too_long_for_the_system_is_a_data_error():
    with pytest.raises(DataError, match="cannot be read"):
        list(read_lines("x" * 5000))


@pytest.mark.parametrize("reader", [open_text, open_seekable])
def test_a_folder_is_no_file(tmp_path, reader):
    with pytest.raises(DataError, match="is a folder; a file is needed"), reader(tmp_path):
        pass


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("suffix", [".txt", ".txt.gz"])
def test_an_empty_file_is_an_error(tmp_path, data, suffix):
    path = tmp_path / f"f{suffix}"
    path.write_bytes(gzip.compress(data) if suffix.endswith("gz") else data)
    with pytest.raises(DataError) as caught:
        list(read_lines(path))
    assert str(caught.value) == f"{path}: the file is empty"


def test_empty_standard_input_is_an_error(monkeypatch):
    give_standard_input(monkeypatch, b"")
    with pytest.raises(DataError, match="standard input: the file is empty"):
        list(read_lines("-"))


# Around the sizes in which files are read, so that characters and lines are cut in two between reads.
@pytest.mark.parametrize("good_lines", [0, 1, 3, 1170, 1171, 1638, 8191, 8192, 20000])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("way", ["plain", "gzip", "standard input"])
def test_the_first_line_that_is_not_utf8_is_named(tmp_path, monkeypatch, good_lines, bom, way):
    data = bom + "gööd\n".encode() * good_lines + "café\nmore\n".encode("latin1")
    path = tmp_path / ("f.txt.gz" if way == "gzip" else "f.txt")
    path.write_bytes(gzip.compress(data) if way == "gzip" else data)
    if way == "standard input":
        give_standard_input(monkeypatch, data)
    with pytest.raises(DataError) as caught:
        list(read_lines("-" if way == "standard input" else path))
    assert caught.value.line == good_lines + 1
    assert "not UTF-8 text: byte 0xe9" in str(caught.value)
    assert "iconv -f latin1 -t utf-8" in str(caught.value)


def test_a_file_cut_inside_a_character_is_not_utf8(tmp_path):
    path = tmp_path / "f.txt"
    path.write_bytes("one\nzwölf".encode()[:-3])
    with pytest.raises(DataError, match=r"line 2: not UTF-8"):
        list(read_lines(path))


def test_of_two_files_read_together_the_bad_one_is_named(tmp_path):
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text("a\n")
    bad.write_bytes(b"\xe9\n")
    for first, second in ((good, bad), (bad, good)):
        with (
            pytest.raises(DataError, match=r"bad\.txt line 1"),
            open_text(first) as a,
            open_text(second) as b,
        ):
            list(zip(a, b, strict=True))


def test_utf16_is_recognised(tmp_path):
    path = tmp_path / "f.txt"
    path.write_bytes("hello\n".encode("utf-16"))
    with pytest.raises(DataError, match=r"line 1: UTF-16, not UTF-8 text .*iconv -f utf-16"):
        list(read_lines(path))


def test_gzip_data_without_its_suffix_is_recognised(tmp_path):
    path = tmp_path / "f.txt"
    path.write_bytes(gzip.compress(b"hello\n"))
    with pytest.raises(DataError, match=r"gzip data, not text .*\.gz"):
        list(read_lines(path))


def damaged_gzip(how: str) -> bytes:
    whole = bytearray(gzip.compress(bytes(range(97, 123)) * 5000, mtime=0))
    if how == "cut off":
        return bytes(whole[:-12])
    if how == "no gzip":
        return b"hello\n"
    whole[len(whole) // 2] ^= 0xFF
    return bytes(whole)


@pytest.mark.parametrize("how", ["cut off", "no gzip", "a byte changed"])
def test_damaged_gzip_is_a_data_error(tmp_path, how):
    path = tmp_path / "f.txt.gz"
    path.write_bytes(damaged_gzip(how))
    for read in (lambda: list(read_lines(path)), lambda: open_seekable(path).__enter__()):
        with pytest.raises(DataError, match=r"f\.txt\.gz: damaged or cut-off gzip data"):
            read()


def test_an_upper_case_gz_is_gzip_too(tmp_path):
    path = tmp_path / "F.TXT.GZ"
    path.write_bytes(gzip.compress(b"hello\n"))
    assert list(read_lines(path)) == ["hello"]
