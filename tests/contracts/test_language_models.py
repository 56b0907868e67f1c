"""One table: every language model scores in NumPy as in torch, and reads and writes the same however run."""

import copy
import itertools
import math
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cells import CELLS
from headgate.models import LanguageModel, build_language_model
from headgate.runtime import StreamState, TextGenerator
from headgate.runtime.generation.network import LanguageNetwork
from tests.conftest import RUNNING_TEXT, draw_language_model, small_generator

HEADS = {
    "projected": {"tied": True},
    "tied": {"tied": True, "hidden_dim": 5},
    "untied": {"tied": False},
    "adaptive": {"tied": False, "cutoffs": (6, 11), "hidden_dim": 16},
}
CASES = [
    {"cell": cell, "layers": layers, **HEADS[head]}
    for (cell, layers), head in itertools.product(itertools.product(CELLS, (1, 2)), HEADS)
]
TEXT = "was the naïve film n't good ?\n\nzx😀 a plot\n"
"""Known and unknown characters, and an empty line."""

every_cell = pytest.mark.parametrize("cell", CELLS)
every_head = pytest.mark.parametrize("head", HEADS.values(), ids=HEADS.keys())
every_unit = pytest.mark.parametrize("unit", ["char", "subword", "word"])


def named(options) -> str:
    return "-".join(map(str, options.values()))


def assert_close(found, expected, tolerance=1e-5):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def in_numpy(shape, module) -> LanguageNetwork:
    """The twin of a torch module."""
    weights = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    return LanguageNetwork(shape, weights, Path("weights"))


def log_softmax(scores):
    return torch.log_softmax(torch.as_tensor(scores).double(), -1).numpy()


@cache
def generator(cell: str = "lstm", layers: int = 2, unit: str = "char", **options) -> TextGenerator:
    """One language model of a kind."""
    return small_generator(cell=cell, layers=layers, unit=unit, **options)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_numpy_scores_as_torch_does(case):
    shape, units, module = draw_language_model(**case)
    network, ids = in_numpy(shape, module), units.encode(TEXT)
    tokens = torch.from_numpy(ids)[None]
    with torch.no_grad():
        expected, _ = module(tokens)
        losses, _ = module.loss(tokens[:, :-1], tokens[:, 1:])
    # One after the other; another text that runs beside it changes nothing.
    state = network.select(network.initial_states(), np.zeros(2, np.int64))
    for place, unit in enumerate(ids):
        scores, state = network.step(np.array([unit, 3]), state)
        assert_close(log_softmax(scores[0]), log_softmax(expected[0, place]))
        assert np.exp(log_softmax(scores)).sum(axis=1) == pytest.approx(1)
    _, after = network.read_on(ids[:1], network.initial_states())
    assert_close(network.losses(ids[1:], after)[0], losses[0])


@every_head
def test_the_loss_is_that_of_the_scores(head):
    _, units, module = draw_language_model(**head)
    tokens = torch.from_numpy(units.encode(RUNNING_TEXT)).view(2, -1)
    with torch.no_grad():
        scores, states = module(tokens[:, :-1])
        losses, after = module.loss(tokens[:, :-1], tokens[:, 1:])
    chances = torch.softmax(scores.double(), -1)
    for row, step in itertools.product(range(2), range(losses.shape[1])):
        assert losses[row, step] == pytest.approx(-math.log(chances[row, step, tokens[row, step + 1]]), 1e-4)
    assert torch.equal(states[0].hidden, after[0].hidden)


@pytest.mark.parametrize("cutoffs", [(1,), (6,), (2, 9), (3, 4, 5)])
def test_the_adaptive_softmax_is_that_of_torch(cutoffs):
    shape, units, module = draw_language_model(tied=False, cutoffs=cutoffs, hidden_dim=64)
    network = in_numpy(shape, module)
    outputs = np.random.default_rng(0).normal(0, 0.2, (20, 64)).astype(np.float32)
    with torch.no_grad():
        expected = module.output.adaptive.log_prob(torch.from_numpy(outputs)).numpy()
    assert expected.shape == (20, len(units))
    assert_close(network._scores(outputs), expected)


@pytest.mark.parametrize("case", CASES[::3], ids=named)
@pytest.mark.parametrize("cuts", [[1], [2, 3, 17], list(range(1, 21))], ids=str)
def test_torch_reads_a_text_on_as_it_reads_it_at_once(case, cuts):
    _, units, module = draw_language_model(**case)
    tokens = torch.from_numpy(units.encode(RUNNING_TEXT)[:42]).view(2, 21)
    states, found = None, []
    with torch.no_grad():
        whole, last = module(tokens)
        for start, end in itertools.pairwise([0, *cuts, 21]):
            scores, states = module(tokens[:, start:end], states)
            found.append(scores)
    assert_close(torch.cat(found, 1), whole)
    for one, other in zip(states, last, strict=True):
        for part in vars(one):
            assert_close(getattr(one, part), getattr(other, part))


@every_cell
def test_the_fused_kernels_equal_the_readable_loop(cell):
    _, units, fused = draw_language_model(cell=cell, layers=2)
    readable = copy.deepcopy(fused.double())
    readable.recurrent.fused = False
    tokens = torch.from_numpy(units.encode(RUNNING_TEXT)).view(2, -1)
    _, states = fused(tokens[:, :5])
    torch.testing.assert_close(
        fused(tokens[:, 5:], states)[0], readable(tokens[:, 5:], states)[0], rtol=0, atol=1e-10
    )


# ---------------------------------------------------------------- streams

PIECES = st.lists(st.text("the film was\nï?😀x", max_size=9), max_size=6)


