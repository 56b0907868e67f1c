"""A translator from pairs to translations, as a user types it; and what is said of bad input."""

import json

import pytest

from headgate.runtime import load
from headgate.tasks import MEASURES
from tests.cli.conftest import assert_one_line, records
from tests.training.small_runs import TURNED, small_translation_command, train_small_translator, write_pairs

RATES = ["bleu", "chrf", "exact_match", "token_error_rate", "character_error_rate"]
SOURCES = ["the film", "", "a bad plot", "naïve 😀"]


@pytest.fixture
def model(make_translator):
    return make_translator(attention="general").path


@pytest.fixture
def without_attention(make_translator, tmp_path):
    return make_translator(tmp_path / "without", attention="none").path


# ---------------------------------------------------------------- from training to translations


@pytest.mark.parametrize("attention", ["general", "none"])
def test_a_mapping_that_can_be_undone_is_learned_measured_and_asked_for(headgate, tmp_path, attention):
    pairs, run = write_pairs(tmp_path / "pairs.tsv", copies=12), tmp_path / "run"
    dev = write_pairs(tmp_path / "dev.tsv", copies=1)
    settings = {"epochs": 8, "learning_rate": 0.03, "dropout": 0, "label_smoothing": 0}
    more = [f"--set={name}={value}" for name, value in settings.items()] + ["--target-unit", "char"]
    command = small_translation_command(pairs, run, *more, "--attention", attention)
    done = headgate(*command, "--dev", dev, "--test", dev)
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[0].split() == ["set", "model", *" ".join(MEASURES[name] for name in RATES).split()]
    assert [line.split()[:2] for line in lines[1:5]] == [
        ["dev", "model"],
        ["dev", "copy"],
        ["test", "model"],
        ["test", "copy"],
    ]
    assert "108 pairs to train on, 9 to check on; from 4 char units to 5 char units" in done.err
    losses = [json.loads(line).get("train_loss") for line in (run / "log.jsonl").read_text().splitlines()]
    assert [loss for loss in losses if loss is not None][-1] < 0.1

    done = headgate("evaluate", run, dev, "--json")
    assert (done.status, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["exact_match"] == 1.0
    assert found["token_error_rate"] == found["character_error_rate"] == 0.0
    done = headgate("predict", run, *TURNED)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == list(TURNED.values())


def test_two_aligned_files_from_the_command_line_give_the_model_of_one_file_of_pairs(headgate, tmp_path):
    expected = train_small_translator(tmp_path, "other", epochs=1)
    for number, name in enumerate(("sources", "targets")):
        side = [pair[number] for pair in TURNED.items()]
        (tmp_path / name).write_text("".join(f"{text}\n" for text in side * 2), encoding="utf-8")
    files = f"{tmp_path / 'sources'},{tmp_path / 'targets'}"
    assert headgate(*small_translation_command(files, tmp_path / "run", "--epochs=1")).status == 0
    weights = [folder / "model" / "model.safetensors" for folder in (tmp_path / "run", expected)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


# ---------------------------------------------------------------- what is printed


@pytest.mark.parametrize("how", ["arguments", "lines", "file", "output", "table"])
def test_sources_come_and_go_any_way_with_the_same_translations(headgate, model, tmp_path, how):
    lines, table, answers = tmp_path / "sources.txt", tmp_path / "sources.jsonl", tmp_path / "answers.txt"
    lines.write_bytes("the film\r\n\na bad plot\nnaïve 😀".encode())
    table.write_text("".join(json.dumps({"source": text}) + "\n" for text in SOURCES), encoding="utf-8")
    words = {
        "arguments": SOURCES,
        "lines": [],
        "file": ["--input", lines],
        "output": ["--input", lines, "--output", answers],
        "table": ["--input", table],
    }[how]
    done = headgate("predict", model, *words, stdin=lines.read_bytes())
    assert (done.status, done.err) == (0, "")
    shown = answers.read_text(encoding="utf-8") if how == "output" else done.out
    assert shown == "".join(f"{answer.translation}\n" for answer in load(model).predict(SOURCES))


def test_jsonl_is_an_object_a_translation(headgate, model):
    sources = [source for source in SOURCES if source]
    done = headgate("predict", model, *sources, "--format", "jsonl", "--n-best", 2)
    assert (done.status, done.err) == (0, "")
    found = records(done.out)
    assert [list(record) for record in found] == [["source", "translation", "score"]] * 6
    assert [record["source"] for record in found] == [text for text in sources for _ in range(2)]
    expected = load(model).predict(sources, n_best=2)
    assert [record["translation"] for record in found] == [answer.translation for answer in expected]
    assert [record["score"] for record in found] == pytest.approx([answer.score for answer in expected])
    assert found[0]["score"] >= found[1]["score"]


OPTIONS = {
    "beam": 1,
    "n_best": 3,
    "length_penalty": 0.1,
    "coverage_penalty": 5.0,
    "longest": 0.01,
    "sample": True,
    "temperature": 0.3,
    "top_k": 2,
    "top_p": 0.2,
    "min_p": 0.9,
    "repetition_penalty": 5.0,
    "seed": 7,
}
CHANCE = list(OPTIONS)[6:]
"""What shapes chance."""


def option_words(options: dict) -> list:
    named = [(f"--{name.replace('_', '-')}", value) for name, value in options.items()]
    return [word for option, value in named for word in ([option] if value is True else [option, value])]


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_reaches_the_model(headgate, model, name):
    beside = {"sample": True} if name in CHANCE else {"longest": 0.01} if name == "coverage_penalty" else {}
    options = beside | {name: OPTIONS[name]}
    done = headgate("predict", model, *SOURCES, *option_words(options), "--format", "jsonl")
    assert (done.status, done.err) == (0, "")
    expected = load(model).predict(SOURCES, **options)
    found = records(done.out)
    assert [record["translation"] for record in found] == [answer.translation for answer in expected]
    assert [record["score"] for record in found] == pytest.approx([answer.score for answer in expected])
    assert done.out != headgate("predict", model, *SOURCES, *option_words(beside), "--format", "jsonl").out


def test_an_alignment_is_a_row_for_each_target_unit_in_per_cent(headgate, model):
    done = headgate("predict", model, "the film", "--alignments")
    assert (done.status, done.err) == (0, "")
    (answer,) = load(model).predict(["the film"], alignments=True)
    translation, header, *rows = done.out.splitlines()
    assert translation == answer.translation
    assert header.split() == [*"the", "␣", *"film", "⏎"]
    units = ["␣" if unit == " " else "⏎" if unit == "\n" else unit for unit in answer.alignment.target]
    assert [row.split()[0] for row in rows] == units
    assert len({len(row) for row in (header, *rows)}) == 1
    for row, weights in zip(rows, answer.alignment.weights, strict=True):
        assert [float(cell) for cell in row.split()[1:]] == pytest.approx(100 * weights, abs=0.51)


def test_an_alignment_stands_in_jsonl_with_all_its_units(headgate, model):
    (found,) = records(headgate("predict", model, "a film", "--alignments", "--format", "jsonl").out)
    assert list(found) == ["source", "translation", "score", "alignment"]
    alignment = found["alignment"]
    assert "".join(alignment["source"]) == "a film\n"
    assert "".join(alignment["target"]).removesuffix("\n") == found["translation"]
    for row in alignment["weights"]:
        assert len(row) == len(alignment["source"])
        assert sum(row) == pytest.approx(1, abs=1e-3)


# ---------------------------------------------------------------- measures


def test_plain_and_json_measures_say_the_same(headgate, model, tmp_path):
    path = tmp_path / "test.tsv"
    path.write_text("the film\tder Film\nthe film\tFilm\na plot\töde Handlung\n", encoding="utf-8")
    found = json.loads(headgate("evaluate", model, path, "--json").out)
    assert list(found) == [*RATES, "pairs", "sources", "signatures"]
    assert (found["pairs"], found["sources"]) == (3, 2)
    done = headgate("evaluate", model, path)
    assert (done.status, done.err) == (0, "")
    said = dict(line.rsplit(maxsplit=1) for line in done.out.splitlines())
    assert said == {"pairs": "3", "sources": "2"} | {
        MEASURES[name]: f"{found[name]:.4f}" for name in RATES
    } | {
        "BLEU signature": found["signatures"]["bleu"],
        "chrF signature": found["signatures"]["chrf"],
    }


def test_columns_are_chosen_by_name(headgate, model, tmp_path):
    path, plain = tmp_path / "test.csv", tmp_path / "plain.tsv"
    path.write_text("de,number,en\nder Film,1,the film\n", encoding="utf-8")
    plain.write_text("the film\tder Film\n", encoding="utf-8")
    words = ["--source-column", "en", "--target-column", "de", "--json"]
    assert headgate("evaluate", model, path, *words).out == headgate("evaluate", model, plain, "--json").out
    done = headgate("predict", model, "--input", path, "--source-column", "en")
    assert done.out == headgate("predict", model, "the film").out
    assert_one_line(headgate("predict", model, "--input", path, "--source-column", "fr"), "fr", "test.csv")


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--n-best", 7], "n_best must be at most beam, 5; got 7 (widen the beam or ask for fewer)"),
        (["--n-best", 3, "--beam", 2], "n_best must be at most beam, 2; got 3"),
        (["--n-best", 0], "n_best must be at least 1; got 0"),
        (["--temperature", 0.5], "temperature shapes chance, and a beam leaves none; got 0.5 (add sample)"),
        (["--sample", "--beam", 3], "beam has nothing to do where sample draws by chance; got 3"),
        (["--length-penalty", -1], "length_penalty must be at least 0 and finite; got -1.0"),
        (["--longest", 0], "longest must be above 0"),
        (["--length", 5], "--length is for language models; this model is for translation"),
        (["--samples", 2], "--samples is for language models; this model is for translation"),
        (["--stop", "x"], "--stop is for language models; this model is for translation"),
        (["--copied-from", "x"], "--copied-from is for language models; this model is for translation"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_options_that_break_a_rule_or_are_for_language_models(headgate, model, words, said):
    assert_one_line(headgate("predict", model, "the film", *words), said)


@pytest.mark.parametrize(
    ("words", "name"), [(["--alignments"], "alignments"), (["--coverage-penalty", 0.2], "coverage_penalty")]
)
def test_what_only_attention_can_tell_is_refused_without(headgate, without_attention, words, name):
    done = headgate("predict", without_attention, "the film", *words)
    assert_one_line(done, f"{name} needs attention, and this model has none (leave {name} out)")


def test_options_of_translating_are_for_translators(headgate, make_model, make_tagger, make_generator):
    models = {
        "classification": make_model().path,
        "tagging": make_tagger().path,
        "generation": make_generator().path,
    }
    only = {"n_best": 2, "length_penalty": 1, "coverage_penalty": 1, "longest": 2}
    options = [[f"--{name.replace('_', '-')}", value] for name, value in only.items()]
    for task, path in models.items():
        for words in [*options, ["--sample"], ["--alignments"]]:
            done = headgate("predict", path, "text", *words)
            assert_one_line(done, f"{words[0]} is for translators; this model is for {task}")


def test_a_translator_does_not_stream(headgate, model):
    assert_one_line(
        headgate("stream", model, stdin="the film\n"), "there is nothing to stream (headgate predict"
    )


BAD_PAIRS = {
    "missing": (None, ": no such file"),
    "one column": ("the film\n", " line 1: the number of columns must be 2; got 1"),
    "three columns": ("a\tb\nc\td\te\n", " line 2: the number of columns must be 2; got 3"),
    "blank": ("\n\n", ": only blank lines"),
}


@pytest.mark.parametrize(("content", "said"), BAD_PAIRS.values(), ids=BAD_PAIRS.keys())
def test_bad_pairs_to_train_or_measure_on(headgate, model, tmp_path, content, said):
    path = tmp_path / "bad.tsv"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert_one_line(headgate(*small_translation_command(path, tmp_path / "run")), f"{path}{said}")
    assert not (tmp_path / "run").exists()
    assert_one_line(headgate("evaluate", model, path), f"{path}{said}")


def test_pairs_without_a_target_anywhere_are_refused_with_their_file(headgate, tmp_path):
    path = tmp_path / "bad.tsv"
    path.write_text("a\t\nb\t \n", encoding="utf-8")
    done = headgate(*small_translation_command(path, tmp_path / "run"))
    assert_one_line(done, f"{path}: no pair has text on both sides; got 2 with an empty one")


def test_aligned_files_of_unequal_length(headgate, tmp_path):
    (tmp_path / "a").write_text("x\ny\n", encoding="utf-8")
    (tmp_path / "b").write_text("X\n", encoding="utf-8")
    done = headgate(*small_translation_command(f"{tmp_path / 'a'},{tmp_path / 'b'}", tmp_path / "run"))
    assert_one_line(done, f"{tmp_path / 'a'}: 2 lines, but {tmp_path / 'b'} has 1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--attention", "sideways"], "sideways"),
        (["--source-unit", "syllable"], "unit must be one of char, subword, word; got 'syllable'"),
        (["--set", "joint=true", "--source-unit", "word"], "joint units must be of one kind"),
        (["--set", "shared=true"], "shared vectors need joint units"),
        (["--set", "teacher_forcing=2"], "setting teacher_forcing: "),
        (
            ["--set", "subword_dropout=0.1", "--source-unit", "char", "--target-unit", "char"],
            "is for subwords",
        ),
        (["--hidden", "15"], "hidden"),
        (["--set", "input_feeding=true", "--attention", "none"], "input_feeding"),
        (
            ["--set", "min_count=1000", "--target-unit", "char"],
            "min_count must be at most the number of pairs",
        ),
        (["--init-from", "sentiment"], "--init-from is not for translators"),
        (["--embeddings", "vectors.txt"], "--embeddings is not for translators"),
        (["--raw-text", "text.txt"], "--raw-text is not for translators"),
        (["--source-column", "target"], "source and target must be two columns"),
        (["--dev", "missing.tsv"], "missing.tsv: no such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_setting_that_breaks_its_rule(headgate, tmp_path, words, said):
    path = write_pairs(tmp_path / "pairs.tsv")
    assert_one_line(headgate(*small_translation_command(path, tmp_path / "run"), *words), said)
    assert not (tmp_path / "run").exists()
