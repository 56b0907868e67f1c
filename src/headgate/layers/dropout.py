"""Dropout as recurrent networks want it: one mask for a whole text, and whole words dropped."""

import torch
from torch import Tensor, nn

from headgate.errors import ConfigError
from headgate.shapes import Float, Int
from headgate.text.vocabulary import PADDING_ID, UNKNOWN_ID


class VariationalDropout(nn.Module):
    """Drop the same features at every step of a text (Gal & Ghahramani 2016, section 4).

    A fresh mask at every step would be noise that a recurrent state averages away, and that it must carry.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = check_probability("dropout", probability)

    def forward(self, inputs: Float[Tensor, "batch time features"]) -> Float[Tensor, "batch time features"]:
        """Scale what is kept by 1 / (1 - p) in training; the identity otherwise."""
        if not self.training or self.probability == 0.0:
            return inputs
        keep = inputs.new_empty(inputs.shape[0], 1, inputs.shape[2]).bernoulli_(1.0 - self.probability)
        return inputs * keep.div_(1.0 - self.probability)


class WordDropout(nn.Module):
    """Replace words by the unknown word, at random, in training (Kiperwasser & Goldberg 2016).

    The unknown word is so learned from, and no single word is relied upon. Padding stays padding.

    `probability`: that of every word, or a tensor with one for each word id.
    """

    def __init__(self, probability: float | Float[Tensor, " vocab"]) -> None:
        super().__init__()
        if isinstance(probability, Tensor):
            check_probability("word_dropout", float(probability.max()))
            self.register_buffer("probability", probability, persistent=False)
        else:
            self.probability = check_probability("word_dropout", probability)

    def forward(self, token_ids: Int[Tensor, "batch time"]) -> Int[Tensor, "batch time"]:
        """The same ids, some of them now `UNKNOWN_ID`, in training; the identity otherwise."""
        if not self.training or (isinstance(self.probability, float) and self.probability == 0.0):
            return token_ids
        each = self.probability[token_ids] if isinstance(self.probability, Tensor) else self.probability
        dropped = torch.rand(token_ids.shape, device=token_ids.device) < each
        return token_ids.masked_fill(dropped & (token_ids != PADDING_ID), UNKNOWN_ID)


class UnitDropout(nn.Module):
    """Drop whole units: the vectors of some ids are zero, wherever they stand, in training.

    (Gal & Ghahramani 2016; for language models Merity et al. 2018, section 4.3.)
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = check_probability("unit_dropout", probability)

    def forward(
        self, vectors: Float[Tensor, "batch time features"], token_ids: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time features"]:
        """Scale what is kept by 1 / (1 - p) in training; the identity otherwise."""
        if not self.training or self.probability == 0.0:
            return vectors
        _, unit = torch.unique(token_ids, return_inverse=True)
        keep = vectors.new_empty(int(unit.max()) + 1).bernoulli_(1.0 - self.probability)
        return vectors * keep.div_(1.0 - self.probability)[unit].unsqueeze(2)


def check_probability(name: str, value: float) -> float:
    """The value, if it is a probability below 1; ConfigError otherwise."""
    if not 0.0 <= value < 1.0:
        raise ConfigError(f"{name} must be at least 0 and below 1; got {value}")
    return value
