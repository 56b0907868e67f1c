import inspect
import re
import subprocess
import sys
from dataclasses import fields
from importlib import import_module

import pytest

from headgate import __version__
from headgate.cli import train
from headgate.cli.arguments import MODELS, OPTIONS
from headgate.training import train as train_model
from headgate.training.settings import make_settings
from headgate.training.tasks import TASKS
from tests.cli.conftest import assert_one_line

COMMANDS = ["train", "evaluate", "predict", "stream", "demo", "models", "lab"]


def test_the_version_is_the_package_s(headgate):
    done = headgate("--version")
    assert (done.status, done.out, done.err) == (0, f"{__version__}\n", "")


def test_help_lists_every_command(headgate):
    done = headgate("--help")
    assert done.status == 0
    for command in [*COMMANDS, "--version", "--debug"]:
        assert command in done.out


def test_no_command_is_a_question_for_help(headgate):
    assert headgate().out == headgate("--help").out


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (
            ["train", "classification"],
            ["--train", "--dev", "--test", "--out", "--text-column", "--label-column"],
        ),
        (
            ["train", "classification"],
            [
                *("--cell", "--layers", "--hidden", "--bidirectional", "--no-bidirectional", "--epochs"),
                *("--seed", "--device", "--recipe", "--embeddings", "--resume", "--set"),
            ],
        ),
        (["evaluate"], ["MODEL", "DATA", "--json", "--text-column", "--label-column"]),
        (["predict"], ["MODEL", "TEXTS", "--input", "--output", "--format", "jsonl"]),
        (["stream"], ["MODEL"]),
        (["demo"], []),
        (["models"], []),
    ],
)
def test_the_help_of_a_command_names_its_options(headgate, command, named):
    done = headgate(*command, "--help")
    assert (done.status, done.err) == (0, "")
    for option in named:
        assert option in done.out


@pytest.fixture
def described(headgate, wide_pages):
    """A function from a command to its help page: the text above, and what is said of each option."""

    def read(*command):
        page = headgate(*command, "--help").out
        rows = [line.strip("│* ").split("  ") for line in page.splitlines() if line.startswith("│")]
        above = re.split("╭|\n\nAny command", page)[0]
        return above, {row[0].split()[0]: "".join(row[1:]).strip() for row in rows}

    return read


@pytest.mark.parametrize("task", OPTIONS)
def test_the_help_of_training_says_what_it_does_and_what_each_option_is_for(described, task):
    above, options = described("train", task)
    said = inspect.getdoc(getattr(train, task)).partition("\n\nParameters\n")[0].replace("`", "")
    assert above.split()[above.split().index("[OPTIONS]") + 1 :] == said.split()
    assert f"headgate train {task} --train " in said
    common = ["--" + field.name.replace("_", "-") for field in fields(train.Options)]
    assert set(options) == {*common, *OPTIONS[task]}
    assert all(len(text.split()) > 2 for text in options.values())


@pytest.mark.parametrize("command", ["predict", "evaluate", "stream", "demo", "models"])
def test_the_help_of_a_command_is_its_docstring(described, command):
    function = getattr(import_module(f"headgate.cli.{command}"), command)
    said = inspect.getdoc(function).partition("\n\nParameters\n")[0].replace("`", "")
    above, _ = described(command)
    assert above.split()[-len(said.split()) :] == said.split()


@pytest.mark.parametrize("task", OPTIONS)
def test_the_defaults_that_help_names_are_those_of_training(described, task):
    kind = TASKS[task]
    settings = vars(make_settings(kind.settings, kind.defaults, {}))
    defaults = {
        name: parameter.default for name, parameter in inspect.signature(train_model).parameters.items()
    }
    named = {}
    for option, text in described("train", task)[1].items():
        if found := re.search(r"\[default: (.*)\]", text):
            named[option.removeprefix("--").replace("-", "_")] = found[1]
    assert {name: str((defaults | settings)[name]) for name in named} == named
    assert {"cell", "seed", "device"} <= set(named)
    assert [name for name in OPTIONS[task] if name.endswith("-column")] == [
        "--" + name.replace("_", "-") for name in named if name.endswith("_column")
    ]


@pytest.mark.parametrize("task", OPTIONS)
def test_an_option_of_another_task_is_refused_with_the_ones_to_take_instead(headgate, tmp_path, task):
    for owner, options in OPTIONS.items():
        for option in options if owner != task else ():
            words = ["train", task, "--train", "f", "--out", tmp_path / "run"]
            done = headgate(*words, option, "1")
            assert_one_line(done, f"{option} is for {MODELS[owner]}s; a {MODELS[task]} ")
            alike = [name for name in OPTIONS[task] if name.split("-")[-1] == option.split("-")[-1]]
            for name in alike:
                assert name in done.err
            assert alike or "has no such option (leave it out)" in done.err
    assert headgate(*words, f"{option}=1") == done


@pytest.mark.parametrize(
    "arguments",
    [
        ["predikt", "model"],
        ["predict"],
        ["predict", "model", "--frmat", "jsonl"],
        ["predict", "model", "text", "--format", "xml"],
        ["train", "juggling", "--train", "f.csv"],
        ["train", "classification", "--train", "f.csv"],
        ["train", "classification", "--train", "f.csv", "--out", "run", "--epochs", "many"],
        ["train", "classification", "--train", "f.csv", "--out", "run", "--set", "hidden"],
        ["train", "classification", "--train", "f.csv", "--out", "run", "--set", "hiden=3"],
        ["train", "classification", "--train", "f.csv", "--out", "run", "--set", "seed=abc"],
        ["evaluate", "model"],
        ["evaluate", "model", "f.csv", "more"],
        ["stream"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_one_line_and_status_2(headgate, arguments):
    done = headgate(*arguments)
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("headgate: ")
    assert done.err.count("\n") == 1
    assert len(done.err) > len("headgate: \n")


def test_ctrl_c_is_one_line_and_what_a_shell_expects(headgate, monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("headgate.cli.predict.load_on", stop)
    done = headgate("predict", "model", "text")
    assert (done.status, done.out, done.err) == (130, "", "headgate: interrupted\n")


def test_python_dash_m_is_the_same_command():
    done = subprocess.run(
        [sys.executable, "-m", "headgate", "predict", "no-such-model", "text"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("headgate: no-such-model: no such model")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["models"], ["train", "--help"], ["predict", "MODEL", "a film"]]
)
def test_only_training_imports_torch(make_model, arguments):
    program = (
        "import sys; from headgate.cli import main; status = main(sys.argv[1:]);"
        "heavy = {'torch', 'accelerate', 'altair', 'sklearn', 'pyarrow', 'datasets'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else status)"
    )
    path = str(make_model().path)
    words = [path if word == "MODEL" else word for word in arguments]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
