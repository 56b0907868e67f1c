"""A language model from a text to what it writes, as a user types it; and what is said of bad input."""

import json
import signal
import subprocess
import sys

import pytest

from headgate.runtime import load
from tests.cli.conftest import assert_one_line, records
from tests.conftest import RUNNING_TEXT
from tests.training.small_runs import small_generation_command, train_small_language_model, write_running_text

PROMPT = "the film"


@pytest.fixture
def model(make_generator):
    return make_generator(layers=2).path


# ---------------------------------------------------------------- from training to streaming


def test_a_language_model_is_trained_measured_asked_and_streamed(headgate, tmp_path):
    train, run = write_running_text(tmp_path / "train.txt"), tmp_path / "run"
    test = write_running_text(tmp_path / "test.txt", 5)
    more = ["--test", str(test), "--cell", "gru", "--unit", "char", "--bptt", "10", "--hidden", "12"]
    done = headgate(*small_generation_command(train, run, *more))
    assert done.status == 0
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0][:3] == ["set", "model", "perplexity"]
    metrics = json.loads((run / "model" / "metrics.json").read_text(encoding="utf-8"))
    measured = metrics["test"]["model"]
    (of_test,) = [line for line in lines if line[:2] == ["test", "model"]]
    assert of_test[2:4] == [f"{measured['perplexity']:.4f}", f"{measured['bits_per_character']:.4f}"]
    assert metrics["training"]["settings"]["bptt"] == 10
    assert (run / "curves.png").is_file()
    network = load(run).config.network
    assert (network.cell, network.hidden_dim, network.layers) == ("gru", 12, 1)
    card = (run / "model" / "README.md").read_text(encoding="utf-8")
    assert "A left-to-right gru for text generation" in card
    assert "**Training data:** train.txt" in card
    assert f"{measured['perplexity']:.4f}" in card

    done = headgate("evaluate", run, test, "--json")
    assert (done.status, done.err) == (0, "")
    found = json.loads(done.out)
    assert found == pytest.approx(measured)
    assert list(found)[:4] == ["perplexity", "bits_per_character", "nats_per_unit", "word_perplexity"]

    done = headgate("predict", run, "the mill", "--length", "20")
    assert (done.status, done.err) == (0, "")
    assert done.out == f"the mill{load(run).predict('the mill', length=20).text}\n"


