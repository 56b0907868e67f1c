import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.runtime.layers import Packing
from headgate.runtime.layers import packing as packings
from headgate.runtime.layers.packing import projected_steps

LENGTHS = st.lists(st.integers(0, 6), min_size=1, max_size=5)


@settings(deadline=None)
@given(lengths=LENGTHS)
def test_a_packing_lays_out_every_token_once_step_after_step(lengths):
    lengths = np.array(sorted(lengths, reverse=True))
    packing = Packing(lengths)
    expected = [(step, row) for step in range(6) for row, length in enumerate(lengths) if step < length]
    assert list(zip(packing.steps, packing.rows, strict=True)) == expected
    assert packing.places(packing.rows, packing.steps).tolist() == list(range(len(expected)))


@settings(deadline=None)
@given(lengths=LENGTHS)
def test_mirroring_turns_each_text_round_within_its_own_length(lengths):
    lengths = np.array(sorted(lengths, reverse=True))
    packing = Packing(lengths)
    for place, (row, step) in enumerate(zip(packing.rows, packing.steps, strict=True)):
        mirror = packing.mirrored[place]
        assert (packing.rows[mirror], packing.steps[mirror]) == (row, lengths[row] - 1 - step)


@settings(deadline=None)
@given(lengths=LENGTHS)
def test_padded_tokens_stand_in_their_texts_and_zeros_elsewhere(lengths):
    packing = Packing(np.array(sorted(lengths, reverse=True)))
    tokens = np.arange(1, 1 + len(packing.rows), dtype=np.float32)[:, None]
    padded = packing.padded(tokens, 7)
    assert padded.shape == (len(lengths), 7, 1)
    assert padded[packing.rows, packing.steps].tolist() == tokens.tolist()
    assert np.count_nonzero(padded) == len(tokens)


@pytest.mark.parametrize("chunk", [1, 4, 100])
def test_what_is_projected_in_stretches_is_that_of_each_token(chunk, monkeypatch):
    monkeypatch.setattr(packings, "CHUNK_TOKENS", chunk)
    generator = np.random.default_rng(0)
    packing = Packing(np.array([5, 3, 3, 1, 0]))
    table = generator.normal(size=(6, 2)).astype(np.float32)
    index = generator.integers(6, size=(2, len(packing.rows)))
    matrices = generator.normal(size=(2, 2, 3)).astype(np.float32)
    steps = list(projected_steps(lambda some: some @ matrices, table, index, packing))
    assert [here for here, _ in steps] == [
        slice(0, 4),
        slice(4, 7),
        slice(7, 10),
        slice(10, 11),
        slice(11, 12),
    ]
    for here, projected in steps:
        for direction in range(2):
            expected = [table[row] @ matrices[direction] for row in index[direction, here]]
            np.testing.assert_allclose(projected[direction], expected, rtol=0, atol=1e-6)
