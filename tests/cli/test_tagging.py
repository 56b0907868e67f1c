"""A tagger from the first file to the last span, as a user types it; and what is said of bad input."""

import gzip
import json
import subprocess
import sys

import pytest

from headgate.runtime import load
from headgate.tasks import to_bioes
from tests.cli.conftest import assert_one_line, records
from tests.conftest import PLAIN_TAGS
from tests.training.small_runs import small_tagging_command, train_small_tagger, write_sentences
from tests.training.tagging.test_run import LEARNING

TEXTS = ["The film wasn't good!", "", "naïve 😀 plot", "the film was bad"]


# ---------------------------------------------------------------- from training to streaming


def test_a_tagger_is_trained_measured_asked_and_streamed(headgate, tmp_path):
    train, run = write_sentences(tmp_path / "train.conll", 48), tmp_path / "run"
    test = write_sentences(tmp_path / "test.conll", 20, seed=1)
    learning = [f"--set={name}={value}" for name, value in LEARNING.items()]
    more = [
        "--dev",
        str(test),
        "--test",
        str(test),
        "--no-bidirectional",
        "--lookahead",
        "1",
        "--cell",
        "gru",
        *learning,
    ]
    done = headgate(*small_tagging_command(train, run, *more))
    assert done.status == 0
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0] == ["set", "model", "precision", "recall", "F1", "accuracy", "calibration", "error"]
    assert [line[:2] for line in lines[1:5]] == [
        [part, which] for part in ("dev", "test") for which in ("model", "most_frequent_tags")
    ]
    measured = json.loads((run / "model" / "metrics.json").read_text(encoding="utf-8"))["test"]["model"]
    assert lines[3][4] == f"{measured['f1']:.4f}"
    assert all(line.startswith(("48 sentences", "epoch ", "calibrating ")) for line in done.err.splitlines())
    assert (run / "curves.png").is_file()
    network = load(run).config.network
    assert (network.lookahead, network.bidirectional, network.hidden_dim) == (1, False, 8)

    done = headgate("evaluate", run, test, "--json")
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out) == measured
    assert measured["f1"] > 0.9

    done = headgate("predict", run, "nobody met Jordan in New South Wales", "--format", "jsonl")
    (found,) = records(done.out)
    assert [(span["label"], span["start"], span["end"], span["text"]) for span in found["spans"]] == [
        ("PER", 11, 17, "Jordan"),
        ("LOC", 21, 36, "New South Wales"),
    ]
    tagged = "nobody/O met/O Jordan/B-PER in/O New/B-LOC South/I-LOC Wales/I-LOC"
    pairs = [word.split("/") for word in tagged.split()]
    assert [[*pair] for pair in zip(found["tokens"], found["tags"], strict=True)] == pairs
    assert headgate("predict", run, "nobody met Jordan in New South Wales").out == f"{tagged}\n"

    streamed = headgate("stream", run, stdin="nobody met Jordan\nin New South\nWales\n\nnobody met Jordan\n")
    assert (streamed.status, streamed.err) == (0, "")
    assert [[one["token"], one["tag"]] for one in records(streamed.out)] == [*pairs, *pairs[:3]]


