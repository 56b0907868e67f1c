"""One table: every translator answers in NumPy as in torch, step by step as at once, whoever is beside it."""

import itertools
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from headgate.cells import ATTENTIONS
from headgate.models import TorchTranslationScorer
from headgate.runtime.translation.network import TranslatorNetwork
from tests.conftest import draw_translator

LOOKING = [
    {"attention": attention, "input_feeding": feeding}
    for attention, feeding in itertools.product(ATTENTIONS, (False, True))
    if attention != "none" or not feeding
]
CELLS = ("lstm", "gru", "qrnn", "mingru", "rnn")
REST = [
    {"layers": layers, "tied": tied, "shared": shared, "bidirectional": bidirectional}
    for layers, tied, shared, bidirectional in itertools.product((1, 2), *[(False, True)] * 3)
]
"""Each case has one of these, and the next case the one 5 further on; so all of them occur."""
CASES = [
    {"cell": cell, **looking, **REST[place * 5 % len(REST)]}
    for place, (looking, cell) in enumerate(itertools.product(LOOKING, CELLS))
]
CASES.append(CASES[-1] | {"tied": True, "embedding_dim": 6})  # as long as the state: no projection
ATTENDING = [case for case in CASES if case["attention"] != "none"]

SOURCES = [[3, 4, 5, 2], [2], [9, 8, 7, 6, 5, 4, 3, 2], [6, 1, 2]]
"""Of any lengths; 1 is unknown."""
STEPS = 5


def named(case) -> str:
    return "-".join(str(value) for value in case.values())


every_case = pytest.mark.parametrize("case", CASES, ids=named)
every_attending_case = pytest.mark.parametrize("case", ATTENDING, ids=named)


@cache
def drawn(case: tuple[tuple[str, object], ...]):
    shape, _, module = draw_translator(**dict(case))
    targets = torch.randint(2, shape.target_vocab_size, (len(SOURCES), STEPS))
    return shape, module, targets


def draw(case):
    """The shape, the torch module, and a target for each source."""
    return drawn(tuple(case.items()))


def padded(sources, *, width: int = 8) -> torch.Tensor:
    return torch.tensor([source + [0] * (width - len(source)) for source in sources])


def in_numpy(shape, module) -> TranslatorNetwork:
    """The twin of a torch module."""
    weights = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    return TranslatorNetwork(shape, weights, Path("weights"))


def arrays(sources) -> list[np.ndarray]:
    return [np.array(source) for source in sources]


def assert_close(found, expected, tolerance=1e-5):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


@every_case
@torch.no_grad()
def test_no_answer_depends_on_padding_batch_mates_or_order(case):
    _, module, targets = draw(case)
    together = module(padded(SOURCES), targets)
    order = [2, 0, 3, 1]
    mixed = module(padded([SOURCES[row] for row in order], width=11), targets[order])
    assert_close(mixed, together[order])
    for row, source in enumerate(SOURCES):
        assert_close(module(torch.tensor([source]), targets[row : row + 1])[0], together[row])
    holes = torch.tensor([[0, 3, 0, 0, 4, 5, 2, 0]])  # padding wherever it stands
    assert_close(module(holes, targets[:1])[0], together[0])


@every_case
@torch.no_grad()
def test_a_target_is_read_step_by_step_as_at_once(case):
    _, module, targets = draw(case)
    decoder, (states, memory) = module.decoder, module.encode(padded(SOURCES))
    whole, last = decoder.read(targets, states, memory)
    assert_close(decoder.output(whole), module(padded(SOURCES), targets))
    if case["cell"] != "qrnn":  # which keeps more than the textbook's state
        hidden, cell = module.encoder(padded(SOURCES))
        at_once, *_ = decoder(targets, hidden, cell, memory)
        assert_close(at_once, decoder.output(whole))
    for step, unit in enumerate(targets.unbind(1)):
        readout, states = decoder.read(unit[:, None], states, memory)
        assert_close(readout[:, 0], whole[:, step])
        if case["cell"] != "qrnn":
            scores, hidden, cell = decoder(unit, hidden, cell, memory)
            assert_close(scores, at_once[:, step])
    for one, other in zip(states, last, strict=True):
        assert vars(one).keys() == vars(other).keys()
        for name, part in vars(one).items():
            assert_close(part, getattr(other, name))
    if case["cell"] != "qrnn":
        assert_close(hidden, torch.stack([state.hidden for state in last]))
        assert (cell is not None) == hasattr(last[0], "cell")


@every_case
@torch.no_grad()
def test_numpy_and_its_twin_on_a_device_score_as_the_module_does(case):
    shape, module, targets = draw(case)
    expected = module(padded(SOURCES), targets).numpy()
    for scorer in (in_numpy(shape, module), TorchTranslationScorer(module, "cpu")):
        state = scorer.begin(arrays(SOURCES))
        for step, units in enumerate(targets.numpy().T):
            scores, state = scorer.step(units, state)
            assert scores.dtype == np.float32
            assert_close(scores, expected[:, step])


@every_case
@torch.no_grad()
def test_rows_go_on_the_same_wherever_they_are_put_and_however_often(case):
    shape, module, targets = draw(case)
    units, found = targets.numpy(), []
    expected = module(padded(SOURCES), targets).numpy()
    for scorer in (in_numpy(shape, module), TorchTranslationScorer(module, "cpu")):
        state, rows = scorer.begin(arrays(SOURCES), watched=True), np.arange(len(SOURCES))
        for step, chosen in enumerate(([3, 2, 1, 0], [0, 0, 1, 2, 2], [4, 0, 1], [2, 0], [1, 0, 1])):
            state, rows = scorer.select(state, np.array(chosen)), rows[chosen]
            scores, state = scorer.step(units[rows, step], state)
            assert_close(scores, expected[rows, step])
        found.append((rows, scorer.coverage(state)))
    (rows, coverage), (_, on_device) = found
    assert_close(coverage, on_device)
    for row, of_row in zip(rows, coverage, strict=True):
        assert of_row == pytest.approx(coverage_slowly(module, SOURCES[row], targets[row]), abs=1e-4)


def coverage_slowly(module, source, target) -> float:
    """Wu et al. 2016, eq. 14, without its factor, position by position."""
    states, memory = module.encode(torch.tensor([source]))
    if memory is None:
        return 0.0
    looks = module.decoder.look(target[None], states, memory)[0].double()
    return sum(
        float(torch.log(min(looks[:, place].sum(), torch.tensor(1.0)))) for place in range(len(source))
    )


@every_attending_case
@torch.no_grad()
def test_numpy_and_torch_look_at_the_same_places_and_never_at_padding(case):
    shape, module, targets = draw(case)
    states, memory = module.encode(padded(SOURCES))
    together = module.decoder.look(targets, states, memory).numpy()
    assert together.shape == (len(SOURCES), STEPS, 8)
    scorers = in_numpy(shape, module), TorchTranslationScorer(module, "cpu")
    for row, source in enumerate(SOURCES):
        assert np.all(together[row, :, len(source) :] == 0)
        for scorer in scorers:
            looks = scorer.look(np.array(source), targets[row].numpy())
            assert_close(looks, together[row, :, : len(source)])
            assert_close(looks.sum(axis=1), 1.0)
    assert scorers[0].look(np.array([3, 2]), np.zeros(0, np.int64)).shape == (0, 2)
