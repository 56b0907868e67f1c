import gzip
import io
import json
import sys

import pytest

from headgate.data import TaggedSentence, read_tagged
from headgate.errors import ConfigError, DataError


def write(folder, name: str, content: str):
    path = folder / name
    path.write_bytes(content.encode())
    return path


def message(path, kind=DataError, **columns) -> str:
    with pytest.raises(kind) as caught:
        list(read_tagged(path, **columns))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def record(text="Anna lives in California", **span) -> str:
    return json.dumps({"text": text, "spans": [{"start": 0, "end": 4, "label": "PER"} | span]})


TAB_RULE = "(columns are separated by a tab, as on line 1; a blank line ends a sentence)"
BLANK_RULE = TAB_RULE.replace("a tab", "blanks")
UNIVERSAL = "10, separated by tabs, are needed: ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC"
COUNTED = "(offsets count characters from 0, and end is the first after the span)"
WORD = "1\tAnna\t_\tPROPN" + "\t_" * 6 + "\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a\tO\nb\tX\tO\n", f' line 2: 3 columns where line 1 has 2: "b\\tX\\tO" {TAB_RULE}'),
        ("a\tO\n\nb\n", f' line 3: 1 column where line 1 has 2: "b" {TAB_RULE}'),
        ("a\tO\nb O\n", f' line 2: 1 column where line 1 has 2: "b O" {TAB_RULE}'),
        ("a X O\nb O\n", f' line 2: 2 columns where line 1 has 3: "b O" {BLANK_RULE}'),
        ("a O\nb\tO\n", f' line 2: 1 column where line 1 has 2: "b\\tO" {BLANK_RULE}'),
        ("a\tO\n# c\nb\tO\n", f' line 2: 1 column where line 1 has 2: "# c" {TAB_RULE}'),
        ("a\tO\n \tO\n", ' line 2: the token (column 0) is empty: " \\tO" (write it, or drop the line)'),
        ("a\tO\nb\t\n", ' line 2: the tag (column 1) is empty: "b\\t" (write it, or drop the line)'),
        ("# c\na\n", ' line 2: 1 column, "a"; a token and its tag must be separated by a tab or by blanks'),
        ("", ": the file is empty"),
        ("\n \n", ": only blank lines and comments; lines of a token and its tag are needed"),
        ("# a\n\n# b c\n", ": only blank lines and comments; lines of a token and its tag are needed"),
        (
            "-DOCSTART- -X- O\n",
            ": only blank lines and comments; lines of a token and its tag are needed",
        ),
    ],
)
def test_bad_columns_are_named_with_their_line_and_fault(tmp_path, content, expected):
    path = write(tmp_path, "f.conll", content)
    assert message(path) == f"{path}{expected}"


@pytest.mark.parametrize(
    ("columns", "option", "number"),
    [
        ({"tag_column": "3"}, "--tag-column", "3"),
        ({"tag_column": -4}, "--tag-column", "-4"),
        ({"token_column": 99}, "--token-column", "99"),
    ],
)
def test_a_column_beyond_the_file_names_the_option_and_the_columns(tmp_path, columns, option, number):
    path = write(tmp_path, "f.conll", "# c\nAnna NNP B-PER\n")
    assert message(path, **columns) == (
        f"{path} line 2: no column {number}; columns are 0 to 2 (-3 to -1 from the right), "
        f'this line is "Anna NNP B-PER" (use {option} COLUMN)'
    )


def test_a_name_is_no_column_where_columns_have_no_names(tmp_path):
    path = write(tmp_path, "f.conll", "Anna B-PER\n")
    assert message(path, ConfigError, tag_column="NER") == (
        "--tag-column must be a number where columns have no names (0 is the first column, -1 the last); "
        f'got "NER" for {path}'
    )