def test_every_option_reaches_the_model(headgate, tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('characters = "lstm"\ncrf = true\nlayers = 3\n', encoding="utf-8")
    options = ["--cell", "gru", "--layers", "2", "--hidden", "5", "--no-bidirectional", "--epochs", "1"]
    more = ["--seed", "7", "--recipe", str(recipe), "--set", "crf=false", "--lookahead", "2"]
    train = write_sentences(tmp_path / "train.conll")
    done = headgate(*small_tagging_command(train, tmp_path / "run", *options, *more))
    assert done.status == 0
    network = load(tmp_path / "run").config.network
    assert (network.cell, network.layers, network.hidden_dim, network.lookahead) == ("gru", 2, 5, 2)
    assert (network.bidirectional, network.crf, network.characters.encoder) == (False, False, "lstm")


def test_training_and_measuring_take_the_same_columns(headgate, tmp_path):
    path = tmp_path / "train.conllu"
    block = "".join(
        f"{number}\t{word}\t{word.lower()}\t{upos}\t{xpos}\t_\t_\t_\t_\t_\n"
        for number, (word, upos, xpos) in enumerate([("The", "DET", "DT"), ("cat", "NOUN", "NN")], 1)
    )
    path.write_text("\n".join([block] * 12), encoding="utf-8")
    assert headgate(*small_tagging_command(path, tmp_path / "upos", "--epochs=1")).status == 0
    assert load(tmp_path / "upos").labels == ("DET", "NOUN")
    columns = ["--token-column", "LEMMA", "--tag-column", "xpos"]
    assert headgate(*small_tagging_command(path, tmp_path / "xpos", "--epochs=1", *columns)).status == 0
    assert load(tmp_path / "xpos").labels == ("DT", "NN")
    done = headgate("evaluate", tmp_path / "xpos", path, *columns, "--json")
    assert (done.status, done.err) == (0, "")
    assert set(json.loads(done.out)["labels"]) == {"DT", "NN"}
    numbers = ["--token-column", "2", "--tag-column=4"]
    assert headgate("evaluate", tmp_path / "xpos", path, *numbers, "--json").out == done.out
    unknown = headgate("evaluate", tmp_path / "xpos", path)  # by FORM and UPOS
    assert (unknown.status, unknown.err) == (
        0,
        "headgate: not known to the model, so counted as mistakes: DET, NOUN\n",
    )


@pytest.fixture(scope="module")
def from_columns(tmp_path_factory):
    """A file of CoNLL columns, and a run on it."""
    folder = tmp_path_factory.mktemp("columns")
    return folder / "sentences.conll", train_small_tagger(folder, epochs=1)


@pytest.mark.parametrize("name", ["train.tsv.gz", "train.jsonl", "bioes", "-"])
def test_the_same_sentences_in_any_format_give_the_same_model(headgate, tmp_path, from_columns, name):
    columns, expected = from_columns
    lines = columns.read_text(encoding="utf-8")
    blocks = [[line.split(" ") for line in block.splitlines()] for block in lines.split("\n\n")]
    pairs = [dict(zip(("tokens", "tags"), zip(*block, strict=True), strict=True)) for block in blocks]
    content = {
        "train.tsv.gz": gzip.compress(lines.replace(" ", "\t_\t").encode()),
        "train.jsonl": "".join(json.dumps(record) + "\n" for record in pairs).encode(),
        "bioes": write_sentences(tmp_path / "other", mark=to_bioes).read_bytes(),
        "-": lines.encode(),
    }[name]
    path = "-" if name == "-" else write(tmp_path / name, content)
    done = headgate(*small_tagging_command(path, tmp_path / "run", "--epochs=1"), stdin=content)
    assert done.status == 0
    for file in ("model.safetensors", "config.json", "tokenizer.json"):
        assert (tmp_path / "run" / "model" / file).read_bytes() == (expected / "model" / file).read_bytes()


# ---------------------------------------------------------------- answers


@pytest.fixture
def model(make_tagger):
    return make_tagger(crf=True, characters="convolution").path


def expected(model, texts) -> list[dict]:
    return [json.loads(json.dumps(answer.to_json())) for answer in load(model).predict(texts)]


def test_texts_on_the_command_line_are_answered_in_order(headgate, model):
    done = headgate("predict", model, *TEXTS, "--format", "jsonl")
    assert (done.status, done.err) == (0, "")
    found = records(done.out)
    assert found == expected(model, TEXTS)
    for text, record in zip(TEXTS, found, strict=True):
        assert list(record) == ["tokens", "tags", "spans", "scores"]
        assert all(text[span["start"] : span["end"]] == span["text"] for span in record["spans"])
        assert all(list(span) == ["start", "end", "label", "text", "score"] for span in record["spans"])


def test_plain_output_is_each_token_with_its_tag(headgate, model):
    done = headgate("predict", model, *TEXTS)
    assert (done.status, done.err) == (0, "")
    for line, record in zip(done.out.splitlines(), expected(model, TEXTS), strict=True):
        pairs = [word.rsplit("/", 1) for word in line.split()]
        assert [tuple(pair) for pair in pairs] == list(zip(record["tokens"], record["tags"], strict=True))


@pytest.mark.parametrize("options", [[], ["--input", "-"]])
def test_standard_input_is_answered_line_by_line(headgate, model, options, monkeypatch):
    monkeypatch.setattr("headgate.runtime.chunks.CHUNK_TEXTS", 3)
    done = headgate("predict", model, *options, "--format", "jsonl", stdin="\n".join(TEXTS * 2))
    assert (done.status, done.err) == (0, "")
    assert [one["tags"] for one in records(done.out)] == [one["tags"] for one in expected(model, TEXTS * 2)]


def test_answers_can_go_to_a_file(headgate, model, tmp_path):
    out, texts = tmp_path / "answers.jsonl", tmp_path / "texts.csv"
    texts.write_text("id,text\n1,the film\n2,a bad plot\n", encoding="utf-8")
    done = headgate("predict", model, "--input", texts, "--format", "jsonl", "--output", out)
    assert (done.status, done.out, done.err) == (0, "", "")
    assert records(out.read_text(encoding="utf-8")) == expected(model, ["the film", "a bad plot"])


@pytest.mark.parametrize("name", ["texts.conll", "texts.conll.gz", "texts.conllu", "texts.txt"])
def test_a_file_of_tokens_is_answered_token_by_token(headgate, model, tmp_path, name):
    sentences = [["isn't", "New", "film"], ["plot"]]
    blocks = ["".join(f"{token}\tO\n" for token in sentence) for sentence in sentences]
    if "conllu" in name:
        fields = "\t_" * 8
        blocks = [
            "".join(f"{number}\t{token}{fields}\n" for number, token in enumerate(sentence, 1))
            for sentence in sentences
        ]
    content = "\n".join(blocks).encode()
    path = write(tmp_path / name, gzip.compress(content) if name.endswith(".gz") else content)
    done = headgate("predict", model, "--input", path, "--format", "jsonl")
    assert (done.status, done.err) == (0, "")
    if name == "texts.txt":  # lines of text, by its name
        assert len(records(done.out)) == 5
    else:
        assert records(done.out) == expected(model, sentences)


@pytest.mark.parametrize("tags", [None, PLAIN_TAGS], ids=["spans", "plain"])
def test_plain_and_json_measures_say_the_same(headgate, make_tagger, tmp_path, tags):
    model = make_tagger(**({} if tags is None else {"tags": tags})).path
    path = tmp_path / "test.conll"
    path.write_text("the B-LOC\nfilm O\n\nbad B-PER\n" if tags is None else "the X\nfilm NOUN\n\nbad ADJ\n")
    found = json.loads(headgate("evaluate", model, path, "--json").out)
    kind = ["precision", "recall", "f1", "accuracy"] if tags is None else ["accuracy", "macro_f1"]
    assert list(found) == [*kind, "expected_calibration_error", "sentences", "tokens", "labels"]
    done = headgate("evaluate", model, path)
    assert (done.status, done.err) == (0, "")
    whole, by_label = done.out.split("\n\n")
    said = dict(line.rsplit(maxsplit=1) for line in whole.splitlines())
    names = {"f1": "F1", "macro_f1": "macro F1", "expected_calibration_error": "calibration error"}
    for name in [*kind, "expected_calibration_error", "sentences", "tokens"]:
        value = found[name]
        assert said[names.get(name, name)] == (str(value) if isinstance(value, int) else f"{value:.4f}")
    assert {line.split()[0] for line in by_label.splitlines()[1:]} == set(found["labels"])


# ---------------------------------------------------------------- streams


@pytest.mark.parametrize("lookahead", [0, 2])
def test_a_token_is_printed_as_soon_as_it_is_decided(make_tagger, lookahead):
    model = make_tagger(tags=PLAIN_TAGS, bidirectional=False, lookahead=lookahead).path
    words = ["the", "film", "was", "n't", "good", "!"]
    process = subprocess.Popen(
        [sys.executable, "-m", "headgate", "stream", model],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        answers = []
        for place, word in enumerate(words):
            process.stdin.write(f"{word}\n")
            process.stdin.flush()
            if place >= lookahead:
                answers.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        answers += records(process.stdout.read())
        assert process.stderr.read() == ""
    assert process.returncode == 0
    (whole,) = load(model).predict([words])
    assert [(one["token"], one["tag"]) for one in answers] == list(zip(words, whole.tags, strict=True))
    assert [one["score"] for one in answers] == pytest.approx(whole.scores, abs=1e-5)
    assert list(answers[0]) == ["token", "tag", "score"]


def test_an_empty_line_ends_a_text(headgate, make_tagger):
    model = make_tagger(bidirectional=False, crf=True, lookahead=1).path
    done = headgate("stream", model, stdin="the film was\ngood\n\n\r\na bad\r\nplot !")
    assert (done.status, done.err) == (0, "")
    one, other = load(model).predict(["the film was good", "a bad plot !"])
    assert [(token["token"], token["tag"]) for token in records(done.out)] == list(
        zip(one.tokens + other.tokens, one.tags + other.tags, strict=True)
    )


def test_a_bidirectional_tagger_cannot_stream(headgate, model):
    assert_one_line(
        headgate("stream", model, stdin="a film\n"),
        f"{model}: a bidirectional model needs the whole text and cannot stream "
        "(train it with --no-bidirectional, and --lookahead N to read N tokens ahead)",
    )


# ---------------------------------------------------------------- bad input

GOOD = "Anna B-PER\nsings O\n\nin O\nRiga B-LOC\n\nBo B-PER\n"

BAD_FILES = {
    "missing": (None, ": no such file"),
    "empty": ("", ": the file is empty"),
    "blank lines": ("\n\n", ": only blank lines and comments"),
    "ragged columns": ("Anna B-PER\nsings VBZ O\n", " line 2: 3 columns where line 1 has 2"),
    "one column": ("Anna\nsings\n", ' line 1: 1 column, "Anna"; a token and its tag must be separated'),
    "an empty tag": ("Anna\tB-PER\nsings\t\n", " line 2: the tag (column 1) is empty"),
    "an odd tag": (GOOD + "Lee PER-B\n", ' line 8: tag "PER-B" of "Lee" is neither "O" nor a prefix'),
    "UTF-16": (GOOD.encode("utf-16"), " line 1: UTF-16, not UTF-8 text"),
    "a table": ("text,label\na film,good\n", ": a table is no file of tagged sentences"),
    "jsonl that is none": ('{"tokens": ["Anna"]}\n', " line 1: a record needs"),
}
bad_files = pytest.mark.parametrize(("content", "said"), BAD_FILES.values(), ids=BAD_FILES.keys())


def write(path, content):
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def name_of(content) -> str:
    beginnings = {"{": "bad.jsonl", "text,": "bad.csv"}
    text = content if isinstance(content, str) else ""
    return next((name for begins, name in beginnings.items() if text.startswith(begins)), "bad.conll")


@bad_files
@pytest.mark.parametrize("part", ["--train", "--dev", "--test"])
def test_a_bad_file_to_train_on(headgate, tmp_path, part, content, said):
    good, bad = write(tmp_path / "good.conll", GOOD), write(tmp_path / name_of(content), content)
    words = [word for pair in ({"--train": good, "--dev": good} | {part: bad}).items() for word in pair]
    done = headgate("train", "tagging", *words, "--out", tmp_path / "run")
    assert_one_line(done, f"{bad}{said}")
    assert not (tmp_path / "run").exists()


@bad_files
def test_a_bad_file_to_evaluate_on(headgate, model, tmp_path, content, said):
    bad = write(tmp_path / name_of(content), content)
    assert_one_line(headgate("evaluate", model, bad, "--json"), f"{bad}{said}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a S-PER\nb O\n\nc B-PER\nd I-PER\n", ' line 5: tag "I-PER" of "d" must be "E-PER" between its'),
        ("a O\nb O\n\nc O\n", ': only one tag, "O": there is nothing to learn'),
        ("a NOUN\nb NOUN\n\nc NOUN\n", ': only one tag, "NOUN": there is nothing to learn'),
        ("Anna B-PER\nsings O\n", ": there is no sentence to check by (give a dev file with --dev)"),
    ],
    ids=["mixed schemes", "nothing but O", "one plain tag", "one sentence"],
)
def test_sentences_from_which_nothing_can_be_learnt(headgate, tmp_path, content, said):
    path = write(tmp_path / "train.conll", content)
    done = headgate("train", "tagging", "--train", path, "--out", tmp_path / "run")
    assert_one_line(done, f"{path}{said}")
    assert not (tmp_path / "run").exists()


