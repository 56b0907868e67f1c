import gzip
import json
import os
import subprocess
import sys

import pytest

from headgate.runtime import load
from tests.cli.conftest import assert_one_line

TEXTS = ["the film was good", "", "a bad plot\twith a tab", "naïve 😀", "the film was good"]


def records(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def model(make_model):
    return make_model(bag=True, ngrams=30).path


def expected(model, texts) -> list[dict]:
    return [answer.to_json(text) for answer, text in zip(load(model).predict(texts), texts, strict=True)]


def test_texts_on_the_command_line_are_answered_in_order(headgate, model):
    done = headgate("predict", model, *TEXTS, "--format", "jsonl")
    assert (done.status, done.err) == (0, "")
    found = records(done.out)
    assert found == expected(model, TEXTS)
    for record in found:
        assert list(record) == ["text", "label", "score", "scores"]
        assert sum(record["scores"].values()) == pytest.approx(1.0)


def test_plain_output_is_label_probability_and_text_in_columns(headgate, model):
    done = headgate("predict", model, *TEXTS)
    assert (done.status, done.err) == (0, "")
    lines = [line.split("\t") for line in done.out.splitlines()]
    for (label, score, text), answer in zip(lines, expected(model, TEXTS), strict=True):
        assert (label, score) == (answer["label"], f"{answer['score']:.4f}")
        assert text == " ".join(answer["text"].split())


@pytest.mark.parametrize("name", ["texts.txt", "texts.txt.gz", "texts.csv", "texts.jsonl.gz"])
def test_a_file_is_answered_line_by_line_or_row_by_row(headgate, model, tmp_path, name):
    rows = {
        "txt": "".join(f"{text}\n" for text in TEXTS),
        "csv": "id,text\n" + "".join(f'{place},"{text}"\n' for place, text in enumerate(TEXTS)),
        "jsonl": "".join(json.dumps({"text": text}) + "\n" for text in TEXTS),
    }
    path = tmp_path / name
    content = rows[name.split(".")[1]].encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    done = headgate("predict", model, "--input", path, "--format", "jsonl")
    assert (done.status, done.err) == (0, "")
    assert records(done.out) == expected(model, TEXTS)


@pytest.mark.parametrize("options", [[], ["--input", "-"]])
def test_standard_input_is_answered_line_by_line(headgate, model, options):
    done = headgate("predict", model, *options, "--format", "jsonl", stdin="\n".join(TEXTS))
    assert (done.status, done.err) == (0, "")
    assert records(done.out) == expected(model, TEXTS)


def test_another_column_can_be_named(headgate, model, tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text("review,stars\ngood film,5\n", encoding="utf-8")
    done = headgate("predict", model, "--input", path, "--text-column", "review", "--format", "jsonl")
    assert records(done.out) == expected(model, ["good film"])


def test_a_column_that_the_model_has_no_use_for_is_refused(headgate, model, make_translator):
    of_translator = headgate("predict", make_translator().path, "a text", "--text-column", "review")
    assert_one_line(of_translator, "--text-column", "translator", "--source-column")
    of_classifier = headgate("predict", model, "a text", "--source-column", "review")
    assert_one_line(of_classifier, "--source-column", "translators", "--text-column")


def test_the_order_is_kept_across_chunks(headgate, model, monkeypatch):
    monkeypatch.setattr("headgate.runtime.chunks.CHUNK_TEXTS", 3)
    texts = [f"the film number {number} " + "was good " * (number % 4) for number in range(11)]
    done = headgate("predict", model, "--format", "jsonl", stdin="\n".join(texts))
    assert [record["text"] for record in records(done.out)] == texts


def test_output_goes_to_a_file_that_is_replaced_whole(headgate, model, tmp_path):
    out = tmp_path / "answers.jsonl"
    out.write_text("what was there before", encoding="utf-8")
    done = headgate("predict", model, *TEXTS, "--format", "jsonl", "--output", out)
    assert (done.status, done.out, done.err) == (0, "", "")
    assert records(out.read_text(encoding="utf-8")) == expected(model, TEXTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.jsonl", "model"]


def test_output_to_a_dash_is_standard_output(headgate, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert headgate("predict", model, "x", "--output", "-").out == headgate("predict", model, "x").out


def test_output_to_a_device_leaves_the_device(headgate, model, tmp_path):
    # A pipe stands for /dev/null, which a rename would replace by a file.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    done = headgate("predict", model, "x", "--output", pipe)
    assert (done.status, done.err) == (0, "")
    assert os.read(reader, 1000).decode().endswith("\tx\n")
    os.close(reader)
    assert pipe.is_fifo()


def test_a_failure_half_way_leaves_what_there_was_and_says_where_the_rest_is(headgate, model, tmp_path):
    texts, out = tmp_path / "texts.csv", tmp_path / "answers"
    texts.write_text("text\nfine\n" + "x,y\n", encoding="utf-8")
    out.write_text("before", encoding="utf-8")
    done = headgate("predict", model, "--input", texts, "--output", out)
    assert done.status == 2
    assert done.err == (
        f"headgate: {texts} line 3: 2 fields where the header has 1 column (put a field that holds a comma "
        f"in double quotes); what was written so far is in {out}.partial\n"
    )
    assert out.read_text(encoding="utf-8") == "before"


def test_texts_and_a_file_together_are_refused(headgate, model, tmp_path):
    done = headgate("predict", model, "text", "--input", tmp_path / "f.txt")
    assert (done.status, done.err) == (2, "headgate: give either texts or --input, not both\n")


def test_nothing_to_predict_on_a_terminal_is_said_at_once(model):
    terminal, keyboard = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "headgate", "predict", model], stdin=keyboard, capture_output=True, text=True
    )
    os.close(terminal)
    os.close(keyboard)
    assert done.returncode == 2
    assert done.stderr.startswith("headgate: nothing to predict: give texts, --input FILE, or pipe lines in")


def test_half_a_character_from_a_broken_shell_is_answered_and_escaped(headgate, model, tmp_path):
    done = headgate("predict", model, "good \udcff film", "--format", "jsonl")
    assert (done.status, done.err) == (0, "")
    assert r"good \udcff film" in done.out
    assert records(done.out)[0]["text"] == "good \udcff film"
    out = tmp_path / "out"
    assert headgate("predict", model, "good \udcff film", "--output", out).status == 0
    assert out.read_bytes().endswith(rb"good \udcff film" + b"\n")


@pytest.mark.parametrize("lines", [1, 50_000])
def test_a_closed_pipe_ends_quietly(model, tmp_path, lines):
    # Bash, for the exit status of every part of the pipe.
    texts = tmp_path / "texts.txt"
    texts.write_text("good film\n" * lines, encoding="utf-8")
    command = '"$0" -m headgate predict "$1" --input "$2" | head -1 | wc -l; echo "${PIPESTATUS[@]}"'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, model, texts], capture_output=True, text=True
    )
    assert (done.stdout.split(), done.stderr) == (["1", "0", "0", "0"], "")


def test_a_reader_that_takes_nothing_ends_it_quietly(model):
    command = '"$0" -m headgate predict "$1" "a film" | true; echo "${PIPESTATUS[@]}"'
    done = subprocess.run(["bash", "-c", command, sys.executable, model], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("0 0\n", "")
