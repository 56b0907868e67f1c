"""The shape of a network as `config.json` records it: what all tasks share, and what each adds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from headgate.cells import attention_named, cell_named
from headgate.errors import ConfigError
from headgate.tasks.character_encoders import check_character_encoder
from headgate.tasks.pooling import pooling_kinds
from headgate.tasks.unit_clusters import check_cutoffs


@dataclass(frozen=True)
class CharacterShape:
    """How a word's characters are read.

    - `encoder`: convolution or lstm
    - `alphabet_size`: ids of characters; `dim`: units of a character's vector
    - `features`: units that the characters add to a word's vector
    """

    encoder: str
    alphabet_size: int
    dim: int
    features: int

    def __post_init__(self) -> None:
        """Raise ValueError, beginning with the entry's name, for a shape that no encoder has."""
        _check("encoder", lambda: check_character_encoder(self.encoder, self.features))
        _check_sizes(self, {"alphabet_size": 4, "dim": 1, "features": 1})


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Words → vectors → recurrent stack, which every network has. Sizes are units, ids or layers.

    `ngram_buckets`: hash buckets of character n-grams, 0 for none; `ngram_dim`: units of their vectors.
    """

    vocab_size: int
    embedding_dim: int
    hidden_dim: int
    cell: str = "lstm"
    layers: int = 1
    bidirectional: bool = True
    ngram_buckets: int = 0
    ngram_dim: int = 48
    characters: CharacterShape | None = None

    least: ClassVar[dict[str, int]] = {
        "vocab_size": 2,
        "embedding_dim": 1,
        "hidden_dim": 1,
        "layers": 1,
        "ngram_buckets": 0,
        "ngram_dim": 1,
    }
    """The smallest value of each size."""

    def __post_init__(self) -> None:
        """Raise ValueError, beginning with the entry's name, for a shape that no network has."""
        _check("cell", lambda: cell_named(self.cell))
        _check_sizes(self, self.least)

    @property
    def directions(self) -> int:
        """2 for a bidirectional network, else 1."""
        return 2 if self.bidirectional else 1

    @property
    def input_dim(self) -> int:
        """Units that the stack reads at each step: a word's vector and what its characters add."""
        return self.embedding_dim + (0 if self.characters is None else self.characters.features)

    @property
    def output_dim(self) -> int:
        """Units of the stack's output at each step: every direction's hidden state side by side."""
        return self.hidden_dim * self.directions


@dataclass(frozen=True, kw_only=True)
class ClassifierShape(Shape):
    """A text classifier: the stack's outputs are pooled, and the classes scored from that.

    `bag_features`: ids of words and word pairs in the linear bag, 0 for none.
    """

    num_classes: int
    pooling: str = "mean+max"
    bag_features: int = 0

    least: ClassVar[dict[str, int]] = Shape.least | {"num_classes": 2, "bag_features": 0}

    def __post_init__(self) -> None:
        """Raise ValueError, beginning with the entry's name, for a shape that no classifier has."""
        super().__post_init__()
        _check("pooling", lambda: pooling_kinds(self.pooling))

    @property
    def pooling_kinds(self) -> tuple[str, ...]:
        """The ways of pooling that `pooling` combines."""
        return pooling_kinds(self.pooling)

    @property
    def pooled_dim(self) -> int:
        """Units of the pooled vector that the classes are scored from."""
        return self.output_dim * len(self.pooling_kinds)


@dataclass(frozen=True, kw_only=True)
class TaggerShape(Shape):
    """A tagger: every token's tags are scored from the stack's output there.

    - `lookahead`: tokens after it that a token is scored by as well; for a network of one direction
    - `crf`: whether tags are chosen together, by a conditional random field
    """

    num_tags: int
    lookahead: int = 0
    crf: bool = False

    least: ClassVar[dict[str, int]] = Shape.least | {"num_tags": 1, "lookahead": 0}

    def __post_init__(self) -> None:
        """Raise ValueError, beginning with the entry's name, for a shape that no tagger has."""
        super().__post_init__()
        if self.lookahead and self.bidirectional:
            raise ValueError("lookahead: a bidirectional network reads to the end anyway; must be 0")

    @property
    def window_dim(self) -> int:
        """Units that a token's tags are scored from: the outputs at the token and at its look-ahead."""
        return self.output_dim * (1 + self.lookahead)


@dataclass(frozen=True, kw_only=True)
class LanguageModelShape(Shape):
    """A language model: the next unit is scored from the stack's output at each unit.

    - `tied`: units are scored by the very vectors that they are read by
    - `cutoffs`: ids that divide the vocabulary, frequent units first, for an adaptive softmax; none for a
      softmax over all at once
    """

    bidirectional: bool = False
    tied: bool = True
    cutoffs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError, beginning with the entry's name, for a shape that no language model has."""
        super().__post_init__()
        if self.bidirectional:
            raise ValueError("bidirectional: a language model reads left to right; must be false")
        if self.ngram_buckets or self.characters is not None:
            raise ValueError("ngram_buckets: a language model reads units as they are; must be 0")
        if self.cutoffs:
            _check("cutoffs", lambda: check_cutoffs(self.cutoffs, self.vocab_size, self.hidden_dim))
            if self.tied:
                raise ValueError("tied: an adaptive softmax has vectors of its own; must be false")


@dataclass(frozen=True, kw_only=True)
class TranslatorShape(Shape):
    """A translator: an encoder, and a decoder of as many layers; `vocab_size` counts source ids.

    - `hidden_dim`: units of the decoder's state, and of the encoder's directions together
    - `target_vocab_size`: target ids
    - `attention`: none, dot, general or additive; `input_feeding`: the decoder reads what it last looked at
    - `tied`: target units are scored by the very vectors that they are read by; `shared`: source units are
      read by the target's
    """

    target_vocab_size: int
    attention: str = "none"
    input_feeding: bool = False
    tied: bool = False
    shared: bool = False

    least: ClassVar[dict[str, int]] = Shape.least | {"target_vocab_size": 2}

    def __post_init__(self) -> None:
        """Raise ValueError, beginning with the entry's name, for a shape that no translator has."""
        super().__post_init__()
        _check("attention", lambda: attention_named(self.attention))
        if self.input_feeding and self.attention == "none":
            raise ValueError("input_feeding: there is nothing to feed without attention; must be false")
        if self.bidirectional and self.hidden_dim % 2:
            raise ValueError(f"hidden_dim: two directions halve it; must be even; got {self.hidden_dim}")
        if self.shared and self.target_vocab_size != self.vocab_size:
            raise ValueError("shared: source and target must have as many ids")
        if self.ngram_buckets or self.characters is not None:
            raise ValueError("ngram_buckets: a translator reads units as they are; must be 0")

    @property
    def encoder(self) -> Shape:
        """The encoder by itself."""
        return Shape(
            vocab_size=self.vocab_size,
            embedding_dim=self.embedding_dim,
            hidden_dim=self.hidden_dim // self.directions,
            cell=self.cell,
            layers=self.layers,
            bidirectional=self.bidirectional,
        )


def _check_sizes(shape: object, least: dict[str, int]) -> None:
    """Raise ValueError for a size below the smallest there is."""
    for name, smallest in least.items():
        if getattr(shape, name) < smallest:
            raise ValueError(f"{name}: must be at least {smallest}; got {getattr(shape, name)}")


def _check(name: str, check: Callable[[], object]) -> None:
    try:
        check()
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from error  # a ValueError, and the user's to mend