def test_what_comes_on_standard_input_is_called_so(headgate, model, tmp_path):
    ragged = "Anna B-PER\nsings VBZ O\n"
    assert_one_line(headgate("evaluate", model, "-", stdin=ragged), "standard input line 2: 3 columns")
    train = ["train", "tagging", "--train", "-", "--out", tmp_path / "run"]
    assert_one_line(headgate(*train, stdin="a O\n"), 'standard input: only one tag, "O"')
    assert_one_line(headgate(*train, stdin="a S-X\nb B-X\n"), 'standard input line 2: tag "B-X" of "b"')


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tag-column", "5"], " line 1: no column 5; columns are 0 to 1 (-2 to -1 from the right)"),
        (["--token-column", "FORM"], "--token-column must be a number where columns have no names"),
        (["--token-column", "-1"], 'token and tag must be two columns; both are "-1"'),
        (["--tag-column", "0"], "token and tag must be two columns"),
    ],
    ids=" ".join,
)
def test_a_column_that_there_is_not(headgate, model, tmp_path, options, said):
    path = write(tmp_path / "good.conll", GOOD)
    done = headgate("train", "tagging", "--train", path, "--out", tmp_path / "run", *options)
    assert_one_line(done, said)
    assert_one_line(headgate("evaluate", model, path, *options), said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--set", "characters=glyphs"], "setting characters: input should be"),
        (["--set", "character_features=5"], "setting character_features: input should be a multiple of 2"),
        (["--set", "pooling=max"], "there is no setting 'pooling'"),
        (["--lookahead", "2"], "setting lookahead must be 0 for a model that reads in both directions"),
        (["--lookahead", "-1", "--no-bidirectional"], "lookahead"),
        (["--lookahead", "many"], "lookahead"),
        (["--text-column", "text"], "--text-column"),
    ],
    ids=" ".join,
)
def test_a_wrong_option(headgate, tmp_path, options, said):
    path = write(tmp_path / "good.conll", GOOD)
    done = headgate("train", "tagging", "--train", path, "--dev", path, "--out", tmp_path / "run", *options)
    assert_one_line(done, said)
    assert not (tmp_path / "run").exists()


