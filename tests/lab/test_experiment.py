from dataclasses import replace

import pytest
import torch

from headgate.cells import CELLS, ParallelCell
from headgate.errors import ConfigError
from headgate.lab import (
    QUESTIONS,
    Adding,
    CopyMemory,
    Parity,
    Question,
    SelectiveCopy,
    SequenceModel,
    Settings,
    ask,
    experiment,
    run_experiment,
)
from headgate.lab.curriculum import RECENT, Curriculum

TINY = Settings(hidden=8, budget=4, batch=4)


def lengths_drawn(curriculum, steps_of=100):
    generator = torch.Generator().manual_seed(0)
    return {curriculum.draw_problem(generator).length for _ in range(steps_of)}


def test_lengths_double_up_to_the_problems_own():
    assert Curriculum(CopyMemory(500), 10).lengths == [8, 16, 32, 64, 128, 256, 500]
    assert Curriculum(CopyMemory(64), 10).lengths == [8, 16, 32, 64]
    assert Curriculum(CopyMemory(8), 10).lengths == [8]
    assert Curriculum(CopyMemory(5), 10).lengths == [5]
    assert Curriculum(SelectiveCopy(20), 10).lengths == [20]
    assert Curriculum(SelectiveCopy(40), 10).lengths == [32, 40]


def test_a_stage_draws_between_the_last_stages_length_and_its_own():
    curriculum = Curriculum(CopyMemory(20), 1_000)
    assert lengths_drawn(curriculum, 300) == set(range(1, 9))
    for _ in range(RECENT):
        assert not curriculum.at_full_length
        solved = curriculum.take_note(1, 1.0)
    assert solved
    assert lengths_drawn(curriculum, 300) == set(range(8, 17))


def test_a_stage_that_is_never_solved_is_left_when_its_share_is_spent():
    curriculum = Curriculum(CopyMemory(20), 100)  # 4,000 steps; 60 % for the first two of 3 stages
    seen = {}
    while curriculum.spent < 1.0:
        seen.setdefault(max(lengths_drawn(curriculum)), curriculum.spent)
        assert not curriculum.take_note(40, 0.0)
    assert list(seen) == [8, 16, 20]
    assert list(seen.values()) == pytest.approx([0.0, 0.3, 0.6])


def test_how_hard_a_problem_is_shows_in_the_slowest_stage_and_is_never_forgotten():
    curriculum = Curriculum(CopyMemory(20), 100)  # 4,000 steps; 1,200 for each of the first two stages
    assert curriculum.slowest == 0.0
    for _ in range(30):
        curriculum.take_note(20, 0.0)
    assert curriculum.slowest == pytest.approx(0.5)
    for _ in range(RECENT):
        curriculum.take_note(1, 1.0)
    assert max(lengths_drawn(curriculum)) == 16
    assert curriculum.slowest == pytest.approx(620 / 1_200)
    curriculum.take_note(900, 0.0)
    assert curriculum.slowest == pytest.approx(900 / 1_200)


def test_the_last_stage_may_spend_all_that_is_left():
    curriculum = Curriculum(Parity(8), 100)
    for batch in range(1, 100):
        curriculum.take_note(8, 0.0)
        assert curriculum.slowest == pytest.approx(batch / 100)


def test_the_learning_rate_falls_while_a_stage_is_not_solved(monkeypatch):
    rates = []

    def learned(model, optimiser, problem, settings, generator):
        rates.append(optimiser.param_groups[0]["lr"])
        return 1.0, 0.0

    monkeypatch.setattr(experiment, "learn", learned)
    settings = replace(TINY, budget=40, learning_rate=1.0, unsolved_rate=0.2)
    run_experiment("gru", CopyMemory(20), settings)
    assert rates == sorted(rates, reverse=True) and rates[0] == 1.0
    assert rates[-1] == pytest.approx(0.2 * experiment.AT_FULL_LENGTH)


