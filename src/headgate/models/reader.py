"""What every model begins with: words → vectors → recurrent stack."""

from typing import TypedDict, Unpack

import torch
from torch import Tensor, nn

from headgate.layers import RecurrentStack, SubwordTensors, VariationalDropout, WordDropout, WordEmbedding
from headgate.shapes import Bool, Float, Int
from headgate.text.vocabulary import PADDING_ID


class ReaderOptions(TypedDict, total=False):
    """What may be said of any model beside its sizes, all by keyword.

    - `cell`: one of `headgate.cells.CELLS`, lstm if not said; `layers` (1), `bidirectional` (True)
    - `dropout`: probability for features of the word vectors, between layers, and of what is scored from (the
      same at every step of a text); `word_dropout`: probability that a token becomes the unknown one (id
      1), or a tensor with one for each id
    - `ngram_buckets`: hash buckets of character n-grams (`headgate.text.CharacterNgrams`), 0 for none;
      `ngram_dim` (48): units of an n-gram's vector
    - `characters`: "convolution" or "lstm" over a word's characters, None for neither; `alphabet_size`: ids
      of characters (`headgate.text.Alphabet`); `character_dim` (32): units of a character's vector;
      `character_features`: units that a word's characters add to its vector
    - `weight_dropout`: probability that a weight between hidden states is dropped
    - `memory_length`: tokens to be remembered, for chrono initialisation; None for forget bias 1
    - `sparse`: sparse gradients for the embedding tables; needs an optimiser that takes them
    """

    cell: str
    layers: int
    bidirectional: bool
    dropout: float
    word_dropout: float | Tensor
    ngram_buckets: int
    ngram_dim: int
    characters: str | None
    alphabet_size: int
    character_dim: int
    character_features: int
    weight_dropout: float
    memory_length: int | None
    sparse: bool


class Reader(nn.Module):
    """Embedding and recurrent stack, from which a model's scores are computed.

    `vocab_size`: number of token ids; id 0 is padding and, wherever it stands, changes no answer.
    """

    def __init__(
        self, vocab_size: int, embedding_dim: int, hidden_dim: int, **options: Unpack[ReaderOptions]
    ) -> None:
        super().__init__()
        dropout = options.get("dropout", 0.0)
        self.word_dropout = WordDropout(options.get("word_dropout", 0.0))
        self.embedding = WordEmbedding(
            vocab_size,
            embedding_dim,
            ngram_buckets=options.get("ngram_buckets", 0),
            ngram_dim=options.get("ngram_dim", 48),
            characters=options.get("characters"),
            alphabet_size=options.get("alphabet_size", 0),
            character_dim=options.get("character_dim", 32),
            character_features=options.get("character_features", 0),
            sparse=options.get("sparse", False),
        )
        self.embedding_dropout = VariationalDropout(dropout)
        self.recurrent = RecurrentStack(
            options.get("cell", "lstm"),
            self.embedding.output_size,
            hidden_dim,
            layers=options.get("layers", 1),
            bidirectional=options.get("bidirectional", True),
            dropout=dropout,
            weight_dropout=options.get("weight_dropout", 0.0),
            memory_length=options.get("memory_length"),
        )

    def read(
        self, token_ids: Int[Tensor, "batch time"], subwords: SubwordTensors | None
    ) -> tuple[Float[Tensor, "batch time output"], Float[Tensor, "batch output"], Bool[Tensor, "batch time"]]:
        """The stack's outputs, its final states, and a mask of the real tokens, which then come first.

        Where padding stood before or between a text's tokens, `padding_last` says what went where.
        """
        vectors, token_mask = self.embed(token_ids, subwords)
        outputs, last = self.recurrent(vectors, token_mask)
        return outputs, last, token_mask

    def embed(
        self, token_ids: Int[Tensor, "batch time"], subwords: SubwordTensors | None = None
    ) -> tuple[Float[Tensor, "batch time embedding"], Bool[Tensor, "batch time"]]:
        """What the stack reads: the tokens' vectors, the real ones first, and a mask of these."""
        vectors, token_mask = self.embedding(self.word_dropout(token_ids), subwords), token_ids != PADDING_ID
        steps = padding_last(token_mask)
        if steps is not None:
            vectors, token_mask = in_order(vectors, steps), token_mask.gather(1, steps)
        return self.embedding_dropout(vectors), token_mask


def padding_last(token_mask: Bool[Tensor, "batch time"]) -> Int[Tensor, "batch time"] | None:
    """The steps of each text, its real tokens first and in their order; None where they stand so already."""
    if not torch.any(token_mask[:, 1:] & ~token_mask[:, :-1]):
        return None
    return torch.argsort(token_mask.logical_not().to(torch.uint8), dim=1, stable=True)


def in_order(
    values: Float[Tensor, "batch time features"], steps: Int[Tensor, "batch time"]
) -> Float[Tensor, "batch time features"]:
    """The values at these steps of each text, in this order."""
    return values.gather(1, steps.unsqueeze(2).expand_as(values))
