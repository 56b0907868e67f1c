"""Batches are judged by the definition of their problem, sequence by sequence, in plain Python."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import ConfigError
from headgate.lab import QUESTIONS, Adding, CopyMemory, Parity, SelectiveCopy
from headgate.lab.copy_memory import BLANK, CUE
from headgate.lab.selective_copy import BLANK as NOISE
from headgate.lab.selective_copy import CUE as PROMPT

PROBLEMS = [question.problem for question in QUESTIONS.values()]
seeds = st.integers(0, 1_000)


def drawn(problem, seed=0, size=5):
    return problem.draw(torch.Generator().manual_seed(seed), size)


def symbols(batch) -> list[list[int]]:
    """What is read, as numbers; every input has exactly one feature set."""
    assert bool((batch.inputs.sum(2) == 1).all()) and set(batch.inputs.unique().tolist()) == {0.0, 1.0}
    return batch.inputs.argmax(2).tolist()


def answers(batch) -> list[list[float]]:
    """What is due, in order, for each sequence."""
    return [
        [target for target, due in zip(targets, mask, strict=True) if due]
        for targets, mask in zip(batch.targets.tolist(), batch.answer_mask.tolist(), strict=True)
    ]


@settings(deadline=None, max_examples=30)
@given(length=st.integers(1, 30), seed=seeds)
def test_copy_memory_asks_for_the_first_ten_symbols_from_the_cue_on(length, seed):
    batch = drawn(CopyMemory(length), seed)
    for read, due, mask in zip(symbols(batch), answers(batch), batch.answer_mask.tolist(), strict=True):
        assert len(read) == length + 20
        assert due == read[:10]
        assert max(due) < 8
        assert read[10:] == [BLANK] * (length - 1) + [CUE] + [BLANK] * 10
        assert mask == [place > read.index(CUE) for place in range(len(read))]


@settings(deadline=None, max_examples=30)
@given(length=st.integers(3, 40), seed=seeds)
def test_adding_asks_for_the_sum_of_the_two_marked_numbers(length, seed):
    batch = drawn(Adding(length), seed)
    for steps, due, mask in zip(
        batch.inputs.tolist(), answers(batch), batch.answer_mask.tolist(), strict=True
    ):
        marked = [place for place, (_, mark) in enumerate(steps) if mark]
        assert len(steps) == length
        assert len(marked) == 2 and marked[0] < length // 2 <= marked[1]
        assert all(0 <= number < 1 and mark in (0.0, 1.0) for number, mark in steps)
        assert due == [pytest.approx(steps[marked[0]][0] + steps[marked[1]][0])]
        assert mask == [False] * (length - 1) + [True]


@settings(deadline=None, max_examples=30)
@given(length=st.integers(16, 60), seed=seeds)
def test_selective_copying_asks_for_what_is_not_noise(length, seed):
    batch = drawn(SelectiveCopy(length), seed)
    for read, due in zip(symbols(batch), answers(batch), strict=True):
        assert len(read) == length + 16
        assert read[length:] == [PROMPT] * 16
        assert due == [symbol for symbol in read[:length] if symbol != NOISE]
        assert len(due) == 16 and max(due) < 16
    assert batch.answer_mask.tolist() == [[False] * length + [True] * 16] * 5


def test_the_places_of_selective_copying_are_anywhere_and_differ():
    batch = drawn(SelectiveCopy(64), size=400)
    at = batch.inputs[:, :64].argmax(2) != NOISE
    share = at.float().mean(0)
    assert share.min() > 0.15 and share.max() < 0.35  # 1 in 4, at every place
    assert len(at.unique(dim=0)) == 400


@settings(deadline=None, max_examples=30)
@given(length=st.integers(1, 40), seed=seeds)
def test_parity_asks_after_every_bit_whether_the_ones_are_odd(length, seed):
    batch = drawn(Parity(length), seed)
    for bits, due in zip(symbols(batch), answers(batch), strict=True):
        assert due == [sum(bits[: place + 1]) % 2 for place in range(length)]


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_the_steps_and_the_features_are_as_said(problem):
    of = problem(20)
    assert drawn(of, size=3).inputs.shape == (3, of.steps, problem.input_size)
    assert problem(problem.shortest).at(20) == of
    assert 20 in of.test_lengths


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_the_seed_decides_a_batch(problem):
    first, again, other = (drawn(problem(20), seed) for seed in (1, 1, 2))
    assert torch.equal(first.inputs, again.inputs) and torch.equal(first.targets, again.targets)
    assert not torch.equal(first.inputs, other.inputs)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_perfect_answers_solve_a_problem_and_blind_ones_score_by_chance(problem):
    of = problem(20)
    batch = drawn(of, size=2_000)
    if problem.output_size == 1:
        perfect, blind = batch.targets.unsqueeze(2), torch.ones(2_000, of.steps, 1)
    else:
        perfect = torch.nn.functional.one_hot(batch.targets, problem.output_size).float()
        blind = torch.randn(2_000, of.steps, problem.output_size, generator=torch.Generator().manual_seed(0))
    assert of.is_solved(of.score(perfect, batch))
    assert of.loss(50 * perfect if problem.output_size > 1 else perfect, batch).item() < 1e-4
    assert of.score(blind, batch) == pytest.approx(problem.chance, rel=0.1)
    assert not of.is_solved(of.score(blind, batch))


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_what_is_said_where_no_answer_is_due_does_not_count(problem):
    of = problem(20)
    batch = drawn(of)
    outputs = torch.randn(5, of.steps, problem.output_size)
    other = torch.where(batch.answer_mask.unsqueeze(2), outputs, 100.0)
    assert of.score(outputs, batch) == of.score(other, batch)
    assert of.loss(outputs, batch).item() == of.loss(other, batch).item()


def test_a_length_too_short_is_named():
    with pytest.raises(ConfigError, match="a length of selective-copy must be at least 16; got 15"):
        SelectiveCopy(15)
    with pytest.raises(ConfigError, match="a length of copy must be at least 1; got 0"):
        CopyMemory(0)
