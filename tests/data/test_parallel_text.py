import csv
import gzip
import io
import json
import sys
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.data import Pair, read_pairs, read_sources
from headgate.errors import ConfigError, DataError

ANY_TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(['a "quoted" one', "two\nlines", "nel\u0085ls\u2028", "a\rb", "a,b\tc", "source", " "]),
)
LINE = ANY_TEXT.map(lambda text: text.replace("\n", " ").rstrip("\r").lstrip("\ufeff"))
FIELD = LINE.map(lambda text: text.replace("\t", " "))
LINE_PAIRS = st.lists(st.tuples(LINE, LINE), min_size=1).filter(
    lambda pairs: all(any(side.strip() for side in sides) for sides in zip(*pairs, strict=True))
)
HEADERS = st.sampled_from([None, ("source", "target"), ("target", "id", " source ")])


def write(folder, name: str, content: str):
    path = folder / name
    path.write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    return path


def message(files, **options) -> str:
    with pytest.raises(DataError) as caught:
        list(read_pairs(files, **options))
    return str(caught.value)


def rows_under(header, pairs) -> list[tuple[str, ...]]:
    """The rows of a file with this header; without one, the pairs."""
    if header is None:
        return list(pairs)
    named = [{"source": source, "target": target, "id": "7"} for source, target in pairs]
    return [header, *(tuple(row[name.strip()] for name in header) for row in named)]


def is_no_header(pairs) -> bool:
    return "source" not in [side.strip() for side in pairs[0]]


# ---------------------------------------------------------------- what is written comes back


@settings(deadline=None)
@given(pairs=LINE_PAIRS, packed=st.booleans(), crlf=st.booleans(), ended=st.booleans())
def test_two_aligned_files_come_back_line_by_line(pairs, packed, crlf, ended, tmp_path_factory):
    folder = tmp_path_factory.mktemp("aligned")
    newline = "\r\n" if crlf else "\n"
    names = []
    for side, name in zip(zip(*pairs, strict=True), ("f.en.gz" if packed else "f.en", "f.de"), strict=True):
        end = newline if ended or not side[-1] else ""  # a last line that is empty shows by its end alone
        names.append(str(write(folder, name, newline.join(side) + end)))
    assert list(read_pairs(",".join(names))) == pairs


@settings(deadline=None)
@given(
    pairs=st.lists(st.tuples(FIELD, FIELD), min_size=1).filter(is_no_header),
    header=HEADERS,
    name=st.sampled_from(["f.tsv", "f.txt", "f", "f.dict.gz"]),
)
def test_tab_separated_pairs_come_back_with_and_without_header(pairs, header, name, tmp_path_factory):
    content = "".join("\t".join(row) + "\n" for row in rows_under(header, pairs))
    path = write(tmp_path_factory.mktemp("tabs"), name, content)
    assert list(read_pairs(path)) == pairs
    if name == "f.tsv":
        assert list(read_sources(path)) == [source for source, _ in pairs]


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), min_size=1).filter(is_no_header), header=HEADERS)
def test_csv_of_the_standard_library_comes_back_with_and_without_header(pairs, header, tmp_path_factory):
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows_under(header, pairs))
    path = write(tmp_path_factory.mktemp("csv"), "f.csv", file.getvalue())
    assert list(read_pairs(path)) == pairs
    assert list(read_sources(path)) == [source for source, _ in pairs]


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), min_size=1))
def test_jsonl_of_the_standard_library_comes_back(pairs, tmp_path_factory):
    content = "\n".join(json.dumps({"de": target, "more": [], "en": source}) for source, target in pairs)
    path = write(tmp_path_factory.mktemp("jsonl"), "f.jsonl", content)
    assert list(read_pairs(path, source_column="en", target_column="de")) == pairs
    assert list(read_sources(path, source_column="en")) == [source for source, _ in pairs]


