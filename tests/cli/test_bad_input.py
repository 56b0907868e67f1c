"""Every bad input that users give: one line on standard error, exit status 2, no traceback, nothing lost."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from headgate.modelfile import FORMAT_VERSION
from tests.training.small_runs import small_command, write_texts

GOOD_ROWS = "text,label\ngood film,good\nbad film,bad\n"


@pytest.fixture
def model(make_model):
    return make_model(cell="rnn", ngrams=30, bag=True).path


def assert_one_line(done, *parts: object) -> None:
    assert done.status == 2
    assert done.err.count("\n") == 1
    assert done.err.startswith("headgate: ")
    assert "Traceback" not in done.err
    for part in parts:
        assert str(part) in done.err


# ---------------------------------------------------------------- data files

BAD_FILES = {
    "missing": (None, ": no such file"),
    "not UTF-8": (b"text,label\ngood film,good\ncaf\xe9,bad\n", " line 3: not UTF-8 text: byte 0xe9"),
    "UTF-16": (GOOD_ROWS.encode("utf-16"), " line 1: UTF-16, not UTF-8 text"),
    "no such column": (
        b"text,stars\ngood film,5\n",
        ' line 1: no column "label"; columns are "text", "stars"',
    ),
    "empty": (b"", ": the file is empty"),
    "a header alone": (b"text,label\n", " line 1: a header, but no rows after it"),
    "an empty label": (b"text,label\ngood film,\n", ' line 2: the label (column "label") is empty'),
    "an open quote": (b'text,label\n"good film,good\n', " line 2: a quoted field starts here and never ends"),
}
bad_files = pytest.mark.parametrize(("content", "said"), BAD_FILES.values(), ids=BAD_FILES.keys())


def bad_file(folder: Path, content: bytes | None) -> Path:
    path = folder / "bad.csv"
    if content is not None:
        path.write_bytes(content)
    return path


@bad_files
@pytest.mark.parametrize("part", ["--train", "--dev", "--test"])
def test_a_bad_file_to_train_on(headgate, tmp_path, part, content, said):
    files = {"--train": write_texts(tmp_path / "texts.csv")} | {part: bad_file(tmp_path, content)}
    words = [word for option, path in files.items() for word in (option, path)]
    done = headgate("train", "classification", *words, "--out", tmp_path / "run")
    assert_one_line(done, tmp_path / "bad.csv", said)
    assert not (tmp_path / "run").exists()


@bad_files
def test_a_bad_file_to_evaluate_on(headgate, model, tmp_path, content, said):
    done = headgate("evaluate", model, bad_file(tmp_path, content), "--json")
    assert_one_line(done, tmp_path / "bad.csv", said)
    assert done.out == ""


@pytest.mark.parametrize("kind", ["missing", "not UTF-8", "empty", "a header alone", "an open quote"])
def test_a_bad_file_to_predict(headgate, model, tmp_path, kind):
    content, said = BAD_FILES[kind]
    assert_one_line(headgate("predict", model, "--input", bad_file(tmp_path, content)), said)


def test_a_folder_is_no_data(headgate, model, tmp_path):
    assert_one_line(headgate("evaluate", model, tmp_path), f"{tmp_path}: ")
    assert_one_line(headgate("predict", model, "--input", tmp_path), "is a folder; a file is needed")


def test_gzip_data_cut_off(headgate, model, tmp_path):
    import gzip

    path = tmp_path / "texts.csv.gz"
    path.write_bytes(gzip.compress(GOOD_ROWS.encode() * 9)[:-12])
    assert_one_line(headgate("evaluate", model, path), f"{path}: damaged or cut-off gzip data")


def test_standard_input_that_is_not_utf8(headgate, model):
    done = headgate("predict", model, stdin=b"fine\ncaf\xe9\n")
    assert_one_line(done, "standard input line 2: not UTF-8 text: byte 0xe9")


def test_a_single_class(headgate, tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text("text,label\na,spam\nb,spam\n", encoding="utf-8")
    done = headgate("train", "classification", "--train", path, "--out", tmp_path / "run")
    assert_one_line(done, f'{path}: only one label, "spam": a classifier needs at least two')


def test_labels_of_one_text_each(headgate, tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text("text,label\na,x\nb,y\n", encoding="utf-8")
    done = headgate("train", "classification", "--train", path, "--out", tmp_path / "run")
    assert_one_line(done, "no label has two examples", "--dev")


def test_a_label_that_training_never_saw(headgate, model, tmp_path):
    path = tmp_path / "test.csv"
    path.write_text(GOOD_ROWS + "fair film,fair\n", encoding="utf-8")
    done = headgate("evaluate", model, path)
    assert_one_line(
        done, f'{path} line 4: label "fair" was not seen in training; the labels are bad, good, odd'
    )


# ---------------------------------------------------------------- texts that are odd, and work


def test_an_empty_text_gets_an_answer(headgate, model):
    done = headgate("predict", model, "", "--format", "jsonl")
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out)["text"] == ""


def test_empty_lines_get_an_answer_each(headgate, model):
    assert headgate("predict", model, stdin="\n\nfilm\n\n").out.count("\n") == 4


def test_a_text_of_100000_words_gets_an_answer(model, tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("the film was n't good " * 20_000 + "\nshort\n", encoding="utf-8")
    # In a process of its own, because the checks of every shape in this one would take a minute.
    done = subprocess.run(
        [sys.executable, "-m", "headgate", "predict", model, "--input", path], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 2)


def test_a_text_of_100000_words_can_be_trained_on(headgate, tmp_path):
    texts = write_texts(tmp_path / "texts.csv")
    with texts.open("a", encoding="utf-8") as file:
        file.write("long " * 100_000 + ",good\n")
    run = tmp_path / "run"
    # With a dev file: in a dev split, where texts are read whole, it would take a while.
    done = headgate(*small_command(texts, run, "--dev", str(write_texts(tmp_path / "dev.csv"))))
    assert done.status == 0


# ---------------------------------------------------------------- models


def damage(model: Path, name: str, content: bytes) -> None:
    (model / name).write_bytes(content)


def test_a_model_that_there_is_not(headgate):
    assert_one_line(
        headgate("predict", "no-such-model", "text"), "no-such-model: no such model: give a folder"
    )


def test_a_folder_that_is_no_model(headgate, tmp_path):
    for command in (["predict", tmp_path, "text"], ["evaluate", tmp_path, "f.csv"], ["stream", tmp_path]):
        assert_one_line(headgate(*command), f"{tmp_path}: not a model folder: no config.json in it")


def test_a_file_that_is_no_model(headgate, tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(b"\x80\x04")
    assert_one_line(headgate("predict", path, "text"), path)


@pytest.mark.parametrize("kept", [0, 7, 100, -1])
def test_truncated_weights(headgate, model, kept):
    weights = (model / "model.safetensors").read_bytes()
    damage(model, "model.safetensors", weights[:kept])
    assert_one_line(headgate("predict", model, "text"), f"{model}/model.safetensors: truncated or damaged")


@pytest.mark.parametrize("place", [-1, -100, 300])
def test_tampered_weights(headgate, model, place):
    weights = bytearray((model / "model.safetensors").read_bytes())
    weights[place] ^= 1
    damage(model, "model.safetensors", bytes(weights))
    assert_one_line(headgate("predict", model, "text"), f"{model}/model.safetensors: ")


def test_weights_that_are_not_there(headgate, model):
    (model / "model.safetensors").unlink()
    assert_one_line(headgate("predict", model, "text"), f"{model}/model.safetensors: cannot be read: No such")


def test_a_newer_format(headgate, model):
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    config |= {"format_version": FORMAT_VERSION + 1, "something_new": 3}
    damage(model, "config.json", json.dumps(config).encode())
    assert_one_line(
        headgate("predict", model, "text"),
        f"{model}: model format {FORMAT_VERSION + 1} is newer than {FORMAT_VERSION}",
        "pip install --upgrade headgate",
    )


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"{}"])
def test_damaged_json(headgate, model, name, content):
    damage(model, name, content)
    assert_one_line(headgate("predict", model, "text"), f"{model}/{name}: ")


def test_words_that_were_swapped(headgate, model):
    tokenizer = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["words"].reverse()
    damage(model, "tokenizer.json", json.dumps(tokenizer).encode())
    assert_one_line(headgate("predict", model, "text"), "does not give the answers it was written with")


def test_an_interrupted_run(headgate, tmp_path):
    (tmp_path / "run" / "checkpoint").mkdir(parents=True)
    assert_one_line(
        headgate("predict", tmp_path / "run", "text"),
        f"{tmp_path / 'run'}: training was interrupted before there was a model (continue it with --resume)",
    )


# ---------------------------------------------------------------- a full disk


def refuse_writing(monkeypatch, name: str) -> None:
    """Files with this in their name cannot be written any more."""
    original = Path.open

    def open_(path, mode="r", *args, **options):
        if name in path.name and set(mode) & set("wax+"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return original(path, mode, *args, **options)

    monkeypatch.setattr(Path, "open", open_)


def test_answers_that_cannot_be_written(headgate, model, tmp_path, monkeypatch):
    out = tmp_path / "answers"
    out.write_text("before", encoding="utf-8")
    refuse_writing(monkeypatch, "answers")
    done = headgate("predict", model, "text", "--output", out)
    assert_one_line(done, f"{out}: cannot be written: No space left on device")
    assert out.read_text(encoding="utf-8") == "before"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_standard_output(model):
    command = 'exec "$0" -m headgate predict "$1" "a film" > /dev/full'
    done = subprocess.run(["bash", "-c", command, sys.executable, model], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "headgate: No space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_device(headgate, model):
    done = headgate("predict", model, "text", "--output", "/dev/full")
    assert_one_line(done, "/dev/full: cannot be written: No space left on device")
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("name", ["settings.json", "log.jsonl", "state.json", "config.json", "curves.png"])
def test_training_that_cannot_write(headgate, tmp_path, monkeypatch, name):
    texts, run = write_texts(tmp_path / "texts.csv"), tmp_path / "run"
    refuse_writing(monkeypatch, name)
    monkeypatch.setattr("altair.HConcatChart.save", refuse_save)
    done = headgate(*small_command(texts, run))
    assert done.status == 2
    errors = [line for line in done.err.splitlines() if line.startswith("headgate: ")]
    assert len(errors) == 1 and done.err.endswith(f"{errors[0]}\n")
    assert "No space left on device" in errors[0]
    assert "Traceback" not in done.err


def refuse_save(chart, path, **_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def test_training_into_a_folder_that_cannot_be_made(headgate, tmp_path):
    texts = write_texts(tmp_path / "texts.csv")
    done = headgate(*small_command(texts, texts / "run"))
    assert_one_line(done, f"{texts / 'run'}: cannot write the run: Not a directory")


# ---------------------------------------------------------------- --debug


def test_debug_shows_the_traceback(model, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "headgate", "evaluate", model, tmp_path / "missing.csv", "--debug"],
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert done.stderr.startswith("Traceback (most recent call last):")
    assert done.stderr.endswith(f"DataError: {tmp_path / 'missing.csv'}: no such file\n")


def test_debug_raises_the_error_itself(headgate, model, tmp_path):
    with pytest.raises(HeadgateError, match="no such file"):
        headgate("--debug", "evaluate", model, tmp_path / "missing.csv")
