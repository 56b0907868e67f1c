"""Gradients by lag against the product of Jacobians, in float64."""

import math

import pytest
import torch
from torch.autograd.functional import jacobian

from headgate.cells import CELLS, ParallelCell
from headgate.cells.initialisation import initial_weights
from headgate.errors import ConfigError
from headgate.lab import GradientSettings, SequenceModel, compare_gradients, gradients_by_lag
from headgate.lab.adding import Adding
from headgate.lab.gradients import SETTINGS, measure

STEPS, INPUT, HIDDEN = 6, 2, 3


def float64_weights(cell):
    import numpy as np

    weights = initial_weights(cell, INPUT, HIDDEN, np.random.default_rng(5), memory_length=STEPS)
    return type(weights)(**{name: torch.from_numpy(of).double() for name, of in vars(weights).items()})


def flat_step(cell, weights, inputs, parts):
    """A step as a function of the whole state as one vector, for Jacobians."""

    def step(vector):
        given = dict(zip(parts, vector.split([HIDDEN] * len(parts)), strict=True))
        fixed = {"previous": torch.zeros(1, INPUT, dtype=torch.float64)} if cell.window > 1 else {}
        before = cell.state_type(**{name: of.unsqueeze(0) for name, of in given.items()}, **fixed)
        if cell.window > 1:  # what came before is an input like any other: it does not depend on the state
            before = cell.state_type(**{**vars(before), "previous": inputs[:1]})
        after = cell.step(inputs[1:], before, weights)
        return torch.cat([getattr(after, name)[0] for name in parts])

    return step


@pytest.mark.parametrize("cell", CELLS.values(), ids=lambda cell: cell.name)
def test_gradients_by_lag_are_the_products_of_jacobians(cell):
    torch.manual_seed(0)
    weights = float64_weights(cell)
    inputs = torch.randn(1, STEPS, INPUT, dtype=torch.float64)
    direction = torch.randn(HIDDEN, dtype=torch.float64)
    by_lag = gradients_by_lag(cell, weights, inputs, lambda hidden: (hidden @ direction).sin().sum())

    parts = [name for name in vars(cell.initial_state(1, weights, like=inputs)) if name != "previous"]
    assert list(by_lag) == parts
    shifted = torch.cat((torch.zeros(1, INPUT, dtype=torch.float64), inputs[0]))
    vectors = [torch.zeros(HIDDEN * len(parts), dtype=torch.float64)]
    jacobians = []
    for step in range(STEPS):
        function = flat_step(cell, weights, shifted[step : step + 2], parts)
        jacobians.append(jacobian(function, vectors[-1]))
        vectors.append(function(vectors[-1]))
    last = vectors[-1][:HIDDEN]
    of_loss = torch.cat(
        ((last @ direction).cos() * direction, torch.zeros(HIDDEN * (len(parts) - 1)).double())
    )

    for lag in range(STEPS + 1):
        product = torch.eye(HIDDEN * len(parts), dtype=torch.float64)
        for one in jacobians[STEPS - lag :]:
            product = one @ product
        expected = (of_loss @ product).split([HIDDEN] * len(parts))
        for name, gradient in zip(parts, expected, strict=True):
            torch.testing.assert_close(by_lag[name][lag, 0], gradient, rtol=1e-10, atol=1e-14)


def test_a_scaled_orthogonal_matrix_scales_the_gradient_a_step():
    # A network that stays at zero has slope 1 everywhere: only the matrix acts on the gradient.
    cell = CELLS["rnn"]
    weights = float64_weights(cell)
    for scale in (0.5, 1.0, 2.0):
        scaled = type(weights)(**{**vars(weights), "weight_hh": scale * weights.weight_hh})
        inputs = torch.zeros(1, STEPS, INPUT, dtype=torch.float64)
        norms = gradients_by_lag(cell, scaled, inputs, lambda hidden: hidden.sum())["hidden"].norm(dim=2)[
            :, 0
        ]
        expected = [math.sqrt(HIDDEN) * scale**lag for lag in range(STEPS + 1)]
        assert norms.tolist() == pytest.approx(expected, rel=1e-6)  # orthogonal in float32


def test_each_sequence_has_a_gradient_of_its_own():
    cell = CELLS["lstm"]
    weights = float64_weights(cell)
    inputs = torch.randn(3, STEPS, INPUT, dtype=torch.float64)
    together = gradients_by_lag(cell, weights, inputs, lambda hidden: hidden.square().sum())
    for row in range(3):
        alone = gradients_by_lag(cell, weights, inputs[row : row + 1], lambda hidden: hidden.square().sum())
        for part in together:
            torch.testing.assert_close(together[part][:, row], alone[part][:, 0])


@pytest.mark.parametrize("name", CELLS)
def test_a_curve_starts_at_one_and_parts_that_lead_nowhere_have_none(name):
    model = SequenceModel(name, Adding.input_size, 4, 1, blocks=False)
    curves = {curve.part: curve.norms for curve in measure(model, Adding(7), 1, "first weights", name)}
    assert curves["hidden"][0] == pytest.approx(1.0)
    assert all(len(norms) == 8 for norms in curves.values())
    if "cell" in curves:
        assert curves["cell"][0] == 0.0 and min(curves["cell"][1:]) > 0.0  # the loss looks at h alone
    shows_only = isinstance(CELLS[name], ParallelCell) and "cell" in curves
    assert (max(curves["hidden"][1:]) == 0.0) == shows_only  # the next step of a qrnn looks at c alone


def test_a_comparison_has_every_panel_and_every_cell():
    said: list[str] = []
    settings = GradientSettings(cells=("rnn", "qrnn"), length=5, hidden=4, budget=2)
    curves = compare_gradients(settings, said.append)
    assert list(dict.fromkeys(curve.setting for curve in curves)) == list(SETTINGS)
    assert [(curve.network, curve.part) for curve in curves if curve.setting == SETTINGS[-1]] == [
        ("rnn", "hidden"),
        ("qrnn", "hidden"),
        ("qrnn", "cell"),
    ]
    assert [line.partition(":")[0] for line in said] == ["rnn", "qrnn"]
    assert compare_gradients(settings) == curves


def test_wrong_settings_are_named():
    with pytest.raises(ConfigError, match=r"cell must be one of .*; got 'ltsm'"):
        GradientSettings(cells=("ltsm",))
    with pytest.raises(ConfigError, match="length must be at least 3 steps; got 2"):
        GradientSettings(length=2)