def test_parquet_comes_back(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({"target": ["b", "d\n"], "n": [1, 2], "source": ["a", ""]})
    parquet.write_table(table, tmp_path / "f.parquet")
    assert list(read_pairs(tmp_path / "f.parquet")) == [Pair("a", "b"), Pair("", "d\n")]


def test_standard_input_is_tab_separated_for_pairs_and_lines_for_sources(monkeypatch):
    def type_in(text):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    type_in("a\tb\nc\td\n")
    assert list(read_pairs("-")) == [("a", "b"), ("c", "d")]
    type_in("a\tb\n\nc\n")
    assert list(read_sources("-")) == ["a\tb", "", "c"]


def test_blank_lines_of_a_single_file_are_no_pairs_and_empty_sides_are(tmp_path):
    path = write(tmp_path, "f.txt", "\n \na\tb\n\n\tb\na\t\n\t\n")
    assert list(read_pairs(path)) == [("a", "b"), ("", "b"), ("a", ""), ("", "")]


def test_blank_lines_of_aligned_files_are_empty_sides(tmp_path):
    source, target = write(tmp_path, "en", "a\n\n \n"), write(tmp_path, "de", "\nb\n\n")
    assert list(read_pairs(f"{source},{target}")) == [("a", ""), ("", "b"), (" ", "")]


def test_a_first_line_with_other_names_is_a_pair_unless_columns_were_chosen(tmp_path):
    path = write(tmp_path, "f.tsv", "en\tde\na\tb\n")
    assert list(read_pairs(path)) == [("en", "de"), ("a", "b")]
    assert list(read_pairs(path, source_column="de", target_column="en")) == [("b", "a")]


def test_pairs_are_read_as_they_are_asked_for(tmp_path):
    path = write(tmp_path, "f.txt", "a\tb\nc\td\ne\n")
    assert list(islice(read_pairs(path), 2)) == [("a", "b"), ("c", "d")]
    short = write(tmp_path, "de", "x\n")
    assert next(read_pairs(f"{path},{short}")) == ("a\tb", "x")


@pytest.mark.parametrize("name", ["f.tsv", "f.csv"])
def test_a_table_of_sources_alone_needs_no_header_and_keeps_its_blank_lines(tmp_path, name):
    assert list(read_sources(write(tmp_path, name, "\na\n\nb\n"))) == ["", "a", "", "b"]
    assert list(read_sources(write(tmp_path, name, "source\na\n\nb\n"))) == ["a", "", "b"]


def test_sources_of_a_plain_file_are_its_lines(tmp_path):
    assert list(read_sources(write(tmp_path, "f.txt", "source\na\tb\r\n\n\u2028"))) == [
        "source",
        "a\tb",
        "",
        "\u2028",
    ]


# ---------------------------------------------------------------- which file is meant


def test_a_file_with_commas_in_its_name_is_that_file(tmp_path):
    whole = write(tmp_path, "a,b", "x\ty\n")
    write(tmp_path, "a", "one\n")
    assert list(read_pairs(whole)) == list(read_pairs(str(whole))) == [("x", "y")]


def test_of_several_commas_the_one_between_two_files_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "a,b", "x\n")
    write(tmp_path, "c", "y\n")
    assert list(read_pairs("a,b,c")) == [("x", "y")]
    write(tmp_path, "a", "x\n")
    write(tmp_path, "b,c", "y\n")
    assert message("a,b,c").startswith("a,b,c: SOURCE,TARGET are two files with one comma between them")
    assert "got 2 commas, and 2 ways to cut" in message("a,b,c")
    assert "got 3 commas, and 0 ways to cut" in message("a,b,c,d")


@pytest.mark.parametrize(
    ("files", "start"),
    [
        ("there,gone", "gone: no such file"),
        ("gone,there", "gone: no such file"),
        ("there,folder", "folder: is a folder; a file is needed"),
        ("there,", "a name is missing beside the comma"),
        (",there", "a name is missing beside the comma"),
    ],
)
def test_a_missing_one_of_two_files_is_named_with_what_was_given(tmp_path, monkeypatch, files, start):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "there", "a\n")
    (tmp_path / "folder").mkdir()
    assert message(files) == f'{start} ("{files}" means two line-aligned files: SOURCE,TARGET)'


def test_a_missing_single_file_is_named(tmp_path):
    assert message(tmp_path / "gone.tsv") == f"{tmp_path / 'gone.tsv'}: no such file"


# ---------------------------------------------------------------- what is wrong in a file