def test_token_and_tag_cannot_be_one_column(tmp_path):
    said = message(tmp_path / "f.conll", ConfigError, token_column=1, tag_column="1")
    assert said.startswith('token and tag must be two columns; both are "1" (choose them with --token-column')
    path = write(tmp_path, "f.conll", "Anna B-PER\n")
    said = message(path, ConfigError, token_column="-2", tag_column="0")
    assert f'"-2" and "0" are the same one in {path} (choose them with --token-column' in said
    path = write(tmp_path, "f.conllu", WORD)
    assert '"form" and "1" are the same one' in message(path, ConfigError, token_column="form", tag_column=1)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("# c\n1\tAnna\tPROPN\n", f' line 2: 3 columns, "1\\tAnna\\tPROPN"; {UNIVERSAL}'),
        (WORD.replace("\t", " "), f' line 1: 1 column, "1 Anna _ PROPN _ _ _ _ _ _"; {UNIVERSAL}'),
        (
            WORD + WORD.replace("1", "one", 1),
            ' line 2: an ID is a number, a range (1-2) or an empty node\'s (1.1); got "one"',
        ),
        (
            WORD.replace("Anna", ""),
            ' line 1: the token (column 1) is empty: "1\\t\\t_\\tPROPN\\t_\\t_\\t_\\t_\\t_\\t_" '
            "(write it, or drop the line)",
        ),
        ("# text = a\n\n", ": no words; lines of ten columns, a word each, are needed"),
        (WORD.replace("1", "1-2"), ": no words; lines of ten columns, a word each, are needed"),
        (
            "# global.columns = ID FORM NER\n1\tAnna\tPER\n",
            ' line 1: no column "UPOS"; columns are ID, FORM, NER, or 0 to 2 (use --tag-column COLUMN)',
        ),
    ],
)
def test_bad_conllu_is_named_with_its_line_and_fault(tmp_path, content, expected):
    path = write(tmp_path, "f.conllu", content)
    assert message(path) == f"{path}{expected}"


@pytest.mark.parametrize("column", ["POSTAG", "10", "-11"])
def test_a_column_that_conllu_lacks_names_those_it_has(tmp_path, column):
    path = write(tmp_path, "f.conllu", WORD)
    assert message(path, token_column=column) == (
        f'{path} line 1: no column "{column}"; columns are ID, FORM, LEMMA, UPOS, XPOS, FEATS, HEAD, DEPREL, '
        "DEPS, MISC, or 0 to 9 (use --token-column COLUMN)"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            record(start=14, end=20),
            f'span 14 to 20 ("Califo") ends inside the word "California" (14 to 24) {COUNTED}',
        ),
        (
            record(start=1),
            f'span 1 to 4 ("nna") begins inside the word "Anna" (0 to 4) {COUNTED}',
        ),
        (
            record(text="e\u0301te\u0301 a", end=3),
            f'span 0 to 3 ("e\u0301t") ends inside the word "e\u0301te\u0301" (0 to 5) {COUNTED}',
        ),
        (
            record(text="👍🏽👍🏽", end=1),
            f'span 0 to 1 ("👍") ends inside the word "👍🏽👍🏽" (0 to 4) {COUNTED}',
        ),
        (record(end=0), f"span 0 to 0: 0 <= start < end <= 24, the text's length, is needed {COUNTED}"),
        (record(end=25), f"span 0 to 25: 0 <= start < end <= 24, the text's length, is needed {COUNTED}"),
        (record(start=-4), f"span -4 to 4: 0 <= start < end <= 24, the text's length, is needed {COUNTED}"),
        (record(text="a \u00a0 b", start=1, end=3), 'span 1 to 3 (" \u00a0") holds no word (drop it)'),
        (record(label=" "), 'the label of span 0 to 4 ("Anna") is empty (name it or drop it)'),
        (record(label=3), 'the label of span 0 to 4 ("Anna") is a number, not text (name it or drop it)'),
        (record(start="0"), 'a span\'s "start" is text; a whole number is needed'),
        (record(end=4.0), 'a span\'s "end" is a number; a whole number is needed'),
        (record(end=True), 'a span\'s "end" is true or false; a whole number is needed'),
        (
            '{"text": "Anna", "spans": [{"begin": 0, "end": 4, "label": "PER"}]}',
            'a span has no "start"; its keys are "begin", "end", "label"',
        ),
        (
            '{"text": "Anna", "spans": [[0, 4, "PER"]]}',
            '"spans" holds a list; {"start", "end", "label"} is needed',
        ),
        ('{"text": "Anna", "spans": {}}', '"spans" is an object; a list is needed'),
        ('{"text": null, "spans": []}', '"text" is null; text is needed'),
        (
            '{"text": "Anna", "entities": []}',
            'a record needs "text" and "spans", or "tokens" and "tags"; its keys are "text", "entities" '
            "(use --token-column KEY and --tag-column KEY)",
        ),
        ('{"tokens": ["a", "b"], "tags": ["O"]}', "2 tokens but 1 tags; each token needs one tag"),
        (
            '{"tokens": ["a", ""], "tags": ["O", "O"]}',
            '"tokens" holds an empty text at place 1, counted from 0 (write it, or drop token and tag)',
        ),
        (
            '{"tokens": ["a"], "tags": [" "]}',
            '"tags" holds an empty text at place 0, counted from 0 (write it, or drop token and tag)',
        ),
        (
            '{"tokens": ["a"], "tags": [3]}',
            '"tags" holds a number at place 0, counted from 0; texts are needed '
            "(write names of tags, not their numbers)",
        ),
        ('{"tokens": "a", "tags": ["O"]}', '"tokens" is text; a list of texts is needed'),
        ("[1]", "a JSON list, not an object (one JSON object a line is needed)"),
        (
            '{"tokens": ["a"]',
            "not JSON: Expecting ',' delimiter at character 18 (one JSON object a line is needed)",
        ),
        (
            '{"tokens": ["\\ud83d"], "tags": ["O"]}',
            "\\ud83d is half a character (an escape beyond U+FFFF needs both its halves)",
        ),
    ],
)
def test_a_bad_record_is_named_with_its_line_and_fault(tmp_path, content, expected):
    path = write(tmp_path, "f.jsonl", f"{record()}\n\n{content}\n")
    assert message(path) == f"{path} line 3: {expected}"


