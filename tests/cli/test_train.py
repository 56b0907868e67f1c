import csv
import gzip
import json

import pytest

from headgate.modelfile import read_config
from headgate.modelfile.folder import MODEL_FILES
from headgate.runtime import load
from tests.training.small_runs import small_command, weights_of, write_texts


@pytest.fixture
def texts(tmp_path):
    return write_texts(tmp_path / "texts.csv")


def test_a_run_prints_the_model_beside_its_baseline_on_every_set(headgate, texts, tmp_path):
    run = tmp_path / "run"
    done = headgate(*small_command(texts, run, "--test", str(texts)))
    assert done.status == 0
    lines = [line.split() for line in done.out.splitlines()]
    assert [line[:2] for line in lines[1:7]] == [
        [part, which] for part in ("dev", "test") for which in ("model", "network_alone", "bag_of_ngrams")
    ]
    measured = json.loads((run / "model" / "metrics.json").read_text(encoding="utf-8"))
    assert lines[4][2] == f"{measured['test']['model']['accuracy']:.4f}"
    for line in done.err.splitlines():
        assert line.startswith(("36 texts", "epoch ", "fitting "))


def test_a_run_folder_holds_log_curves_and_a_model_with_its_card(headgate, texts, tmp_path):
    run = tmp_path / "run"
    licence = ["--training-data", "Films of the century", "--licence", "CC0-1.0"]
    assert headgate(*small_command(texts, run, *licence)).status == 0
    assert sorted(path.name for path in run.iterdir()) == [
        *("curves.html", "curves.png", "log.jsonl", "model", "settings.json")
    ]
    assert sorted(path.name for path in (run / "model").iterdir()) == sorted(MODEL_FILES)
    card = (run / "model" / "README.md").read_text(encoding="utf-8")
    assert "Films of the century" in card and "CC0-1.0" in card and "# run" in card


def test_every_option_reaches_the_model(headgate, texts, tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('pooling = "last"\nembedding = 6\nlayers = 3\n', encoding="utf-8")
    options = ["--cell", "gru", "--layers", "2", "--hidden", "5", "--no-bidirectional", "--epochs", "1"]
    more = ["--seed", "7", "--device", "cpu", "--recipe", str(recipe), "--set", "ngram-buckets=0"]
    done = headgate("train", "classification", "--train", texts, "--out", tmp_path / "run", *options, *more)
    assert done.status == 0
    network = read_config(tmp_path / "run" / "model").network
    assert (network.cell, network.layers, network.hidden_dim) == ("gru", 2, 5)  # an option beats the recipe
    assert (network.bidirectional, network.pooling, network.embedding_dim) == (False, "last", 6)
    assert network.ngram_buckets == 0
    settings = json.loads((tmp_path / "run" / "settings.json").read_text(encoding="utf-8"))
    assert (settings["seed"], settings["epochs"]) == (7, 1)


def test_the_trained_model_predicts_evaluates_and_streams(headgate, texts, tmp_path):
    run = tmp_path / "run"
    command = small_command(texts, run, "--no-bidirectional", "--epochs", "15")
    assert headgate(*command).status == 0
    assert headgate("predict", run, "the film was great").out.startswith("good\t")
    assert headgate("predict", run / "model", "the film was awful").out.startswith("bad\t")
    found = json.loads(headgate("evaluate", run, texts, "--json").out)
    assert found["accuracy"] > 0.9
    assert headgate("stream", run, stdin="the film was\nawful\n").out.count("\n") == 2


@pytest.mark.parametrize("name", ["texts.csv.gz", "texts.tsv", "texts.jsonl", "-"])
def test_the_same_texts_in_any_format_give_the_same_model(headgate, texts, tmp_path, name):
    whole = small_command(texts, tmp_path / "csv")
    assert headgate(*whole).status == 0
    with texts.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    content = {
        "texts.csv.gz": gzip.compress(texts.read_bytes()),
        "texts.tsv": "".join(
            f"{row['text']}\t{row['label']}\n" for row in [{"text": "text", "label": "label"}, *rows]
        ),
        "texts.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        "-": texts.read_bytes(),
    }[name]
    content = content.encode() if isinstance(content, str) else content
    stdin = b""
    if name == "-":
        path, stdin = "-", content
    else:
        path = tmp_path / name
        path.write_bytes(content)
    assert headgate(*small_command(path, tmp_path / "other"), stdin=stdin).status == 0
    assert weights_of(tmp_path / "other") == weights_of(tmp_path / "csv")


def test_other_columns_and_a_dev_file(headgate, tmp_path):
    texts = write_texts(tmp_path / "texts.csv")
    content = texts.read_text(encoding="utf-8").replace("text,label", "review,mood")
    texts.write_text(content, encoding="utf-8")
    columns = ["--text-column", "review", "--label-column", "mood"]
    run = tmp_path / "run"
    assert headgate(*small_command(texts, run, "--dev", str(texts), *columns)).status == 0
    assert json.loads((run / "model" / "metrics.json").read_text())["dev"]["model"]["examples"] == 40


def test_without_torch_training_names_what_to_install(headgate, texts, tmp_path, monkeypatch):
    import sys

    for name in [name for name in sys.modules if name.startswith("headgate.training")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    done = headgate(*small_command(texts, tmp_path / "run"))
    assert (done.status, done.out) == (2, "")
    assert done.err == ('headgate: training needs an optional dependency: pip install "headgate[train]"\n')


def test_the_card_of_a_run_in_this_very_folder_has_a_name(headgate, texts, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert headgate(*small_command(texts, ".")).status == 0
    assert (tmp_path / "here" / "model" / "README.md").read_text(encoding="utf-8").startswith("# here\n")
    assert load(tmp_path / "here").labels == ("bad", "good")


@pytest.mark.slow
def test_the_example_data_trains_to_something_useful(headgate, tmp_path):
    from pathlib import Path

    examples = Path(__file__).parents[2] / "examples" / "data"
    done = headgate(
        *("train", "classification", "--train", examples / "utterances-train.csv"),
        *("--test", examples / "utterances-test.csv", "--out", tmp_path / "run"),
    )
    assert done.status == 0
    measured = json.loads((tmp_path / "run" / "model" / "metrics.json").read_text())["test"]
    assert measured["model"]["accuracy"] >= max(0.75, measured["bag_of_ngrams"]["accuracy"] - 0.03)
