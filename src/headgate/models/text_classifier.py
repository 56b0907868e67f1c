"""A text classifier: embedding → recurrent stack → pooling → one score a class."""

import torch
from torch import Tensor, nn

from headgate.errors import ConfigError
from headgate.layers import (
    BagTensors,
    LinearBag,
    Pooling,
    RecurrentStack,
    SubwordTensors,
    VariationalDropout,
    WordDropout,
    WordEmbedding,
)
from headgate.shapes import Bool, Float, Int
from headgate.text.vocabulary import PADDING_ID


class TextClassifier(nn.Module):
    """Score every class for each text of a batch.

    - `vocab_size`: number of token ids; id 0 is padding and, wherever it stands, changes no answer
    - `embedding_dim`, `hidden_dim`: units of a token's vector, and of the hidden state of each direction
    - `num_classes`: at least 2
    - `cell`: rnn, lstm, gru or original_gru; `layers`, `bidirectional`: the recurrent stack
    - `pooling`: last, mean, max, attention, or several joined by "+"
    - `dropout`: probability for features of the embeddings, between layers (both the same for a whole text)
      and of the pooled vector; `word_dropout`: probability that a token becomes the unknown one (id 1)
    - `ngram_buckets`: hash buckets of character n-grams (`headgate.text.CharacterNgrams`); 0 for none;
      `ngram_dim`: units of an n-gram's vector
    - `bag_features`: ids of words and word pairs (`headgate.text.WordBag`), scored by a linear model whose
      logits are added; 0 for none
    - `memory_length`: tokens to be remembered, for chrono initialisation; None for forget bias 1
    - `sparse`: sparse gradients for the embedding tables; needs an optimiser that takes them
    """

    def __init__(
        self,
        vocab_size: int,
        embedding_dim: int,
        hidden_dim: int,
        num_classes: int,
        *,
        cell: str = "lstm",
        layers: int = 1,
        bidirectional: bool = True,
        pooling: str = "mean+max",
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        ngram_buckets: int = 0,
        ngram_dim: int = 48,
        bag_features: int = 0,
        memory_length: int | None = None,
        sparse: bool = False,
    ) -> None:
        super().__init__()
        if num_classes < 2:
            raise ConfigError(f"num_classes must be at least 2; got {num_classes}")
        self.word_dropout = WordDropout(word_dropout)
        self.embedding = WordEmbedding(
            vocab_size, embedding_dim, ngram_buckets=ngram_buckets, ngram_dim=ngram_dim, sparse=sparse
        )
        self.embedding_dropout = VariationalDropout(dropout)
        self.recurrent = RecurrentStack(
            cell,
            embedding_dim,
            hidden_dim,
            layers=layers,
            bidirectional=bidirectional,
            dropout=dropout,
            memory_length=memory_length,
        )
        self.pooling = Pooling(pooling, self.recurrent.output_size)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(self.pooling.output_size, num_classes)
        self.bag = LinearBag(bag_features, num_classes) if bag_features else None

    def forward(
        self,
        token_ids: Int[Tensor, "batch time"],
        subwords: SubwordTensors | None = None,
        bags: BagTensors | None = None,
    ) -> Float[Tensor, "batch classes"]:
        """Logits: one unnormalised score a class; softmax makes probabilities of them.

        `subwords` is needed by a model with `ngram_buckets`, `bags` by one with `bag_features`.
        """
        vectors = self.embedding(self.word_dropout(token_ids), subwords)
        vectors, token_mask = padding_last(vectors, token_ids != PADDING_ID)
        outputs, last = self.recurrent(self.embedding_dropout(vectors), token_mask)
        logits = self.output(self.dropout(self.pooling(outputs, last, token_mask)))
        if self.bag is None:
            return logits
        if bags is None:
            raise ConfigError("this model reads a bag of words: pass `bags` beside `token_ids`")
        return logits + self.bag(bags, token_mask.sum(1))


def padding_last(
    vectors: Float[Tensor, "batch time features"], token_mask: Bool[Tensor, "batch time"]
) -> tuple[Float[Tensor, "batch time features"], Bool[Tensor, "batch time"]]:
    """Move real tokens to the front of each text, in their order, where padding stands before any of them."""
    if not torch.any(token_mask[:, 1:] & ~token_mask[:, :-1]):
        return vectors, token_mask
    order = torch.argsort(token_mask.logical_not().to(torch.uint8), dim=1, stable=True)
    return vectors.gather(1, order.unsqueeze(2).expand_as(vectors)), token_mask.gather(1, order)
