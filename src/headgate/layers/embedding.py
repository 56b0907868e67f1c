"""Words → vectors: a table of the known words and, where wanted, what their characters say."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from headgate.errors import ConfigError
from headgate.layers.characters import character_encoder
from headgate.layers.tensors import SubwordTensors
from headgate.shapes import Float, Int
from headgate.text.ngrams import PADDING_BUCKET
from headgate.text.vocabulary import PADDING_ID

INITIAL_DEVIATION = 0.1
"""Standard deviation of a fresh word vector's entries."""


class WordEmbedding(nn.Module):
    """A word's vector: its own, or the unknown word's, and a projection of the mean of its n-grams' ones.

    After Bojanowski et al. 2017, where the n-grams' vectors are as long as the words' and need no projection:
    short ones cost a fraction of the time and memory, and each distinct word of a batch is projected once.
    Beside it stands, where wanted, what an encoder of characters makes of the word.

    - `ngram_buckets`: hash values of character n-grams; 0 for words alone
    - `ngram_dim`: units of an n-gram's vector
    - `characters`: "convolution" or "lstm", None for neither; over an alphabet of `alphabet_size` ids, with
      vectors of `character_dim` units, it adds `character_features` units to a word's vector
    - `sparse`: gradients hold the rows a batch touched and no others, for an optimiser that takes such
    """

    def __init__(
        self,
        vocab_size: int,
        dim: int,
        *,
        ngram_buckets: int = 0,
        ngram_dim: int = 48,
        characters: str | None = None,
        alphabet_size: int = 0,
        character_dim: int = 32,
        character_features: int = 0,
        sparse: bool = False,
    ) -> None:
        super().__init__()
        if vocab_size < 2 or dim < 1:
            sizes = f"{vocab_size} and {dim}"
            raise ConfigError(f"vocab_size must be at least 2 and embedding_dim 1; got {sizes}")
        if ngram_buckets < 0 or ngram_dim < 1:
            sizes = f"{ngram_buckets} and {ngram_dim}"
            raise ConfigError(f"ngram_buckets must be at least 0 and ngram_dim 1; got {sizes}")
        self.words = nn.Embedding(vocab_size, dim, padding_idx=PADDING_ID, sparse=sparse)
        nn.init.normal_(self.words.weight, std=INITIAL_DEVIATION)
        self.ngrams: nn.EmbeddingBag | None = None
        if ngram_buckets:
            rows = ngram_buckets + 1
            self.ngrams = nn.EmbeddingBag(
                rows, ngram_dim, mode="mean", sparse=sparse, padding_idx=PADDING_BUCKET
            )
            nn.init.normal_(self.ngrams.weight, std=2 * INITIAL_DEVIATION)  # averaging shrinks it
            self.projection = nn.Linear(ngram_dim, dim, bias=False)
        with torch.no_grad():
            for table in filter(None, (self.words, self.ngrams)):
                table.weight[0].zero_()  # padding, in both
        self.output_size = dim
        self.characters = None
        if characters is not None:
            self.characters = character_encoder(characters, alphabet_size, character_dim, character_features)
            self.output_size += character_features

    def forward(
        self, token_ids: Int[Tensor, "batch time"], subwords: SubwordTensors | None = None
    ) -> Float[Tensor, "batch time output"]:
        """The vector of each token; `subwords` is needed where characters are read, and only there."""
        vectors = self.words(token_ids)
        if self.ngrams is None and self.characters is None:
            return vectors
        if subwords is None:
            raise ConfigError("this model reads characters: pass `subwords` beside `token_ids`")
        if self.ngrams is not None:
            assert subwords.ngrams is not None
            of_words = self.projection(self.ngrams(subwords.ngrams.ids, subwords.ngrams.starts))
            vectors = vectors + functional.embedding(subwords.word_index, of_words)
        if self.characters is not None:
            assert subwords.characters is not None
            of_words = self.characters(subwords.characters)
            vectors = torch.cat((vectors, functional.embedding(subwords.word_index, of_words)), dim=2)
        return vectors
