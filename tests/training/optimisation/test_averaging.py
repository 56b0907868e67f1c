import pytest
import torch
from torch import nn

from headgate.training.optimisation import WeightAverage
from headgate.training.optimisation.averaging import SNAPSHOTS


def walk(average_from: int, steps: int, *, stop_at: int | None = None):
    """A model whose weights wander; its average, and the snapshots of each step."""
    model = nn.Linear(3, 2)
    average = WeightAverage(model, average_from, steps)
    generator = torch.Generator().manual_seed(0)
    snapshots = []
    for step in range(1, steps + 1):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator))
        average.include(step)
        snapshots.append(model.weight.detach().clone())
        if step == stop_at:
            state, average = average.state_dict(), WeightAverage(model, average_from, steps)
            average.load_state_dict(state)
    return model, average, snapshots


@pytest.mark.parametrize(("first", "steps"), [(1, 7), (4, 10), (10, 10), (3, 3 * SNAPSHOTS)])
def test_the_average_is_the_mean_of_its_snapshots(first, steps):
    model, average, snapshots = walk(first, steps)
    every = max(1, steps // SNAPSHOTS)
    taken = [snapshots[step - 1] for step in range(first, steps + 1) if step % every == 0]
    with average.applied():
        torch.testing.assert_close(model.weight.detach(), torch.stack(taken).mean(0))


def test_the_weights_themselves_come_back_also_after_an_error():
    model, average, snapshots = walk(1, 5)
    with pytest.raises(ZeroDivisionError), average.applied():
        raise ZeroDivisionError
    assert torch.equal(model.weight.detach(), snapshots[-1])


def test_before_the_first_snapshot_the_weights_are_used_as_they_are():
    model, average, snapshots = walk(6, 5)
    with average.applied():
        assert torch.equal(model.weight.detach(), snapshots[-1])


@pytest.mark.parametrize("stop_at", [1, 3, 4])
def test_the_average_survives_a_round_trip(stop_at):
    def result(**options) -> torch.Tensor:
        model, average, _ = walk(3, 8, **options)
        with average.applied():
            return model.weight.detach().clone()

    assert torch.equal(result(stop_at=stop_at), result())
