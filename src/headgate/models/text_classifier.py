"""A text classifier: embedding → recurrent stack → pooling → one score a class."""

from typing import Unpack

from torch import Tensor, nn

from headgate.errors import ConfigError
from headgate.layers import LinearBag, Pooling, RaggedTensors, SubwordTensors
from headgate.models.reader import Reader, ReaderOptions
from headgate.shapes import Float, Int


class TextClassifier(Reader):
    """Score every class for each text of a batch.

    - `vocab_size`: number of token ids; id 0 is padding and, wherever it stands, changes no answer
    - `embedding_dim`, `hidden_dim`: units of a token's vector, and of the hidden state of each direction
    - `num_classes`: at least 2
    - `pooling`: last, mean, max, attention, or several joined by "+"
    - `bag_features`: ids of words and word pairs (`headgate.text.WordBag`), scored by a linear model whose
      logits are added; 0 for none
    - `options`: all else, see `ReaderOptions`
    """

    def __init__(
        self,
        vocab_size: int,
        embedding_dim: int,
        hidden_dim: int,
        num_classes: int,
        *,
        pooling: str = "mean+max",
        bag_features: int = 0,
        **options: Unpack[ReaderOptions],
    ) -> None:
        super().__init__(vocab_size, embedding_dim, hidden_dim, **options)
        if num_classes < 2:
            raise ConfigError(f"num_classes must be at least 2; got {num_classes}")
        self.pooling = Pooling(pooling, self.recurrent.output_size)
        self.dropout = nn.Dropout(options.get("dropout", 0.0))
        self.output = nn.Linear(self.pooling.output_size, num_classes)
        self.bag = LinearBag(bag_features, num_classes) if bag_features else None

    def forward(
        self,
        token_ids: Int[Tensor, "batch time"],
        subwords: SubwordTensors | None = None,
        bags: RaggedTensors | None = None,
    ) -> Float[Tensor, "batch classes"]:
        """Logits: one unnormalised score a class; softmax makes probabilities of them.

        `subwords` is needed by a model that reads characters, `bags` by one with `bag_features`.
        """
        outputs, last, token_mask = self.read(token_ids, subwords)
        logits = self.output(self.dropout(self.pooling(outputs, last, token_mask)))
        if self.bag is None:
            return logits
        if bags is None:
            raise ConfigError("this model reads a bag of words: pass `bags` beside `token_ids`")
        return logits + self.bag(bags, token_mask.sum(1))
