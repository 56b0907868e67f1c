import pytest
import torch

from headgate.errors import ConfigError
from headgate.layers import WordEmbedding
from headgate.models import classifier_inputs
from headgate.text import CharacterNgrams, TextEncoder, Vocabulary

TEXTS = ["the film the films", "", "zzz"]


@pytest.fixture
def encoder():
    return TextEncoder(Vocabulary(["the", "film"]), CharacterNgrams(50))


def embed(encoder, *, sparse=False):
    torch.manual_seed(0)
    embedding = WordEmbedding(len(encoder.vocabulary), 4, ngram_buckets=50, sparse=sparse)
    token_ids, subwords, _ = classifier_inputs(encoder.encode(TEXTS).batch([0, 1, 2]), torch.device("cpu"))
    return embedding, embedding(token_ids, subwords)


def test_a_words_vector_is_its_own_and_a_projection_of_the_mean_of_its_ngrams(encoder):
    embedding, vectors = embed(encoder)
    for row, text in enumerate(TEXTS):
        words = text.split()
        for step, word in enumerate(words):
            pieces = [embedding.ngrams.weight[bucket] for bucket in encoder.ngrams.ids(word)]
            own = embedding.words.weight[encoder.vocabulary.id(word)]
            of_ngrams = embedding.projection.weight @ (sum(pieces) / len(pieces))
            torch.testing.assert_close(vectors[row, step], own + of_ngrams)
        assert torch.all(vectors[row, len(words) :] == 0)


def test_words_that_were_never_seen_differ_by_their_ngrams(encoder):
    _, vectors = embed(encoder)
    films, zzz = vectors[0, 3], vectors[2, 0]  # both unknown
    assert not torch.allclose(films, zzz)


def test_sparse_gradients_are_the_dense_ones(encoder):
    gradients = []
    for sparse in (False, True):
        embedding, vectors = embed(encoder, sparse=sparse)
        vectors.square().sum().backward()
        gradients.append([embedding.words.weight.grad, embedding.ngrams.weight.grad])
    for dense, sparse in zip(*gradients, strict=True):
        assert sparse.is_sparse
        torch.testing.assert_close(sparse.to_dense(), dense)
        assert torch.all(dense[0] == 0)  # padding learns nothing


def test_ngrams_that_are_missing_are_asked_for(encoder):
    embedding = WordEmbedding(4, 3, ngram_buckets=50)
    with pytest.raises(ConfigError, match="pass `subwords` beside `token_ids`"):
        embedding(torch.ones(1, 2, dtype=torch.long))


def test_without_ngrams_a_vector_is_a_row_of_the_table():
    embedding = WordEmbedding(5, 3)
    ids = torch.tensor([[4, 1, 0]])
    assert torch.equal(embedding(ids)[0], embedding.words.weight[[4, 1, 0]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 3, 0), "vocab_size must be at least 2 and embedding_dim 1; got 1 and 3"),
        ((5, 0, 0), "vocab_size must be at least 2 and embedding_dim 1; got 5 and 0"),
        ((5, 3, -1), "ngram_buckets must be at least 0 and ngram_dim 1; got -1 and 48"),
    ],
)
def test_a_table_without_rows_or_columns_is_refused(arguments, message):
    vocab_size, dim, buckets = arguments
    with pytest.raises(ConfigError) as caught:
        WordEmbedding(vocab_size, dim, ngram_buckets=buckets)
    assert str(caught.value) == message
