import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.cells import CELLS
from headgate.runtime import load
from headgate.training.processes import part_of_batch
from tests.training.small_runs import (
    small_command,
    small_tagging_command,
    train_small,
    train_small_tagger,
    write_sentences,
    write_texts,
)


@given(rows=st.lists(st.integers(0, 99), min_size=1, max_size=20, unique=True), processes=st.integers(1, 5))
def test_the_mean_over_processes_is_the_mean_over_the_batch(rows, processes):
    losses = np.random.default_rng(0).normal(size=100)
    batch = np.array(rows)
    of_each = []
    for rank in range(processes):
        accelerator = SimpleNamespace(process_index=rank, num_processes=processes)
        part, factor = part_of_batch(batch, accelerator)
        assert len(part) and set(part) <= set(rows)
        of_each.append(factor * losses[part].mean())
    assert np.mean(of_each) == pytest.approx(losses[batch].mean())


def test_one_process_takes_the_whole_batch():
    batch = np.array([5, 2, 7])
    part, factor = part_of_batch(batch, SimpleNamespace(process_index=0, num_processes=1))
    assert (part.tolist(), factor) == ([5, 2, 7], 1.0)


def run_two_processes(command: list[str]) -> subprocess.CompletedProcess[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--standalone"]
    return subprocess.run(
        [*launcher, "-m", "headgate", *command],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
def test_two_processes_learn_what_one_does(tmp_path, cell):
    # 39 of 43 texts by eight: the last batch has seven, so the two parts of it differ in size.
    texts = write_texts(tmp_path / "texts.csv", 43)
    still = {"dropout": 0.0, "word_dropout": 0.0, "cell": cell}
    options = [f"--set={name}={value}" for name, value in still.items()]
    done = run_two_processes(small_command(texts, tmp_path / "two", *options))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("set   model") == 1  # one of them speaks
    train_small(tmp_path, "one", **still)

    one, two = load(tmp_path / "one"), load(tmp_path / "two")
    for name, weights in one.folder.weights.items():
        np.testing.assert_allclose(two.folder.weights[name], weights, rtol=1e-3, atol=1e-4, err_msg=name)
    asked = ["a good film", "", "the film was awful"]
    np.testing.assert_allclose(two.probabilities(asked), one.probabilities(asked), atol=1e-3)
    logs = [
        [json.loads(line) for line in (tmp_path / name / "log.jsonl").read_text().splitlines()]
        for name in ("one", "two")
    ]
    for alone, together in zip(*logs, strict=True):
        assert alone["event"] == together["event"]
        for measure in ("train_loss", "dev_loss", "dev_accuracy"):
            assert together.get(measure, 0) == pytest.approx(alone.get(measure, 0), rel=1e-4)


@pytest.mark.slow
def test_two_processes_take_the_defaults_and_a_batch_of_one(tmp_path):
    texts = write_texts(tmp_path / "texts.csv", 21)  # 19 to train on, by three: the last batch has one
    done = run_two_processes(small_command(texts, tmp_path / "run", "--set=batch_size=3", "--set=layers=2"))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and "Warning" not in done.stderr
    assert load(tmp_path / "run").predict("a good film").label in ("good", "bad")


@pytest.mark.slow
@pytest.mark.parametrize("crf", [True, False])
def test_two_processes_learn_to_tag_as_one_does(tmp_path, crf):
    # 39 of 43 sentences by eight: the last batch has seven, so the two parts of it differ in size.
    sentences = write_sentences(tmp_path / "sentences.conll", 43)
    still = {"dropout": 0.0, "word_dropout": 0.0, "rare_word_dropout": 0.0, "crf": crf}
    options = [f"--set={name}={value}" for name, value in still.items()]
    done = run_two_processes(small_tagging_command(sentences, tmp_path / "two", *options))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("set   model") == 1  # one of them speaks
    train_small_tagger(tmp_path, "one", **still)

    one, two = load(tmp_path / "one"), load(tmp_path / "two")
    for name, weights in one.folder.weights.items():
        np.testing.assert_allclose(two.folder.weights[name], weights, rtol=1e-3, atol=1e-4, err_msg=name)
    asked = ["nobody met Jordan in New South Wales", "", "Anna sang"]
    for found, expected in zip(two.predict(asked), one.predict(asked), strict=True):
        assert found.tags == expected.tags
        np.testing.assert_allclose(found.scores, expected.scores, atol=1e-3)


@pytest.mark.slow
def test_two_processes_tag_with_the_defaults_and_a_batch_of_one(tmp_path):
    sentences = write_sentences(tmp_path / "sentences.conll", 21)  # 19 to train on, by three
    more = ["--set=batch_size=3", "--set=characters=lstm", "--no-bidirectional", "--lookahead=2"]
    done = run_two_processes(small_tagging_command(sentences, tmp_path / "run", *more))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and "Warning" not in done.stderr
    assert load(tmp_path / "run").predict("Anna sang").tokens == ("Anna", "sang")