@every_cell
@settings(deadline=None, max_examples=8)
@given(pieces=PIECES)
def test_a_text_is_read_the_same_in_any_pieces_through_bytes_and_forks(cell, pieces):
    model = generator(cell)
    text = "".join(pieces)
    stream = model.stream()
    found = []
    for piece in pieces:
        stored = stream.state.to_bytes()
        stream.push("a detour\n")
        fork = model.stream()
        fork.state = StreamState.from_bytes(stored)
        stream.state = fork.state
        fork.push("another one")
        found.append(stream.losses(piece)[0])
    expected, unknown = model.stream().losses(text)
    assert_close(np.concatenate([np.zeros(0), *found]), expected)
    assert unknown == text.count("x")
    whole = model.stream()
    whole.push(text)
    for name, array in whole.state.arrays.items():
        assert_close(stream.state.arrays[name], array)


@every_unit
@settings(deadline=None, max_examples=8)
@given(lines=st.lists(st.text("the film was? ", max_size=9), max_size=6))
def test_units_of_any_kind_are_read_line_by_line_as_at_once(unit, lines):
    model = generator(unit=unit, layers=1)
    stream = model.stream()
    pushed = [stream.push(f"{line}\n") for line in lines]
    total = sum(pushed, start=stream.push(""))
    whole = model.score("".join(f"{line}\n" for line in lines))
    assert (total.units, total.characters, total.unknown, total.words) == (
        whole.units,
        whole.characters,
        whole.unknown,
        whole.words,
    )
    assert total.nats == pytest.approx(whole.nats, abs=1e-4)


@pytest.mark.parametrize("stretch", [1, 7, 10_000])
def test_a_long_piece_is_read_the_same_in_stretches_of_any_length(stretch, monkeypatch):
    model = generator()
    expected = model.stream().losses(RUNNING_TEXT * 3)[0]
    monkeypatch.setattr("headgate.runtime.generation.stream.STRETCH", stretch)
    assert_close(model.stream().losses(RUNNING_TEXT * 3)[0], expected)
    assert model.predict(RUNNING_TEXT, length=5).text == generator().predict(RUNNING_TEXT, length=5).text


@every_cell
def test_the_state_does_not_grow(cell):
    stream = generator(cell).stream()
    sizes = {len(stream.state.to_bytes())}
    for _ in range(3):
        stream.push(RUNNING_TEXT * 5)
        sizes.add(len(stream.state.to_bytes()))
    assert len(sizes) == 1


@every_unit
@every_head
def test_perplexity_is_that_of_the_units_one_by_one(unit, head):
    _, units, module = draw_language_model(unit=unit, **head)
    model = small_generator(unit=unit, **head)
    ids = units.encode(TEXT).tolist()
    before = [units.encode("\n").tolist()[0], *ids]
    logs = []
    with torch.no_grad():
        for place, unit_id in enumerate(ids):
            scores, _ = module(torch.tensor([before[: place + 1]]))
            logs.append(-math.log(torch.softmax(scores[0, -1].double(), 0)[unit_id]))
    found = model.score(TEXT)
    assert found.perplexity == pytest.approx(math.exp(sum(logs) / len(logs)), 1e-4)
    assert found.bits_per_character == pytest.approx(sum(logs) / math.log(2) / len(TEXT), 1e-4)
    assert model.probabilities(TEXT) == pytest.approx([math.exp(-log) for log in logs], abs=1e-5)


# ---------------------------------------------------------------- writing


@every_cell
@every_unit
def test_samples_do_not_depend_on_those_beside_them(cell, unit):
    model = generator(cell, unit=unit, layers=1)
    five = [one.text for one in model.predict("the film", samples=5, length=20, stop=("?",))]
    two = [one.text for one in model.predict("the film", samples=2, length=20, stop=("?",))]
    assert five[:2] == two
    assert model.predict("the film", length=20, stop=("?",)).text == two[0]
    assert "".join(model.write("the film", length=20, stop=("?",))) == two[0]
    assert [one.text for one in model.predict(["a bad", "the film"], length=20, stop=("?",))][1] == two[0]
    assert len(set(five)) > 1


@settings(deadline=None, max_examples=20)
@given(prompt=st.text("the film\nwas", max_size=12), seed=st.integers(0, 99))
def test_what_is_written_depends_on_the_prompt_as_on_a_text_that_was_read(prompt, seed):
    model, options = generator(), {"seed": seed, "temperature": 0.8, "length": 6}
    written = model.predict(prompt, **options).text
    # An oracle that reads all of the text again for every unit.
    module = language_module(model)
    (chance,) = np.random.default_rng((seed, crc32(prompt.encode()))).spawn(1)
    ids = model.units.encode(f"\n{prompt}").tolist()
    for _ in range(6):
        with torch.no_grad():
            scores = module(torch.tensor([ids]))[0][0, -1].double()
        scores[[0, 1]] = -torch.inf
        shares = torch.softmax(scores / 0.8, 0).numpy().cumsum()
        ids.append(int((shares <= chance.random() * shares[-1]).sum()))
    assert written == model.units.decode(ids[-6:])


def language_module(model: TextGenerator) -> LanguageModel:
    module = build_language_model(model.config.network).eval()
    weights = {name: torch.from_numpy(array) for name, array in model.folder.weights.items()}
    module.load_state_dict(weights)
    return module


def test_a_beam_as_wide_as_all_texts_finds_the_likeliest():
    model = generator(layers=1)
    known = [model.units.decode([unit]) for unit in range(2, len(model.units))]
    (best,) = (model.predict("the", length=2, beam=len(known) ** 2),)
    likely = {a + b: np.prod(model.probabilities(f"the{a}{b}")[3:]) for a in known for b in known}
    assert best.text == max(likely, key=likely.get)