def test_spans_that_share_a_word_are_an_error_that_shows_both(tmp_path):
    spans = [
        {"start": 0, "end": 10, "label": "X"},
        {"start": 14, "end": 24, "label": "X"},
        {"start": 5, "end": 13, "label": "Y"},
    ]
    path = write(tmp_path, "f.jsonl", json.dumps({"text": "Anna lives in California", "spans": spans}))
    assert message(path) == (
        f'{path} line 1: span 5 to 13 ("lives in") overlaps span 0 to 10 ("Anna lives"); '
        "spans must not (keep one)"
    )


@pytest.mark.parametrize("content", ["[" * 100_000, "9" * 10_000])
def test_json_too_deep_or_too_long_is_an_error_of_its_line(tmp_path, content):
    assert " line 1: JSON that cannot be read" in message(write(tmp_path, "f.jsonl", content))


def test_jsonl_of_blank_lines_is_an_error(tmp_path):
    path = write(tmp_path, "f.jsonl", " \n\n")
    assert message(path) == f"{path} line 1: only blank lines; one JSON object a line is needed"


def test_a_key_that_is_not_there_is_named_with_those_that_are(tmp_path):
    path = write(tmp_path, "f.jsonl", record())
    assert message(path, tag_column="ner_tags") == (
        f'{path} line 1: a record needs "tokens" and "ner_tags"; its keys are "text", "spans" '
        "(use --token-column KEY and --tag-column KEY)"
    )


def test_sentences_before_a_bad_line_are_given_first(tmp_path):
    sentences = read_tagged(write(tmp_path, "f.conll", "a\tO\n\nb\tO\nc\n"))
    assert next(sentences) == TaggedSentence(("a",), ("O",), 1, (1,))
    with pytest.raises(DataError, match="line 4"):
        next(sentences)


@pytest.mark.parametrize("name", ["f.conll", "f.conllu", "f.jsonl"])
def test_files_that_cannot_be_read_are_called_so_in_every_format(tmp_path, name):
    assert message(tmp_path / name) == f"{tmp_path / name}: no such file"
    assert message(write(tmp_path, name, "")) == f"{tmp_path / name}: the file is empty"
    (tmp_path / name).write_bytes(b"a\tO\nb\xe9\tO\n"[4 * (name != "f.conll") :])
    assert "not UTF-8 text: byte 0xe9" in message(tmp_path / name)
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(b"a\tO\n" * 999)[:30])
    assert "damaged or cut-off gzip data" in message(packed)


def test_a_hub_dataset_is_told_what_to_do():
    said = "hub:conll2003: tagged sentences are not read from the hub (save them as jsonl:"
    assert message("hub:conll2003").startswith(said)


def test_errors_of_standard_input_name_it_and_its_line(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"# c\n\na O\nb\n")))
    assert message("-").startswith("standard input line 4: 1 column where line 3 has 2")
