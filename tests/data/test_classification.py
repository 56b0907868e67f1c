import io
import sys

import pytest

from headgate.data import LabelledText, read_labelled, read_texts
from headgate.errors import ConfigError, DataError


def test_labelled_texts_keep_their_text_and_strip_their_label(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text('text,label\n" a ", x \n,y\n')
    assert list(read_labelled(path)) == [LabelledText(" a ", "x", 2), LabelledText("", "y", 3)]


def test_columns_can_be_chosen_by_name(tmp_path):
    path = tmp_path / "f.tsv"
    path.write_text("stars\tid\treview\n5\t1\tgood\n")
    found = list(read_labelled(str(path), text_column="review", label_column="stars"))
    assert found == [LabelledText("good", "5", 2)]


@pytest.mark.parametrize("label", ["", " \u00a0"])
def test_an_empty_label_names_its_line_and_column(tmp_path, label):
    path = tmp_path / "f.csv"
    path.write_text(f"text,stars\na,x\nb,{label}\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        list(read_labelled(path, label_column="stars"))
    assert str(caught.value) == (
        f'{path} line 3: the label (column "stars") is empty (fill it or drop the row)'
    )


def test_one_column_cannot_be_both_text_and_label(tmp_path):
    with pytest.raises(ConfigError, match='both are "a"'):
        list(read_labelled(tmp_path / "f.csv", text_column="a", label_column="a"))


def test_rows_before_a_bad_one_are_given_first(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("text,label\na,x\nb\n")
    examples = read_labelled(path)
    assert next(examples) == LabelledText("a", "x", 2)
    with pytest.raises(DataError, match="line 3"):
        next(examples)


@pytest.mark.parametrize("name", ["f.txt", "f.md", "f"])
def test_plain_files_give_one_text_a_line_blank_lines_too(tmp_path, name):
    path = tmp_path / name
    path.write_bytes("text,label\n\n a \r\n{\u0085}\n\n".encode())
    assert list(read_texts(path)) == ["text,label", "", " a ", "{\u0085}", ""]


def test_standard_input_gives_one_text_a_line(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"a"}\n\nb')))
    assert list(read_texts("-")) == ['{"a"}', "", "b"]


def test_tables_give_their_text_column(tmp_path):
    (tmp_path / "f.csv").write_text('label,text\nx,"a\nb"\ny,\n')
    assert list(read_texts(tmp_path / "f.csv")) == ["a\nb", ""]
    (tmp_path / "g.csv").write_text("review\na\n\nb\n")
    assert list(read_texts(tmp_path / "g.csv", text_column="review")) == ["a", "", "b"]


def test_a_table_without_the_text_column_names_the_option(tmp_path):
    (tmp_path / "f.csv").write_text("review\na\n")
    with pytest.raises(DataError, match=r'no column "text"; columns are "review" \(use --text-column review'):
        list(read_texts(tmp_path / "f.csv"))


def test_a_missing_plain_file_is_an_error_and_never_a_hub_dataset(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("owner/name", "gone.txt"):
        with pytest.raises(DataError, match="no such file"):
            list(read_texts(name))
