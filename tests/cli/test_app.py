import subprocess
import sys

import pytest

from headgate import __version__

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