def test_the_last_stage_goes_on_until_the_budget_is_spent():
    curriculum = Curriculum(Parity(8), 100)
    for batch in range(1, 101):
        assert curriculum.at_full_length
        assert curriculum.take_note(8, 1.0) == (batch % RECENT == 0)
    assert curriculum.spent == pytest.approx(1.0)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_a_network_reads_left_to_right(cell, layers):
    torch.manual_seed(0)
    model = SequenceModel(cell, 3, 8, 2, layers=layers, memory_length=20)
    inputs = torch.randn(2, 9, 3)
    changed = inputs.clone()
    changed[:, 5] += 1.0
    before, after = model(inputs), model(changed)
    assert before.shape == (2, 9, 2)
    torch.testing.assert_close(before[:, :5], after[:, :5])
    assert (before[:, 5:] != after[:, 5:]).all()


@pytest.mark.parametrize("cell", CELLS)
def test_cells_that_look_at_inputs_alone_stand_in_blocks(cell):
    in_blocks = isinstance(CELLS[cell], ParallelCell)
    usual = SequenceModel(cell, 3, 8, 2)
    assert any("perceptron" in name for name in usual.state_dict()) == in_blocks
    for blocks in (True, False):
        chosen = SequenceModel(cell, 3, 8, 2, blocks=blocks)
        assert any("perceptron" in name for name in chosen.state_dict()) == blocks


def test_the_memory_length_of_the_problem_reaches_the_first_weights():
    for memory_length, opens in ((1_000, True), (None, False)):
        _, weights = SequenceModel("lstm", 3, 16, 2, memory_length=memory_length).recurrence()
        assert bool(weights.bias_ih[16:32].max() > 3.0) == opens


@pytest.mark.parametrize("problem", [CopyMemory(9), Adding(12), SelectiveCopy(17), Parity(4)])
@pytest.mark.parametrize("cell", ["lstm", "original_gru", "mingru"])
def test_every_problem_can_be_tried_with_every_kind_of_cell(problem, cell):
    checks = []
    outcome = run_experiment(cell, problem, TINY, checks.append)
    assert checks == outcome.checks
    assert (outcome.cell, outcome.length) == (cell, problem.length)
    assert list(outcome.scores) == list(problem.test_lengths)
    assert [check.batches for check in checks] == sorted({check.batches for check in checks})
    assert checks[-1].spent >= 1.0


def test_the_seed_decides_the_outcome():
    first, again, other = (run_experiment("gru", Adding(9), replace(TINY, seed=seed)) for seed in (1, 1, 2))
    assert [check.score for check in first.checks] == [check.score for check in again.checks]
    assert first.scores == again.scores
    assert first.scores != other.scores


def test_a_gru_learns_parity_for_lengths_it_has_never_seen_and_training_ends_there():
    settings = Settings(hidden=24, budget=3_000, learning_rate=1e-2)
    outcome = run_experiment("gru", Parity(16), settings)
    assert outcome.checks[-1].spent < 1.0
    assert min(outcome.scores.values()) > 0.98
    assert max(outcome.scores) == 256


def test_a_question_tries_every_cell_at_every_length():
    question = Question(Adding, ("rnn", "qrnn"), (4, 6), TINY)
    watched, done = set(), []
    outcomes = ask(
        question,
        watch=lambda cell, length, check: watched.add((cell, length)),
        done=lambda so_far: done.append(len(so_far)),
    )
    expected = [("rnn", 4), ("qrnn", 4), ("rnn", 6), ("qrnn", 6)]
    assert [(outcome.cell, outcome.length) for outcome in outcomes] == expected
    assert watched == set(expected)
    assert done == [1, 2, 3, 4]


def test_every_problem_has_its_question():
    assert list(QUESTIONS) == ["copy", "adding", "selective-copy", "parity"]


def test_wrong_settings_are_named():
    with pytest.raises(ConfigError, match="hidden must be positive; got 0"):
        Settings(hidden=0)
    with pytest.raises(ConfigError, match=r"cell must be one of .*; got 'ltsm'"):
        Question(Adding, ("ltsm",), (4,))
    with pytest.raises(ConfigError, match="a length of adding must be at least 3; got 2"):
        Question(Adding, ("lstm",), (5, 2))


def test_a_loss_that_is_no_number_ends_the_training_with_a_reason():
    with pytest.raises(ConfigError, match=r"training diverged: .*learning_rate is 1e\+30"):
        run_experiment("mingru", Adding(6), replace(TINY, learning_rate=1e30, budget=50))
