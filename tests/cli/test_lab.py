import json
import subprocess
import sys

import pytest

QUESTIONS = ["gradients", "copy", "adding", "selective-copy", "parity"]
TINY = ["--hidden", 8, "--budget", 3, "--batch", 4]


def test_lab_alone_lists_the_questions(headgate):
    done = headgate("lab")
    assert (done.status, done.err) == (0, "")
    assert all(question in done.out for question in QUESTIONS)


@pytest.mark.parametrize("arguments", [["lab"], ["lab", "copy", "--help"]])
def test_asking_what_there_is_imports_nothing_heavy(arguments):
    program = (
        "import sys; from headgate.cli import main; status = main(sys.argv[1:]);"
        "heavy = {'torch', 'altair', 'vl_convert'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else status)"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_help_of_a_question_names_its_options(headgate, question):
    done = headgate("lab", question, "--help")
    assert (done.status, done.err) == (0, "")
    options = ["--cells", "--hidden", "--budget", "--seed", "--out"]
    more = ["--length"] if question == "gradients" else ["--lengths", "--layers", "--batch", "--device"]
    assert all(option in done.out for option in options + more)


@pytest.mark.parametrize(
    ("question", "lengths", "tested"),
    [
        ("copy", (5, 10), [5, 10]),
        ("adding", (6,), [6]),
        ("selective-copy", (18,), [18]),
        ("parity", (4,), [4, 8, 16, 64]),
    ],
)
def test_a_problem_is_answered_with_a_table_figures_and_a_picture(
    headgate, tmp_path, question, lengths, tested
):
    out = tmp_path / "runs" / "it"
    done = headgate("lab", question, "--cells", "gru", "mingru", "--lengths", *lengths, *TINY, "--out", out)
    assert done.status == 0
    table = [line.split() for line in done.out.splitlines()]
    rows = [row for row in table if row[0] in ("gru", "mingru")]
    assert [(row[0], int(row[2])) for row in rows] == [
        (cell, at)
        for length in lengths
        for cell in ("gru", "mingru")
        for at in tested
        if question == "parity" or at == length
    ]
    assert table[-1] == ["picture", str(out / f"{question}.png")]
    assert (out / f"{question}.png").read_bytes().startswith(b"\x89PNG")
    figures = json.loads((out / f"{question}.json").read_text(encoding="utf-8"))
    assert figures["settings"]["hidden"] == 8
    scores = [test["score"] for outcome in figures["outcomes"] for test in outcome["tests"]]
    assert [f"{score:.4f}" for score in scores] == [row[3] for row in rows]
    assert "gru" in done.err and "of the budget" in done.err
    assert sorted(path.name for path in out.iterdir()) == [f"{question}.json", f"{question}.png"]


def test_gradients_are_answered_with_a_table_figures_and_a_picture(headgate, tmp_path):
    cells = ["--cells", "rnn", "lstm"]
    done = headgate(
        "lab", "gradients", *cells, "--length", 12, "--hidden", 6, "--budget", 2, "--out", tmp_path
    )
    assert done.status == 0
    lines = done.out.splitlines()
    assert [line for line in lines if not line.startswith((" ", "picture"))] == [
        "rnn, recurrent matrix scaled",
        "first weights",
        "first weights, memory length stated",
        "after training",
    ]
    assert lines[1].split() == ["network", "by", "lag", "1", "lag", "10", "lag", "12"]
    figures = json.loads((tmp_path / "gradients.json").read_text(encoding="utf-8"))
    assert {len(curve["norms"]) for curve in figures["curves"]} == {13}
    lstm = [curve for curve in figures["curves"] if (curve["network"], curve["part"]) == ("lstm", "cell")][-1]
    assert lines[-2].split() == ["lstm", "cell", *(f"{lstm['norms'][lag]:.1e}" for lag in (1, 10, 12))]
    assert (tmp_path / "gradients.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["juggling"], "juggling"),
        (["copy", "--cells", "ltsm"], "cell must be one of rnn, lstm, gru"),
        (["copy", "--lengths", 0], "a length of copy must be at least 1; got 0"),
        (["selective-copy", "--lengths", 10], "a length of selective-copy must be at least 16; got 10"),
        (["adding", "--hidden", 0], "hidden must be positive; got 0"),
        (["adding", "--lengths", "long"], "long"),
        (["gradients", "--hidden", 0], "hidden must be positive; got 0"),
        (["gradients", "--length", 2], "length must be at least 3 steps; got 2"),
        (["gradients", "--cells", "ltsm"], "cell must be one of rnn, lstm, gru"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_leaves_nothing(
    headgate, tmp_path, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    done = headgate("lab", *arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("headgate: ") and done.err.count("\n") == 1
    assert message in done.err
    assert not list(tmp_path.iterdir())


def test_an_experiment_that_is_broken_off_leaves_what_it_had(headgate, tmp_path, monkeypatch):
    import headgate.lab.questions as questions

    whole = questions.run_experiment

    def until_the_second(cell, *rest):
        if cell == "mingru":
            raise KeyboardInterrupt
        return whole(cell, *rest)

    monkeypatch.setattr(questions, "run_experiment", until_the_second)
    done = headgate("lab", "adding", "--cells", "gru", "mingru", "--lengths", 5, *TINY, "--out", tmp_path)
    assert done.status == 130
    figures = json.loads((tmp_path / "adding.json").read_text(encoding="utf-8"))
    assert [outcome["cell"] for outcome in figures["outcomes"]] == ["gru"]
    assert (tmp_path / "adding.png").exists()
