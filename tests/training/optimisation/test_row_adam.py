import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from headgate.training.optimisation.row_adam import DECAY, EPSILON, RowAdam

ROWS, UNITS = 6, 3


def gradient_of(rows: list[int], values: torch.Tensor) -> torch.Tensor:
    return torch.sparse_coo_tensor(torch.tensor([rows]), values, (ROWS, UNITS), check_invariants=True)


def step_rows(table: np.ndarray, steps: list[tuple[list[int], np.ndarray]], lr: float) -> np.ndarray:
    """The oracle: one row after the other, one step after the other, in float64."""
    table = table.astype(np.float64)
    moment, visits = np.zeros(ROWS), np.zeros(ROWS)
    for rows, values in steps:
        for row in sorted(set(rows)):
            gradient = sum(value for at, value in zip(rows, values, strict=True) if at == row)
            visits[row] += 1
            moment[row] = DECAY * moment[row] + (1 - DECAY) * np.mean(gradient**2)
            corrected = moment[row] / (1 - DECAY ** visits[row])
            table[row] -= lr * gradient / (np.sqrt(corrected) + EPSILON)
    return table


STEPS = st.lists(
    st.tuples(st.lists(st.integers(1, ROWS - 1), min_size=1, max_size=8), st.integers(0, 2**32 - 1)),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(steps=STEPS, lr=st.floats(1e-4, 0.1))
def test_steps_equal_those_taken_row_by_row(steps, lr):
    first = np.random.default_rng(0).normal(size=(ROWS, UNITS)).astype(np.float32)
    drawn = [
        (rows, np.random.default_rng(seed).normal(size=(len(rows), UNITS)).astype(np.float32))
        for rows, seed in steps
    ]
    table = nn.Parameter(torch.from_numpy(first.copy()))
    optimiser = RowAdam([table], lr=lr)
    for rows, values in drawn:
        table.grad = gradient_of(rows, torch.from_numpy(values.copy()))  # it is used up
        optimiser.step()
    np.testing.assert_allclose(table.detach().numpy(), step_rows(first, drawn, lr), rtol=1e-4, atol=1e-5)


def test_only_touched_rows_move():
    table = nn.Parameter(torch.ones(ROWS, UNITS))
    optimiser = RowAdam([table], lr=0.1)
    for rows in ([1, 4], [4, 4, 2]):
        table.grad = gradient_of(rows, torch.full((len(rows), UNITS), -2.0))
        optimiser.step()
    moved = (table.detach() != 1.0).all(1)
    assert moved.tolist() == [False, True, True, False, True, False]
    assert torch.equal(table.detach()[[0, 3, 5]], torch.ones(3, UNITS))


def test_a_first_step_is_as_long_as_the_learning_rate_whatever_the_gradient():
    for size in (1e-4, 1.0, 1e4):
        table = nn.Parameter(torch.zeros(ROWS, UNITS))
        optimiser = RowAdam([table], lr=0.01)
        table.grad = gradient_of([3], torch.full((1, UNITS), size))
        optimiser.step()
        torch.testing.assert_close(table.detach()[3], torch.full((UNITS,), -0.01), rtol=1e-3, atol=0)


def test_a_table_without_a_gradient_is_left_alone():
    tables = [nn.Parameter(torch.ones(ROWS, UNITS)) for _ in range(2)]
    optimiser = RowAdam(tables, lr=0.1)
    tables[0].grad = gradient_of([2], torch.ones(1, UNITS))
    optimiser.step()
    assert torch.equal(tables[1].detach(), torch.ones(ROWS, UNITS))


def test_the_state_survives_a_round_trip():
    def run(split: bool) -> torch.Tensor:
        table = nn.Parameter(torch.zeros(ROWS, UNITS))
        optimiser = RowAdam([table], lr=0.1)
        for step in range(4):
            if split and step == 2:
                state, optimiser = optimiser.state_dict(), RowAdam([table], lr=0.5)
                optimiser.load_state_dict(state)
            table.grad = gradient_of([1 + step % 2, 5], torch.tensor([[1.0, 2, 3], [step, -1, 0]]))
            optimiser.step()
        return table.detach()

    assert torch.equal(run(split=True), run(split=False))