@pytest.mark.parametrize(("sources", "targets"), [(1, 2), (2, 1), (5, 300), (300, 5)])
def test_unequal_line_counts_name_both_files_and_counts(tmp_path, sources, targets):
    source, target = write(tmp_path, "en", "a\n" * sources), write(tmp_path, "de.gz", "b\u2028\n" * targets)
    said = message(f"{source},{target}")
    assert said.startswith(f"{source}: {sources} lines, but {target} has {targets}: ")
    assert "leave a blank line" in said


@pytest.mark.parametrize("blank", ["en", "de"])
def test_an_aligned_file_of_blank_lines_is_refused(tmp_path, blank):
    for name in ("en", "de"):
        write(tmp_path, name, "\n \n" if name == blank else "a\nb\n")
    said = message(f"{tmp_path / 'en'},{tmp_path / 'de'}")
    assert said == f"{tmp_path / blank}: only blank lines; one text a line is needed"


@pytest.mark.parametrize("name", ["f.txt", "f.csv", "f.tsv", "f.jsonl"])
def test_a_file_of_blank_lines_is_refused(tmp_path, name):
    assert "only blank lines" in message(write(tmp_path, name, "\n \n\n"))


@pytest.mark.parametrize("name", ["f.txt", "f.csv"])
def test_a_header_without_rows_is_refused(tmp_path, name):
    mark = "," if name == "f.csv" else "\t"
    assert message(write(tmp_path, name, f"source{mark}target\n\n")).endswith(
        "a header, but no rows after it"
    )


@pytest.mark.parametrize(
    ("name", "content", "line", "counts", "fix"),
    [
        ("f.txt", "a\tb\n\nc\n", 3, "must be 2; got 1", "a tab stands between columns"),
        ("f.txt", "a\tb\nc\td\te\n", 2, "must be 2; got 3", "and nowhere else"),
        ("f.txt", "a b\n", 1, "must be 2; got 1", "a tab stands between columns"),
        ("f.txt", "a\tb\tc\n", 1, "must be 2; got 3", 'needs a first line that names "source" and "target"'),
        ("f.txt", "id\tsource\ttarget\na\tb\n", 2, "must be 3; got 2", "a tab stands between"),
        ("f.csv", 'a,"b\nc"\n\nd,e,f\n', 4, "must be 2; got 3", "a comma in double quotes"),
        ("f.csv", "a\n", 1, "must be 2; got 1", "a comma in double quotes"),
    ],
)
def test_a_wrong_number_of_columns_names_line_count_and_fix(tmp_path, name, content, line, counts, fix):
    path = write(tmp_path, name, content)
    said = message(path)
    assert said.startswith(f"{path} line {line}: the number of columns {counts} (")
    assert fix in said


def test_sources_of_three_columns_are_refused(tmp_path):
    with pytest.raises(DataError, match="line 1: the number of columns must be 1 or 2; got 3"):
        list(read_sources(write(tmp_path, "f.tsv", "a\tb\tc\n")))


@pytest.mark.parametrize("name", ["f.tsv", "f.txt", "f.jsonl"])
def test_a_chosen_column_that_is_missing_names_its_option(tmp_path, name):
    content = '{"en": "a", "de": "b"}\n' if name == "f.jsonl" else "en\tde\na\tb\n"
    said = message(write(tmp_path, name, content), source_column="en")
    assert said.endswith('no column "target"; columns are "en", "de" (use --target-column de)')


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    assert "2 columns are named" in message(write(tmp_path, "f.tsv", "source\ttarget\tsource\na\tb\tc\n"))


def test_an_unfinished_quote_of_a_csv_names_its_line(tmp_path):
    assert "line 2: a quoted field starts here and never ends" in message(
        write(tmp_path, "f.csv", 'a,b\n"c,d\n')
    )


def test_the_line_that_is_not_utf8_is_named_with_its_file(tmp_path):
    good = write(tmp_path, "en", "a\nb\n")
    (tmp_path / "de").write_bytes(b"a\n\xe9\n")
    assert message(f"{good},{tmp_path / 'de'}").startswith(f"{tmp_path / 'de'} line 2: not UTF-8 text")


def test_one_column_for_both_sides_is_refused(tmp_path):
    with pytest.raises(
        ConfigError, match=r'two columns; both are "en" .*--source-column and --target-column'
    ):
        next(read_pairs(tmp_path / "f.tsv", source_column="en", target_column="en"))
