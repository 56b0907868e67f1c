import io
import json
import sys

import pytest

from headgate.data import read_table
from headgate.errors import DataError, MissingExtraError

OPTIONS = {"text": "--text-column", "label": "--label-column"}


def message(path, columns=OPTIONS) -> str:
    with pytest.raises(DataError) as caught:
        list(read_table(path, columns))
    return str(caught.value)


def write(folder, name: str, content: str):
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    return path


# ---------------------------------------------------------------- columns that are not there


def test_a_missing_column_names_the_columns_there_are_and_the_option(tmp_path):
    path = write(tmp_path, "f.csv", "text,stars\na,b\n")
    expected = 'line 1: no column "label"; columns are "text", "stars" (use --label-column stars)'
    assert message(path) == f"{path} {expected}"


def test_a_missing_column_of_tsv_and_jsonl_says_the_same(tmp_path):
    expected = 'line 1: no column "label"; columns are "text", "stars" (use --label-column stars)'
    assert message(write(tmp_path, "f.tsv", "text\tstars\na\tb\n")).endswith(expected)
    assert message(write(tmp_path, "f.jsonl", '{"text": "a", "stars": 1}\n')).endswith(expected)


def test_a_missing_column_of_parquet_says_the_same_without_a_line(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "f.parquet"
    parquet.write_table(pyarrow.table({"text": ["a"], "stars": [1]}), path)
    expected = 'no column "label"; columns are "text", "stars" (use --label-column stars)'
    assert message(path) == f"{path}: {expected}"


@pytest.mark.parametrize(
    ("header", "fix"),
    [
        ("text,Labels,other", "(use --label-column Labels)"),  # spelt alike
        ("text,my stars", "(use --label-column 'my stars')"),  # the only other one, quoted for the shell
        ("text,stars,helpful", "(use --label-column COLUMN)"),  # anyone's guess
    ],
)
def test_the_likeliest_column_is_suggested(tmp_path, header, fix):
    assert message(write(tmp_path, "f.csv", f"{header}\n")).endswith(fix)


def test_without_options_a_missing_column_names_only_the_columns(tmp_path):
    path = write(tmp_path, "f.csv", "text,stars\na,b\n")
    assert message(path, ["text", "label"]).endswith('no column "label"; columns are "text", "stars"')


def test_a_file_without_a_header_is_told_that_it_needs_one(tmp_path):
    path = write(tmp_path, "f.csv", f'"A film\nof {"very " * 30}many words",positive\nDull,negative\n')
    said = message(path)
    assert '"A film\\nof very' in said
    assert said.endswith('positive" (use --text-column COLUMN; the first line must name the columns)')
    assert "\n" not in said and len(said) < 300


@pytest.mark.parametrize(
    ("name", "header", "separators"),
    [("f.csv", "text;label", "commas"), ("f.csv", "text\tlabel", "commas"), ("f.tsv", "text,label", "tabs")],
)
def test_columns_separated_by_something_else_are_recognised(tmp_path, name, header, separators):
    path = write(tmp_path, name, f"{header}\n{header}\n")
    shown = json.dumps(header)
    rule = f"the first line must name the columns, separated by {separators}"
    assert message(path) == f"{path} line 1: the header is one column, {shown}; {rule}"


def test_two_columns_of_the_asked_name_are_an_error(tmp_path):
    path = write(tmp_path, "f.csv", "text,label,text\na,b,c\n")
    assert message(path) == f'{path} line 1: 2 columns are named "text"; rename all but one'


def test_a_key_missing_from_one_json_line_names_that_line(tmp_path):
    path = write(tmp_path, "f.jsonl", '{"text": "a", "label": "x"}\n{"text": "a"}\n')
    assert 'line 2: no column "label"; columns are "text"' in message(path)


# ---------------------------------------------------------------- rows that cannot be read


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("f.csv", "text,label\na,b\nc\n", "line 3: 1 field where the header has 2 columns (put a field"),
        ("f.csv", 'text,label\n"a\nb",c\nd,e,f\n', "line 4: 3 fields where the header has 2 columns"),
        ("f.tsv", "text\tlabel\na\tb\tc\n", "line 2: 3 fields where the header has 2 columns (a tsv field"),
        ("f.csv", 'text,label\n"a" b,c\n', "line 2: text after a closing quote (double every quote"),
        ("f.csv", 'text,label\na,b\n"c,d\ne,f\n', "line 3: a quoted field starts here and never ends"),
        ("f.csv", "text,label\na\rb,c\n", 'line 2: a "\\r" outside quotes (end lines with'),
        ("f.csv", "text,label\n", "line 1: a header, but no rows after it"),
        ("f.csv", "text,label", "line 1: a header, but no rows after it"),
        ("f.tsv", "\ntext\tlabel\n\n", "line 2: a header, but no rows after it"),
        ("f.csv", "\n\n", "line 1: only blank lines; the first line must name the columns"),
        ("f.jsonl", " \n\n", "line 1: only blank lines; one JSON object a line is needed"),
        (
            "f.jsonl",
            '{"text": "a", "label": "b"}\n{"text": "a"',
            "line 2: not JSON: Expecting ',' delimiter at",
        ),
        ("f.jsonl", '["a", "b"]\n', "line 1: a JSON list, not an object"),
        ("f.jsonl", "null\n", "line 1: a JSON NoneType, not an object"),
        ("f.jsonl", "[" * 100_000, "line 1: JSON that cannot be read"),
        ("f.jsonl", "9" * 10_000, "line 1: JSON that cannot be read"),
        ("f.jsonl", '{"text": null, "label": "b"}\n', 'line 1: column "text" is null; text, a number or'),
        ("f.jsonl", '{"text": NaN, "label": "b"}\n', 'line 1: column "text" is null'),
        ("f.jsonl", '{"text": ["a"], "label": "b"}\n', 'line 1: column "text" is a list'),
        ("f.jsonl", '{"text": "\\ud83d", "label": "b"}\n', "line 1: \\ud83d is half a character"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_its_fault(tmp_path, name, content, expected):
    path = write(tmp_path, name, content)
    assert message(path).startswith(f"{path} {expected}")


@pytest.mark.parametrize(("value", "kind"), [(None, "null"), (["a"], "a list"), (b"a", "a bytes")])
def test_a_value_of_parquet_that_is_no_text_is_named_with_its_row(tmp_path, value, kind):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "f.parquet"
    good = None if value is None else type(value)(value)
    texts = ["a", None] if value is None else [good, value]
    parquet.write_table(pyarrow.table({"text": texts}), path)
    row = 2 if value is None else 1
    assert message(path, ["text"]).startswith(f'{path} line {row}: column "text" is {kind}; text')


def test_parquet_without_rows_is_an_error(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "f.parquet"
    parquet.write_table(pyarrow.table({"text": pyarrow.array([], pyarrow.string())}), path)
    assert message(path, ["text"]) == f"{path}: the table has no rows"


@pytest.mark.parametrize("content", [b"", b"text,label\na,b\n", b"PAR1 but cut PAR1"])
def test_what_is_no_parquet_is_a_data_error_of_one_line(tmp_path, content):
    pytest.importorskip("pyarrow")
    path = tmp_path / "f.parquet"
    path.write_bytes(content)
    said = message(path)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said


def test_parquet_that_is_not_utf8_is_a_data_error(tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "f.parquet"
    parquet.write_table(pyarrow.table({"text": pyarrow.array([b"caf\xe9"]).view(pyarrow.string())}), path)
    assert "not a parquet file that can be read: 'utf-8' codec" in message(path, ["text"])


def test_without_pyarrow_parquet_names_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "f.parquet").write_bytes(b"PAR1")
    with pytest.raises(MissingExtraError, match=r'pip install "headgate\[data\]"'):
        list(read_table(tmp_path / "f.parquet", ["text"]))


def test_an_unknown_suffix_names_those_that_are_read(tmp_path):
    path = write(tmp_path, "f.xlsx", "text,label\na,b\n")
    assert message(path) == (
        f"{path}: no table by its name; tables are .csv, .tsv, .jsonl, .parquet, each also with .gz after it"
    )


def test_a_missing_file_is_called_so_whatever_its_suffix(tmp_path):
    for name in ("f", "f.csv", "f.csv.gz", "f.parquet", "f.xlsx"):
        assert message(tmp_path / name) == f"{tmp_path / name}: no such file"


# ---------------------------------------------------------------- standard input


def test_errors_of_standard_input_name_it_and_its_line(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\ntext,label\na,b\nc\n")))
    assert message("-").startswith("standard input line 4: 1 field where")


def test_blank_standard_input_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n \n")))
    assert message("-") == "standard input line 1: only blank lines; the first line must name the columns"
