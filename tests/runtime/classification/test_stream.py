import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cells import CELLS
from headgate.errors import ConfigError, DataError
from headgate.runtime import StreamState, load
from tests.conftest import write_small_model

TEXT = "the film was n't good ! a naïve plot , the film was bad"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return {
        cell: load(
            write_small_model(
                tmp_path_factory.mktemp(cell) / "model",
                cell=cell,
                layers=2,
                bidirectional=False,
                pooling="attention+last+max+mean",
                ngrams=30,
                bag=True,
            ).path
        )
        for cell in CELLS
    }


every_cell = pytest.mark.parametrize("cell", CELLS)


@every_cell
def test_a_stored_stream_goes_on_as_if_it_had_never_stopped(cell, models):
    first, second = TEXT[:20].rsplit(" ", 1)[0], TEXT[len(TEXT[:20].rsplit(" ", 1)[0]) :]
    unbroken = models[cell].stream()
    unbroken.push(first)
    stored = unbroken.state.to_bytes()
    restored = models[cell].stream()
    restored.state = StreamState.from_bytes(stored)
    assert restored.answer() == unbroken.answer()
    assert restored.push(second) == unbroken.push(second)
    assert restored.state.to_bytes() == unbroken.state.to_bytes()


@every_cell
def test_forks_go_their_own_ways(cell, models):
    trunk = models[cell].stream()
    at_fork = trunk.push("the film was")
    state = trunk.state
    branch = models[cell].stream()
    branch.state = state
    assert branch.push("bad !") != at_fork
    assert trunk.answer() == at_fork
    trunk.push("good !")
    again = models[cell].stream()
    again.state = state  # neither branch has changed what was saved
    assert again.answer() == at_fork
    assert again.push("good !") == trunk.answer()


def test_arrays_of_a_state_can_be_changed_without_changing_the_stream(models):
    stream = models["lstm"].stream()
    stream.push(TEXT)
    state, before = stream.state, stream.answer()
    other = models["lstm"].stream()
    other.state = state
    copies = StreamState({name: np.array(array) for name, array in state.arrays.items()})
    other.state = copies
    for array in copies.arrays.values():
        array.fill(7)
    assert other.answer() == before


@every_cell
def test_the_state_does_not_grow(cell, models):
    stream = models[cell].stream()
    sizes = {len(stream.state.to_bytes())}
    for _ in range(4):
        stream.push(TEXT * 5)
        sizes.add(len(stream.state.to_bytes()))
    assert len(sizes) == 1


@every_cell
def test_a_stream_that_has_read_nothing_answers_for_the_empty_text(cell, models):
    stream = models[cell].stream()
    expected = models[cell].predict("")
    assert stream.answer() == stream.push("") == stream.push(" \n ")
    np.testing.assert_allclose(
        list(stream.answer().scores.values()), list(expected.scores.values()), rtol=0, atol=1e-6
    )


def test_a_pair_of_words_is_known_across_pushes(make_model):
    model = load(make_model(bidirectional=False, bag=True).path)
    split, whole = model.stream(), model.stream()
    split.push("film")
    # "film was" is a pair that the model knows.
    np.testing.assert_allclose(
        list(split.push("was").scores.values()),
        list(whole.push("film was").scores.values()),
        rtol=0,
        atol=1e-6,
    )


def test_the_state_of_another_model_is_refused(models):
    other = models["gru"].stream()
    with pytest.raises(DataError, match="the state is of another model"):
        other.state = models["lstm"].stream().state
    with pytest.raises(DataError, match="the state is of another model"):
        other.state = StreamState({})


def test_an_array_of_another_type_is_refused(models):
    stream = models["gru"].stream()
    wide = {name: array.astype(np.float64) for name, array in stream.state.arrays.items()}
    with pytest.raises(DataError, match="the state is of another model"):
        stream.state = StreamState(wide)


@settings(deadline=None, max_examples=50)
@given(content=st.binary(max_size=40))
def test_bytes_that_are_no_state_are_refused(content):
    with pytest.raises(DataError, match="not the state of a stream"):
        StreamState.from_bytes(content)


def test_a_truncated_state_is_refused(models):
    content = models["lstm"].stream().state.to_bytes()
    for size in range(0, len(content), 97):
        with pytest.raises(DataError, match="not the state of a stream"):
            StreamState.from_bytes(content[:size])


def test_a_bidirectional_model_cannot_stream_and_says_what_to_do(make_model):
    small = make_model(bidirectional=True)
    with pytest.raises(ConfigError) as caught:
        load(small.path).stream()
    assert str(caught.value) == (
        f"{small.path}: a bidirectional model needs the whole text and cannot stream "
        "(train it with --no-bidirectional)"
    )
