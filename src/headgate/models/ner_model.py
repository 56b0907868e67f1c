"""A tagger: embedding → recurrent stack → one score a tag at every token, and a CRF over them."""

from typing import Unpack

import torch
from torch import Tensor, nn
from torch.nn import functional

from headgate.decoding import AllowedMoves
from headgate.errors import ConfigError
from headgate.layers import CRF, SubwordTensors, VariationalDropout
from headgate.models.reader import Reader, ReaderOptions, in_order, padding_last
from headgate.shapes import Float, Int
from headgate.text.vocabulary import PADDING_ID


class NERModel(Reader):
    """Score every tag for each token of a batch: named entities, parts of speech or any other tags.

    - `vocab_size`: number of token ids; id 0 is padding and, wherever it stands, changes no answer
    - `embedding_dim`, `hidden_dim`: units of a token's vector, and of the hidden state of each direction
    - `num_tags`: at least 1
    - `lookahead`: tokens after it that a token is scored by as well; for a model that reads left to right
    - `crf`: choose tags together: `model.crf` holds the scores of one tag after another and gives the
      likelihood of a whole path (Lample et al. 2016); `allowed`: the moves between tags that may occur at all
    - `options`: all else, see `ReaderOptions`
    """

    def __init__(
        self,
        vocab_size: int,
        embedding_dim: int,
        hidden_dim: int,
        num_tags: int,
        *,
        lookahead: int = 0,
        crf: bool = False,
        allowed: AllowedMoves | None = None,
        **options: Unpack[ReaderOptions],
    ) -> None:
        super().__init__(vocab_size, embedding_dim, hidden_dim, **options)
        if num_tags < 1:
            raise ConfigError(f"num_tags must be at least 1; got {num_tags}")
        if lookahead < 0 or (lookahead and len(self.recurrent.suffixes) > 1):
            rule = "must be at least 0, and 0 for a model that reads in both directions (bidirectional=False)"
            raise ConfigError(f"lookahead {rule}; got {lookahead}")
        self.lookahead = lookahead
        self.dropout = VariationalDropout(options.get("dropout", 0.0))
        self.output = nn.Linear(self.recurrent.output_size * (1 + lookahead), num_tags)
        self.crf = CRF(num_tags, allowed) if crf else None

    def forward(
        self, token_ids: Int[Tensor, "batch time"], subwords: SubwordTensors | None = None
    ) -> Float[Tensor, "batch time tags"]:
        """One unnormalised score a tag at every place; those at padding mean nothing.

        `subwords` is needed by a model that reads characters.
        """
        outputs, _, token_mask = self.read(token_ids, subwords)
        outputs = self.dropout(outputs) * token_mask.unsqueeze(2)  # what lies ahead of the last token is zero
        scores = self.output(ahead(outputs, self.lookahead))
        steps = padding_last(token_ids != PADDING_ID)
        return scores if steps is None else in_order(scores, torch.argsort(steps, dim=1))


def ahead(outputs: Float[Tensor, "batch time output"], lookahead: int) -> Float[Tensor, "batch time window"]:
    """The output at each step with those of the steps after it, side by side; zeros beyond the end."""
    time, padded = outputs.shape[1], functional.pad(outputs, (0, 0, 0, lookahead))
    return torch.cat([padded[:, step : step + time] for step in range(lookahead + 1)], dim=2)
