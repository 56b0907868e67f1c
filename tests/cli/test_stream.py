import json
import os
import subprocess
import sys

import pytest

from headgate.runtime import load


@pytest.fixture
def model(make_model):
    return make_model(bidirectional=False, bag=True, ngrams=30).path


def test_each_line_is_answered_before_the_next_is_written(model):
    lines = ["the film was", "good", "", "a bad", "plot !"]
    process = subprocess.Popen(
        [sys.executable, "-m", "headgate", "stream", model],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        answers = []
        for line in lines:
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            if line:
                answers.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        assert process.stdout.read() == process.stderr.read() == ""
    assert process.returncode == 0
    assert [answer["text"] for answer in answers] == [line for line in lines if line]
    read = ["the film was", "the film was good", "a bad", "a bad plot !"]  # the empty line began a new text
    for answer, whole in zip(answers, load(model).predict(read), strict=True):
        assert list(answer) == ["text", "label", "score", "scores"]
        assert answer["scores"] == pytest.approx(whole.scores, abs=1e-5)


def test_lines_in_one_go_get_the_same_answers(headgate, model):
    done = headgate("stream", model, stdin="the film was\ngood\n\n\r\na bad\r\nplot !")
    assert (done.status, done.err) == (0, "")
    answers = [json.loads(line) for line in done.out.splitlines()]
    read = ["the film was", "the film was good", "a bad", "a bad plot !"]
    for answer, whole in zip(answers, load(model).predict(read), strict=True):
        assert answer["scores"] == pytest.approx(whole.scores, abs=1e-5)


def test_a_bidirectional_model_cannot_stream(headgate, make_model):
    path = make_model(bidirectional=True).path
    done = headgate("stream", path, stdin="a film\n")
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        f"headgate: {path}: a bidirectional model needs the whole text and cannot stream "
        "(train it with --no-bidirectional)\n"
    )


def test_no_input_is_one_line(headgate, model):
    done = headgate("stream", model, stdin="")
    assert (done.status, done.out) == (2, "")
    assert done.err == "headgate: standard input: the file is empty\n"


def test_a_closed_pipe_ends_it_quietly(model):
    command = (
        'yes film | head -2000 | "$0" -m headgate stream "$1" | head -1 | wc -l; echo "${PIPESTATUS[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, model],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.stderr.replace("yes: standard output: Broken pipe\n", "") == ""
    assert done.stdout.split()[0] == "1"
    assert done.stdout.split()[3:] == ["0", "0", "0"]
