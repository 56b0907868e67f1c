import gzip
import inspect
import json

import pytest

from headgate import runtime
from headgate.cli.arguments import MODELS, OPTIONS
from headgate.runtime import evaluate_classifier
from tests.cli.conftest import assert_one_line

ROWS = [
    ("the film was good", "good"),
    ("a bad plot", "bad"),
    ("😀", "odd"),
    ("", "bad"),
    ("not bad !", "good"),
]


@pytest.fixture
def model(make_model):
    return make_model(bag=True).path


def write(path, text: str = "text", label: str = "label"):
    content = f"{text},{label}\n" + "".join(f"{row},{name}\n" for row, name in ROWS)
    data = content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["test.csv", "test.csv.gz"])
def test_json_holds_every_measure(headgate, model, tmp_path, name):
    path = write(tmp_path / name)
    done = headgate("evaluate", model, path, "--json")
    assert (done.status, done.err, done.out.count("\n")) == (0, "", 1)
    found = json.loads(done.out)
    assert list(found) == ["accuracy", "macro_f1", "expected_calibration_error", "examples", "labels"]
    assert found["examples"] == len(ROWS)
    assert set(found["labels"]) == {"bad", "good", "odd"}
    assert set(found["labels"]["bad"]) == {"precision", "recall", "f1", "support"}
    from headgate.runtime import load

    assert found == evaluate_classifier(load(model), path).to_json()
    answers = [answer.label for answer in load(model).predict([text for text, _ in ROWS])]
    right = sum(answer == label for answer, (_, label) in zip(answers, ROWS, strict=True))
    assert found["accuracy"] == right / len(ROWS)


def test_plain_output_says_the_same(headgate, model, tmp_path):
    path = write(tmp_path / "test.csv")
    found = json.loads(headgate("evaluate", model, path, "--json").out)
    done = headgate("evaluate", model, path)
    assert (done.status, done.err) == (0, "")
    said = {tuple(line.rsplit(maxsplit=1)) for line in done.out.splitlines()[:4]}
    assert said == {
        ("examples", "5"),
        ("accuracy", f"{found['accuracy']:.4f}"),
        ("macro F1", f"{found['macro_f1']:.4f}"),
        ("calibration error", f"{found['expected_calibration_error']:.4f}"),
    }
    assert {line.split()[0] for line in done.out.splitlines()[6:]} == set(found["labels"])


def test_standard_input_and_other_columns(headgate, model, tmp_path):
    path = write(tmp_path / "test.csv", "review", "mood")
    columns = ["--text-column", "review", "--label-column", "mood", "--json"]
    from_file = headgate("evaluate", model, path, *columns)
    from_stdin = headgate("evaluate", model, "-", *columns, stdin=path.read_bytes())
    assert from_file.status == 0
    assert from_stdin.out == from_file.out


MAKERS = {
    "classification": "make_model",
    "tagging": "make_tagger",
    "translation": "make_translator",
    "generation": "make_generator",
}


@pytest.mark.parametrize("task", OPTIONS)
def test_columns_that_a_model_has_no_use_for_are_refused(headgate, request, tmp_path, task):
    model = request.getfixturevalue(MAKERS[task])().path
    of_own = {name for name in OPTIONS[task] if name.endswith("-column")}
    for owner, options in OPTIONS.items():
        for option in (name for name in options if owner != task and name.endswith("-column")):
            done = headgate("evaluate", model, tmp_path / "missing", option, "-1")
            said = f"{option} is for {MODELS[owner]}s; a {MODELS[task]} "
            assert_one_line(done, said, *(of_own or ["has no such option (leave it out)"]))


@pytest.mark.parametrize("task", ["classification", "tagging", "translation"])
def test_the_columns_that_help_names_are_those_taken_where_none_is_given(headgate, task, wide_pages):
    evaluate = getattr(runtime, f"evaluate_{MODELS[task]}")
    lines = headgate("evaluate", "--help").out.splitlines()
    for option in (name for name in OPTIONS[task] if name.endswith("-column")):
        (line,) = (line for line in lines if option in line)
        default = inspect.signature(evaluate).parameters[option[2:].replace("-", "_")].default
        assert f"[default: {default}]" in line


def test_a_gpu_that_there_is_not_is_said_in_one_line(headgate, model, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    done = headgate("evaluate", model, write(tmp_path / "test.csv"), "--device", "cuda")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "device cuda was asked for and there is none" in done.err