def test_a_tag_that_training_never_saw_is_accepted_in_dev_and_said_once(headgate, tmp_path):
    train = write_sentences(tmp_path / "train.conll")
    dev = write(tmp_path / "dev.conll", GOOD + "UN B-ORG\n\nEU B-ORG\n")
    done = headgate(*small_tagging_command(train, tmp_path / "run", "--dev", str(dev), "--epochs=1"))
    assert done.status == 0
    said = [line for line in done.err.splitlines() if "not seen in training" in line]
    assert said == [f'{dev}: tags not seen in training count as mistakes: "B-ORG" (line 8)']
    found = headgate("evaluate", tmp_path / "run", dev, "--json")
    assert found.err == "headgate: not known to the model, so counted as mistakes: ORG\n"
    labels = json.loads(found.out)["labels"]
    assert (labels["ORG"]["support"], labels["ORG"]["recall"]) == (2, 0.0)


@pytest.mark.parametrize("crf", ["true", "false"])
def test_a_sentence_of_5000_tokens_can_be_learnt_from_and_answered(headgate, tmp_path, crf):
    train = write_sentences(tmp_path / "train.conll")
    with train.open("a", encoding="utf-8") as file:
        file.write("\n" + "met O\nAnna B-PER\n" * 2500)
    dev = write_sentences(tmp_path / "dev.conll", 5)
    more = ["--dev", str(dev), "--epochs=1", f"--set=crf={crf}"]
    assert headgate(*small_tagging_command(train, tmp_path / "run", *more)).status == 0
    # In a process of its own, because the checks of every shape in this one would take a minute.
    done = subprocess.run(
        [sys.executable, "-m", "headgate", "evaluate", tmp_path / "run", train, "--json"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["tokens"] > 5000


def test_words_that_were_swapped(headgate, model):
    tokenizer = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["alphabet"] = tokenizer["alphabet"][::-1]
    (model / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    for command in (["predict", model, "text"], ["evaluate", model, "f.conll"], ["stream", model]):
        assert_one_line(headgate(*command), "does not give the answers it was written with")


def test_a_gpu_that_there_is_not_is_said_in_one_line(headgate, model, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    path = write(tmp_path / "good.conll", GOOD)
    assert_one_line(
        headgate("evaluate", model, path, "--device", "cuda"), "device cuda was asked for and there is none"
    )
