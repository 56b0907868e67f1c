import csv
import gzip
import io
import json
import sys
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.data import read_table

OPTIONS = {"text": "--text-column", "label": "--label-column"}
TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(
        ['a "quoted" one', "two\nlines", "nel\u0085ls\u2028", "😀👩‍👩‍👧", "a,b\tc", '"', "\ufeff", ""]
    ),
)
PAIRS = st.lists(st.tuples(TEXT, TEXT), min_size=1)
TSV_TEXT = TEXT.map(lambda text: text.replace("\t", " ").replace("\n", " ").rstrip("\r"))


def values(path, columns=("text", "label")):
    return [row.values for row in read_table(path, columns)]


def write(folder, name: str, content: str):
    path = folder / name
    path.write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    return path


# ---------------------------------------------------------------- what is written comes back


# Before Python 3.13 the csv module quotes a "\r" only where the line end holds one.
@settings(deadline=None)
@given(
    pairs=PAIRS,
    style=st.sampled_from([("\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_MINIMAL)]),
    packed=st.booleans(),
)
def test_csv_of_the_standard_library_comes_back(pairs, style, packed, tmp_path_factory):
    file = io.StringIO()
    csv.writer(file, lineterminator=style[0], quoting=style[1]).writerows([("text", "label"), *pairs])
    name = "f.csv.gz" if packed else "f.csv"
    assert values(write(tmp_path_factory.mktemp("csv"), name, file.getvalue())) == pairs


@settings(deadline=None)
@given(texts=st.lists(TEXT, min_size=1))
def test_csv_of_one_column_comes_back_with_its_empty_texts(texts, tmp_path_factory):
    file = io.StringIO()
    csv.writer(file).writerows([["text"], *([text] for text in texts)])
    path = write(tmp_path_factory.mktemp("csv"), "f.csv", file.getvalue())
    assert values(path, ["text"]) == [(text,) for text in texts]


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(TSV_TEXT, TSV_TEXT), min_size=1), packed=st.booleans())
def test_tsv_comes_back_with_its_quotes_as_they_are(pairs, packed, tmp_path_factory):
    content = "".join(f"{text}\t{label}\n" for text, label in [("text", "label"), *pairs])
    name = "f.tsv.gz" if packed else "f.tsv"
    assert values(write(tmp_path_factory.mktemp("tsv"), name, content)) == pairs


@settings(deadline=None)
@given(pairs=PAIRS, ascii_only=st.booleans(), packed=st.booleans())
def test_jsonl_of_the_standard_library_comes_back(pairs, ascii_only, packed, tmp_path_factory):
    records = [{"label": label, "more": [None], "text": text} for text, label in pairs]
    content = "\n".join(json.dumps(record, ensure_ascii=ascii_only) for record in records)
    name = "f.jsonl.gz" if packed else "f.jsonl"
    assert values(write(tmp_path_factory.mktemp("jsonl"), name, content)) == pairs


@settings(deadline=None)
@given(pairs=PAIRS, packed=st.booleans(), group=st.integers(1, 5), encoded=st.booleans())
def test_parquet_of_pyarrow_comes_back(pairs, packed, group, encoded, tmp_path_factory):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    label = pyarrow.array([label for _, label in pairs])
    columns = {
        "label": label.dictionary_encode() if encoded else label,
        "more": list(range(len(pairs))),
        "text": [text for text, _ in pairs],
    }
    path = tmp_path_factory.mktemp("parquet") / "f.parquet"
    parquet.write_table(pyarrow.table(columns), path, row_group_size=group)
    if packed:
        path = path.with_suffix(".parquet.gz")
        path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))
    assert values(path) == pairs


def test_columns_come_in_the_order_asked_and_names_are_stripped(tmp_path):
    path = write(tmp_path, "f.csv", "a, b ,c\n1,2,3\n")
    assert values(path, ["c", "b"]) == [("3", "2")]


def test_a_row_knows_the_line_it_starts_on(tmp_path):
    path = write(tmp_path, "f.csv", '\ntext,label\n"two\nlines",x\n\nlast,y\n')
    assert [row.line for row in read_table(path, OPTIONS)] == [3, 6]
    path = write(tmp_path, "f.tsv", "text\tlabel\na\tx\n\nb\ty\n")
    assert [row.line for row in read_table(path, OPTIONS)] == [2, 4]
    path = write(tmp_path, "f.jsonl", '\n{"text": "", "label": "x"}\n \n{"text": "", "label": "y"}')
    assert [row.line for row in read_table(path, OPTIONS)] == [2, 4]


def test_a_row_of_parquet_knows_its_number(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    texts = [str(number) for number in range(1, 10_001)]
    parquet.write_table(pyarrow.table({"text": texts}), tmp_path / "f.parquet")
    rows = list(read_table(tmp_path / "f.parquet", ["text"]))
    assert [str(row.line) for row in rows] == texts == [row.values[0] for row in rows]


def test_a_field_of_any_length_is_read(tmp_path):
    long = "word " * 100_000
    assert values(write(tmp_path, "f.csv", f"text,label\n{long},x\n")) == [(long, "x")]


def test_suffixes_are_read_in_any_case(tmp_path):
    assert values(write(tmp_path, "F.CSV", "text,label\na,b\n")) == [("a", "b")]


@pytest.mark.parametrize(
    ("json_value", "text"), [("3", "3"), ("-0.5", "-0.5"), ("1e3", "1000.0"), ("true", "True"), ('"x"', "x")]
)
def test_numbers_and_booleans_become_their_text(tmp_path, json_value, text):
    path = write(tmp_path, "f.jsonl", f'{{"text": "t", "label": {json_value}}}\n')
    assert values(path) == [("t", text)]


def test_numbers_and_booleans_of_parquet_become_their_text(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = {"int": [1], "float": [0.5], "bool": [False], "decimal": [Decimal("1.10")]}
    parquet.write_table(pyarrow.table(table), tmp_path / "f.parquet")
    assert values(tmp_path / "f.parquet", list(table)) == [("1", "0.5", "False", "1.10")]


# ---------------------------------------------------------------- standard input


@pytest.mark.parametrize(
    "content",
    [
        "text,label\na,b\n",
        "text\tlabel\na\tb\n",
        '{"text": "a", "label": "b"}\n',
        '\n \n {"text": "a", "label": "b"}',
    ],
)
def test_standard_input_is_known_by_its_first_line(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    assert values("-") == [("a", "b")]