def test_a_run_can_be_read_from_standard_input(headgate, tmp_path):
    content = write_running_text(tmp_path / "text.txt").read_text(encoding="utf-8")
    command = small_generation_command("-", tmp_path / "run", "--epochs=1")
    assert headgate(*command, stdin=content).status == 0
    expected = train_small_language_model(tmp_path, "other", epochs=1)
    weights = [folder / "model" / "model.safetensors" for folder in (tmp_path / "run", expected)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


# ---------------------------------------------------------------- what is written

OPTIONS = {
    "temperature": 0.5,
    "top_k": 3,
    "top_p": 0.8,
    "min_p": 0.2,
    "repetition_penalty": 2.5,
    "seed": 7,
    "beam": 3,
    "length": 5,
}


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_reaches_the_model(headgate, model, name):
    options = {"length": 25, name: OPTIONS[name]}
    words = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", value)]
    done = headgate("predict", model, PROMPT, *words)
    assert (done.status, done.err) == (0, "")
    assert done.out == f"{PROMPT}{load(model).predict(PROMPT, **options).text}\n"
    assert done.out != headgate("predict", model, PROMPT, "--length", 25).out


def test_stop_strings_may_be_several_and_name_the_line_end(headgate, model):
    whole = load(model).predict(PROMPT, length=200, seed=3).text
    assert "\n" in whole
    done = headgate("predict", model, PROMPT, "--length", 200, "--seed", 3, "--stop", "\\n", "--stop", "zzz")
    assert done.out == f"{PROMPT}{whole.partition(chr(10))[0]}\n"


def test_jsonl_is_an_object_a_text(headgate, model):
    words = ["--length", 9, "--samples", 3, "--format", "jsonl"]
    done = headgate("predict", model, PROMPT, "", *words)
    assert (done.status, done.err) == (0, "")
    found = records(done.out)
    assert [list(record) for record in found] == [["prompt", "text"]] * 6
    assert [record["prompt"] for record in found] == [PROMPT] * 3 + [""] * 3
    expected = load(model).predict([PROMPT, ""], length=9, samples=3)
    assert [record["text"] for record in found] == [text.text for text in expected]


@pytest.mark.parametrize("how", ["arguments", "lines", "file", "output"])
def test_prompts_come_and_go_any_way_with_the_same_texts(headgate, model, tmp_path, how):
    prompts, answers = tmp_path / "prompts.txt", tmp_path / "answers.txt"
    prompts.write_bytes(b"the film\r\n\na bad plot")
    words = {
        "arguments": ["the film", "", "a bad plot"],
        "lines": [],
        "file": ["--input", prompts],
        "output": ["--input", prompts, "--output", answers],
    }[how]
    done = headgate("predict", model, *words, "--length", 8, stdin=prompts.read_bytes())
    assert (done.status, done.err) == (0, "")
    expected = load(model).predict(["the film", "", "a bad plot"], length=8)
    shown = answers.read_text(encoding="utf-8") if how == "output" else done.out
    assert shown == "".join(f"{text.prompt}{text.text}\n" for text in expected)


def test_what_is_copied_is_said_beside_the_text(headgate, model, tmp_path):
    source = tmp_path / "train.txt"
    text = load(model).predict(PROMPT, length=30).text
    source.write_text(f"...{text[3:17]}...", encoding="utf-8")
    words = ["--length", 30, "--copied-from", source]
    done = headgate("predict", model, PROMPT, *words)
    assert done.out == f"{PROMPT}{text}\n"
    assert done.err == f"headgate: the longest copied stretch has 14 characters: {text[3:17]!r}\n"
    assert headgate("predict", model, PROMPT, *words, "--format", "jsonl").err == done.err


STARTED = """
import signal, sys
from headgate.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would not hear of it
sys.exit(main(sys.argv[1:]))
"""


def started(model, *words):
    return subprocess.Popen(
        [sys.executable, "-c", STARTED, "predict", model, PROMPT, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_text_is_shown_as_it_is_written_and_ctrl_c_ends_it(model):
    with started(model, "--length", "100000000") as process:
        shown = process.stdout.read(200)  # long before the text is over
        process.send_signal(signal.SIGINT)
        shown += process.stdout.read()
        said = process.stderr.read()
    assert shown.startswith(PROMPT + load(model).predict(PROMPT, length=100).text)
    assert (process.returncode, said) == (130, "headgate: interrupted\n")


def test_a_reader_that_has_enough_ends_it_without_a_word(model):
    with started(model, "--length", "100000000") as process:
        process.stdout.read(20)
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


# ---------------------------------------------------------------- streams and measures


def test_each_line_is_answered_as_soon_as_it_is_read(model):
    lines = ["the film was", "", "zip"]
    process = subprocess.Popen(
        [sys.executable, "-m", "headgate", "stream", model],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    stream = load(model).stream()
    with process:
        for line in lines:
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            expected = {"text": line} | stream.push(f"{line}\n").to_json()
            assert json.loads(process.stdout.readline()) == pytest.approx(expected, abs=1e-5)
        process.stdin.close()
        assert process.stdout.read() == ""
    assert process.returncode == 0


def test_plain_and_json_measures_say_the_same(headgate, model, tmp_path):
    path = tmp_path / "test.txt"
    path.write_text(RUNNING_TEXT + "zip", encoding="utf-8")
    found = json.loads(headgate("evaluate", model, path, "--json").out)
    assert (found["characters"], found["units"], found["unknown"]) == (len(RUNNING_TEXT) + 3,) * 2 + (1,)
    done = headgate("evaluate", model, path)
    assert (done.status, done.err) == (0, "")
    said = dict(line.rsplit(maxsplit=1) for line in done.out.splitlines())
    assert said["perplexity"] == f"{found['perplexity']:.4f}"
    assert said["bits per character"] == f"{found['bits_per_character']:.4f}"
    assert said["unknown"] == "1"
    assert headgate("evaluate", model, "-", "--json", stdin=path.read_bytes()).out == json.dumps(found) + "\n"


# ---------------------------------------------------------------- bad input

BAD_TEXTS = {
    "missing": (None, ": no such file"),
    "empty": (b"", ": the file is empty"),
    "white space": (b" \n\t\r\n ", ": the file holds no text, only white space"),
    "line ends": (b"\r\n\r\n", ": the file holds no text, only white space"),
    "one character": (b"a", ": the text is 'a' alone: there is nothing to foretell"),
    "one character again and again": (b"a" * 500, ": the text is 'a' alone: there is nothing to foretell"),
    "not UTF-8": (b"caf\xe9\n", " line 1: not UTF-8 text: byte 0xe9"),
    "UTF-16": ("the film".encode("utf-16"), " line 1: UTF-16, not UTF-8 text"),
}


@pytest.mark.parametrize(("content", "said"), BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
def test_a_bad_text_to_train_on(headgate, tmp_path, content, said):
    path = tmp_path / "bad.txt"
    if content is not None:
        path.write_bytes(content)
    assert_one_line(headgate(*small_generation_command(path, tmp_path / "run")), f"{path}{said}")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("kind", ["missing", "empty", "not UTF-8", "UTF-16"])
def test_a_bad_text_to_measure_on(headgate, model, tmp_path, kind):
    content, said = BAD_TEXTS[kind]
    if content is not None:
        (tmp_path / "bad.txt").write_bytes(content)
    assert_one_line(headgate("evaluate", model, tmp_path / "bad.txt"), f"{tmp_path / 'bad.txt'}{said}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--unit", "syllable"], "unit must be one of char, subword, word; got 'syllable'"),
        (["--bptt", "0"], "setting bptt: input should be greater than or equal to 1; got 0"),
        (["--bidirectional"], "bidirectional"),
        (["--set", "tied=perhaps"], "setting tied: "),
        (["--set", "cutoffs=5,x"], "cutoffs"),
        (["--set", "cutoffs=5,900"], "must rise and lie between 0 and the"),
        (["--set", "vocabulary=20", "--unit", "subword"], "setting vocabulary: "),
        (["--set", "min_count=1000"], "the text has no char that occurs 1000 times (lower min_count)"),
        (["--embeddings", "vectors.txt"], "--embeddings is not for language models (--init-from starts"),
        (["--init-from", "sentiment"], "a language model starts from another; this is for classification"),
        (["--dev", "missing.txt"], "missing.txt: no such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_setting_that_breaks_its_rule(headgate, tmp_path, words, said):
    path = write_running_text(tmp_path / "text.txt")
    assert_one_line(headgate(*small_generation_command(path, tmp_path / "run"), *words), said)


def test_words_of_a_text_without_blanks(headgate, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("thefilmwasgood" * 50, encoding="utf-8")
    done = headgate(*small_generation_command(path, tmp_path / "run", "--unit", "word"))
    assert_one_line(done, "each text must have two word units at least")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--temperature", "0"], "temperature must be above 0"),
        (["--temperature", "-1"], "temperature must be above 0"),
        (["--top-k", "-3"], "top_k must be at least 1; got -3"),
        (["--top-p", "1.5"], "top_p must be above 0 and at most 1; got 1.5"),
        (["--min-p", "0"], "min_p must be above 0 and at most 1; got 0.0"),
        (["--repetition-penalty", "0"], "repetition_penalty must be above 0"),
        (
            ["--beam", "2", "--temperature", "0.5"],
            "temperature shapes chance, and a beam leaves nothing to it",
        ),
        (["--beam", "2", "--samples", "3"], "beam must be at least samples, 3; got 2"),
        (["--samples", "0"], "samples must be at least 1; got 0"),
        (["--length", "0"], "length must be at least 1; got 0"),
        (["--stop", ""], "a stop string must have at least one character"),
        (["--seed", "-1"], "seed must be at least 0; got -1"),
        (["--copied-from", "missing.txt"], "missing.txt: no such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_of_writing_that_break_a_rule(headgate, model, words, said):
    assert_one_line(headgate("predict", model, PROMPT, *words), said)


def test_options_of_writing_are_for_language_models(headgate, make_model, make_tagger):
    classifier, tagger = make_model().path, make_tagger().path
    for name, value in {**OPTIONS, "samples": 2, "stop": "x", "copied_from": "x"}.items():
        option = f"--{name.replace('_', '-')}"
        said = f"{option} is for language models; this model is for "
        assert_one_line(headgate("predict", classifier, "text", option, value), f"{said}classification")
        assert_one_line(headgate("predict", tagger, "text", option, value), f"{said}tagging")


def test_a_model_that_is_not_there(headgate):
    done = headgate("predict", "no-such-model", "ROMEO:", "--temperature", "0.5")
    assert_one_line(done, "no-such-model: no such model")


@pytest.mark.parametrize("prompt", ["zip", "the 日本 film"])
def test_a_prompt_with_characters_that_the_model_never_saw(headgate, model, prompt):
    for words in ([], ["--samples", "2"], ["--beam", "2"], ["--format", "jsonl"]):
        assert_one_line(headgate("predict", model, prompt, *words), "the prompt holds", "has never seen")


# ---------------------------------------------------------------- texts that are odd, and work


def test_a_prompt_of_10000_characters(model):
    # In a process of its own, because the checks of every shape in this one would take a minute.
    words = ["predict", model, "film " * 2_000, "--length", "4", "--format", "jsonl"]
    done = subprocess.run([sys.executable, "-m", "headgate", *words], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(records(done.stdout)[0]["text"]) == 4


@pytest.mark.parametrize("unit", ["char", "subword", "word"])
def test_a_dev_text_of_what_training_has_not_is_counted_as_unknown(headgate, tmp_path, unit):
    text, dev = write_running_text(tmp_path / "text.txt"), tmp_path / "dev.txt"
    dev.write_text("the MILL is 日本\n", encoding="utf-8")
    command = small_generation_command(text, tmp_path / "run", "--epochs=1", "--unit", unit)
    assert headgate(*command, "--dev", dev).status == 0
    metrics = json.loads((tmp_path / "run" / "model" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["dev"]["model"]["unknown"] == {"char": 6, "subword": 0, "word": 2}[unit]


ODD_TEXTS = {
    "twenty characters": "the film was good ok",
    "a line without an end": "one line without an end, and no other, is all there is to learn from here",
    "carriage returns": "the film\rwas good\rtoo\r" * 3,
    "both line ends": "the film\r\nwas good\n" * 3,
    "fewer units than rows": "ab" * 6,
}


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_a_very_small_or_odd_text_is_learned_from(headgate, tmp_path, text):
    path = tmp_path / "text.txt"
    path.write_bytes(text.encode())
    command = small_generation_command(path, tmp_path / "run", "--epochs=1", "--set=batch_size=32")
    assert headgate(*command).status == 0
    model = load(tmp_path / "run")
    assert model.units.unknown_in(text.replace("\r\n", "\n")[: int(0.8 * len(text))]) is None
    assert len(model.predict("", length=5).text) == 5
