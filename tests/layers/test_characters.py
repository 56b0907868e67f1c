from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import ConfigError
from headgate.layers import CharacterConvolution, CharacterLSTM, SubwordTensors, WordEmbedding
from headgate.layers.characters import character_encoder
from headgate.modelfile import CharacterShape
from headgate.runtime.layers import NamedWeights
from headgate.runtime.layers.characters import character_encoder as numpy_encoder
from headgate.tasks.character_encoders import CONVOLUTION_WIDTHS
from headgate.text import Alphabet

SIZES = {"alphabet_size": 9, "dim": 3, "features": 6}
WORDS = [[2, 4, 5, 6, 7, 8, 4, 3], [2, 3], [2, 1, 3], [0], [2, 5, 5, 5, 3]]
"""Characters' ids of some words; one of them is the padding word."""

every_encoder = pytest.mark.parametrize("name", ["convolution", "lstm"])
words_of_ids = st.lists(
    st.lists(st.integers(1, 8), max_size=9).map(lambda ids: ids or [0]), min_size=1, max_size=6
)


def make(name: str, *, seed: int = 0):
    """An encoder in float64 with no weight left at zero, but for padding's."""
    torch.manual_seed(seed)
    encoder = character_encoder(name, *SIZES.values()).double()
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.normal_(std=0.7)
        encoder.table.weight[0].zero_()
    return encoder


def pad(words, extra: int = 0) -> torch.Tensor:
    longest = max(map(len, words)) + extra
    return torch.tensor([ids + [0] * (longest - len(ids)) for ids in words])


def convolved(encoder: CharacterConvolution, ids: list[int]) -> torch.Tensor:
    """The definition: each filter at each character, zeros around the word; of its answers the highest."""
    real = [one for one in ids if one]
    found = []
    for width, filters in zip(CONVOLUTION_WIDTHS, encoder.filters, strict=True):
        around = width // 2
        vectors = [torch.zeros(3, dtype=torch.float64)] * around
        vectors = [*vectors, *(encoder.table.weight[one] for one in real), *vectors]
        for weight, bias in zip(filters.weight, filters.bias, strict=True):
            answers = [
                sum(weight[:, place] @ vectors[start + place] for place in range(width)) + bias
                for start in range(len(real))
            ]
            found.append(max([torch.tensor(0.0, dtype=torch.float64), *answers]))
    return torch.stack(found)


def read_both_ways(encoder: CharacterLSTM, ids: list[int]) -> torch.Tensor:
    """The definition: torch's own LSTM over the word alone."""
    real = [one for one in ids if one]
    if not real:
        return torch.zeros(6, dtype=torch.float64)
    twin = torch.nn.LSTM(3, 3, bidirectional=True, batch_first=True, dtype=torch.float64)
    twin.load_state_dict(encoder.recurrent.state_dict())
    _, (hidden, _) = twin(encoder.table.weight[real].unsqueeze(0))
    return hidden.flatten()


OBVIOUS = {"convolution": convolved, "lstm": read_both_ways}


def assert_close(found, expected, tolerance=1e-10):
    torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)


@every_encoder
@settings(deadline=None, max_examples=25)
@given(words=words_of_ids, extra=st.integers(0, 4), seed=st.integers(0, 9))
def test_a_words_vector_is_that_of_its_definition_whatever_padding_and_words_stand_beside_it(
    name, words, extra, seed
):
    encoder = make(name, seed=seed)
    with torch.no_grad():
        found = encoder(pad(words, extra))
        assert found.shape == (len(words), 6)
        for row, ids in enumerate(words):
            assert_close(found[row], OBVIOUS[name](encoder, ids))


@every_encoder
def test_padding_of_characters_changes_no_gradient(name):
    encoder = make(name)
    weights = torch.randn(len(WORDS), 6, dtype=torch.float64)

    def gradients(extra: int):
        encoder.zero_grad()
        (encoder(pad(WORDS, extra)) * weights).sum().backward()
        return [parameter.grad for parameter in encoder.parameters()]

    for found, expected in zip(gradients(5), gradients(0), strict=True):
        assert_close(found, expected)
    assert torch.all(encoder.table.weight.grad[0] == 0)  # padding learns nothing


@every_encoder
@settings(deadline=None, max_examples=25)
@given(words=words_of_ids, extra=st.integers(0, 4), seed=st.integers(0, 9))
def test_numpy_reads_characters_as_torch_does(name, words, extra, seed):
    encoder = make(name, seed=seed).float()
    weights = {f"embedding.characters.{key}": value.numpy() for key, value in encoder.state_dict().items()}
    twin = numpy_encoder(CharacterShape(name, *SIZES.values()), NamedWeights(weights, Path("weights")))
    with torch.no_grad():
        expected = encoder(pad(words, extra)).numpy()
    found = twin(pad(words, extra).numpy())
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@every_encoder
def test_the_order_of_characters_matters_and_so_do_prefix_and_suffix(name):
    encoder = make(name)
    with torch.no_grad():
        found = encoder(pad([[2, 4, 5, 3], [2, 5, 4, 3], [2, 4, 5], [4, 5, 3]]))
    assert len({tuple(row) for row in found.tolist()}) == 4


@every_encoder
def test_a_fresh_encoder_tells_words_apart(name):
    torch.manual_seed(0)
    alphabet = Alphabet("abcdef")
    words = ["abc", "abd", "fab", "deface", "Abc"]
    encoder = character_encoder(name, len(alphabet), 32, 16)
    with torch.no_grad():
        found = encoder(pad([alphabet.ids(word) for word in words]))
    distances = torch.cdist(found, found) + torch.eye(len(words))
    assert distances.min() > 0.01


@pytest.mark.parametrize(
    ("name", "features", "said"),
    [
        ("transformer", 6, "characters must be convolution or lstm; got 'transformer'"),
        ("lstm", 5, "character features come in two halves: they must be even; got 5"),
        ("convolution", 0, "character features come in two halves: they must be even; got 0"),
    ],
)
def test_an_encoder_that_there_is_not_is_refused(name, features, said):
    with pytest.raises(ConfigError) as caught:
        character_encoder(name, 9, 3, features)
    assert str(caught.value) == said
    with pytest.raises(ValueError, match="encoder: ") as caught:
        CharacterShape(name, 9, 3, features)
    assert str(caught.value) == f"encoder: {said}"


@every_encoder
def test_what_characters_say_stands_beside_a_words_own_vector(name):
    embedding = WordEmbedding(5, 4, characters=name, alphabet_size=9, character_dim=3, character_features=6)
    assert embedding.output_size == 10
    token_ids, word_index = torch.tensor([[4, 1], [1, 0]]), torch.tensor([[2, 4], [2, 3]])
    vectors = embedding(token_ids, SubwordTensors(word_index, characters=pad(WORDS)))
    of_words = embedding.characters(pad(WORDS))
    assert torch.equal(vectors, torch.cat((embedding.words.weight[token_ids], of_words[word_index]), dim=2))
    assert torch.all(vectors[1, 1] == 0) or name == "convolution"
    with pytest.raises(ConfigError, match="pass `subwords` beside `token_ids`"):
        embedding(torch.ones(1, 2, dtype=torch.long))
