"""The settings of a training run: what each means, its unit and its bounds."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from headgate.cells import attention_named, cell_named
from headgate.errors import ConfigError
from headgate.tasks.pooling import pooling_kinds
from headgate.text import UNITS


class Settings(BaseModel):
    """Every setting that all tasks have. What a user leaves open follows from `defaults`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cell: str
    """The recurrent cell: rnn, lstm, gru, original_gru, mingru, minlstm or qrnn."""
    layers: int = Field(ge=1)
    """Recurrent layers."""
    hidden: int = Field(ge=1)
    """Units of the hidden state of each direction."""
    embedding: int = Field(ge=1)
    """Units of a word's vector."""

    dropout: float = Field(ge=0, lt=1)
    """Probability that a feature is dropped: of embeddings, between layers and of what is scored from."""
    weight_decay: float = Field(ge=0)
    """Decoupled weight decay of matrices, per unit of learning rate; none of biases and sparse embeddings."""

    epochs: int = Field(ge=1)
    """Passes over the training texts at the most."""
    patience: int = Field(ge=1)
    """Epochs without a better dev result after which training ends."""
    batch_size: int = Field(ge=1)
    """Texts a step, over all processes together."""
    learning_rate: float = Field(gt=0)
    """Highest step size of AdamW, after warm-up."""
    warmup: float = Field(ge=0, le=1)
    """Share of all steps over which the learning rate rises from zero; it falls linearly afterwards."""
    clip: float = Field(gt=0)
    """Longest gradient allowed, all recurrent and output weights together (Euclidean norm)."""
    average_from: float = Field(ge=0, le=1)
    """Share of all steps after which weights are averaged; 1 for no average."""

    memory_length: int | None = Field(default=None, ge=3)
    """Tokens to be remembered, for chrono initialisation; none for forget bias 1."""
    half: bool = False
    """Store the finished model in 16-bit floats, at half the size."""
    seed: int = Field(default=1, ge=0)
    """Decides first weights, order and dropout: the same seed, data and machine give the same model."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto takes a GPU where there is one."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Arithmetic of matrix products in training; auto takes bfloat16 on a GPU that has it, and for language
    models and translators of 256 hidden units or more on a processor that has it; float32 otherwise."""

    @field_validator("cell")
    @classmethod
    def _is_a_cell(cls, cell: str) -> str:
        return cell_named(cell).name


class ReaderSettings(Settings):
    """Every setting of a model that reads labelled texts word by word."""

    bidirectional: bool
    """Read each text backward as well; such a model cannot stream."""
    ngram_buckets: int = Field(ge=0)
    """Hash buckets of character n-grams; 0 for words alone."""
    ngram_dim: int = Field(ge=1)
    """Units of the vector of a character n-gram."""
    min_count: int = Field(ge=1)
    """Times a word must occur in the training texts to have a vector of its own."""
    max_tokens: int = Field(ge=1)
    """Tokens of each training text that are read, from its beginning. Answers always read the whole text."""
    embedding_learning_rate: float = Field(gt=0)
    """Highest step size of the sparse Adam that trains the embeddings."""
    cooccurrence: bool
    """Start the words' vectors from the company that words keep in the training texts, not from chance."""
    cooccurrence_window: int = Field(ge=1)
    """Words to each side that a word keeps company with, in the training texts and in raw text."""
    freeze_embeddings: bool = False
    """Keep pre-trained vectors as they are."""
    unfreeze_epochs: float = Field(default=0.0, ge=0)
    """Epochs after which one more layer is trained along, from the top down to the words' vectors (Howard &
    Ruder 2018, section 3.3); 0 trains all from the start."""


class ClassificationSettings(ReaderSettings):
    """Every setting of a run that trains a classifier."""

    pooling: str
    """Text vector from states: last, mean, max, attention, or several joined by "+"."""
    bag: bool
    """Add the linear bag of words and word pairs to the network, as strongly as dev finds best."""
    bag_pairs: int = Field(ge=0)
    """Pairs of words that the bag knows, at the most; the most frequent ones are taken."""
    word_dropout: float = Field(ge=0, lt=1)
    """Probability that a word is replaced by the unknown word."""
    label_smoothing: float = Field(ge=0, lt=1)
    """Share of the true label's probability that is spread over all labels."""

    @field_validator("pooling")
    @classmethod
    def _is_a_pooling(cls, pooling: str) -> str:
        pooling_kinds(pooling)
        return pooling


class TaggingSettings(ReaderSettings):
    """Every setting of a run that trains a tagger."""

    characters: Literal["convolution", "lstm", "none"]
    """How a word's characters are read, beside its n-grams."""
    character_dim: int = Field(ge=1)
    """Units of a character's vector."""
    character_features: int = Field(ge=2, multiple_of=2)
    """Units that a word's characters add to its vector."""
    crf: bool
    """Choose the tags of a sentence together, by a conditional random field."""
    lookahead: int = Field(default=0, ge=0)
    """Tokens after it that a token is tagged by, for a model that reads left to right."""
    word_dropout: float = Field(ge=0, lt=1)
    """Probability that any word is replaced by the unknown word; its characters are still read."""
    rare_word_dropout: float = Field(ge=0)
    """A word seen n times in training is so replaced with probability r / (r + n) besides."""


class GenerationSettings(Settings):
    """Every setting of a run that trains a language model."""

    unit: str
    """What texts are made of: char, subword or word."""
    vocabulary: int = Field(ge=300)
    """Subwords at the most."""
    min_count: int = Field(ge=1)
    """Times a character or word must occur in the training text to be known."""
    bidirectional: bool = False
    """A language model foretells what comes next, so it reads left to right alone."""
    bptt: int = Field(ge=1)
    """Units of a stretch, on average: gradients reach back to its beginning, and the state goes on."""
    variable_lengths: bool
    """Draw the length of each stretch, and halve one in twenty, so that epochs are not cut alike."""
    tied: bool
    """Score units by the vectors that they are read by."""
    cooccurrence: bool
    """Start the units' vectors from the company that units keep in the training text, not from chance."""
    cooccurrence_window: int = Field(ge=1)
    """Units to each side that a unit keeps company with."""
    cutoffs: tuple[int, ...] = ()
    """Ids that divide a large vocabulary for an adaptive softmax; none for a plain one."""
    input_dropout: float = Field(ge=0, lt=1)
    """Probability that a feature of the units' vectors is dropped."""
    output_dropout: float = Field(ge=0, lt=1)
    """Probability that a feature of what is scored from is dropped."""
    unit_dropout: float = Field(ge=0, lt=1)
    """Probability that a unit's whole vector is dropped, wherever it stands in a stretch."""
    weight_dropout: float = Field(ge=0, lt=1)
    """Probability that a weight between hidden states is dropped."""
    activation_penalty: float = Field(ge=0)
    """Weight of the mean square of what is scored from (Merity et al. 2017: alpha)."""
    slowness_penalty: float = Field(ge=0)
    """Weight of the mean square of its change from unit to unit (Merity et al. 2017: beta)."""

    @field_validator("bidirectional")
    @classmethod
    def _is_false(cls, bidirectional: bool) -> bool:
        if bidirectional:
            raise ConfigError("bidirectional must be false: a language model must not see what it foretells")
        return bidirectional

    @field_validator("cutoffs", mode="before")
    @classmethod
    def _are_numbers(cls, cutoffs: object) -> object:
        """On the command line they are one word: --set cutoffs=2000,10000."""
        return tuple(filter(None, cutoffs.split(","))) if isinstance(cutoffs, str) else cutoffs

    @field_validator("unit")
    @classmethod
    def _is_a_unit(cls, unit: str) -> str:
        return _checked_unit(unit)


class TranslationSettings(Settings):
    """Every setting of a run that trains a translator."""

    source_unit: str
    """What sources are made of: char, subword or word."""
    target_unit: str
    """What targets are made of."""
    vocabulary: int = Field(ge=300)
    """Subwords of a side, or of both together, at the most."""
    joint: bool
    """Learn one set of units from both sides together; they must be of one kind."""
    min_count: int = Field(ge=1)
    """Times a character or word must occur in the training pairs to be known."""
    bidirectional: bool
    """Let the encoder read the source backward as well, each direction with half of the hidden units."""
    attention: str
    """What the decoder looks back by: none, dot, general or additive."""
    input_feeding: bool
    """Let the decoder read what it last looked at; it then trains step by step, which takes longer."""
    tied: bool
    """Score target units by the vectors that they are read by."""
    shared: bool
    """Read sources by the same vectors as targets, which need joint units."""
    weight_dropout: float = Field(ge=0, lt=1)
    """Probability that a weight between hidden states is dropped."""
    subword_dropout: float = Field(ge=0, lt=1)
    """Probability that a merge of subwords is left out, afresh in every epoch (Provilkov et al. 2020)."""
    label_smoothing: float = Field(ge=0, lt=1)
    """Share of the true unit's probability that is spread over all units."""
    teacher_forcing: float = Field(ge=0, le=1)
    """Probability, at the end of training, that the decoder reads the true unit and not its own answer; it
    falls linearly from 1 (scheduled sampling, Bengio et al. 2015)."""

    @field_validator("source_unit", "target_unit")
    @classmethod
    def _is_a_unit(cls, unit: str) -> str:
        return _checked_unit(unit)

    @field_validator("attention")
    @classmethod
    def _is_an_attention(cls, attention: str) -> str:
        return attention_named(attention)


def _checked_unit(unit: str) -> str:
    if unit not in UNITS:
        raise ConfigError(f"unit must be one of {', '.join(UNITS)}; got {unit!r}")
    return unit


Kind = TypeVar("Kind", bound=Settings)


def make_settings(kind: type[Kind], defaults: Mapping[str, Any], choices: Mapping[str, Any]) -> Kind:
    """The defaults with a user's choices over them; ConfigError names a wrong one, its rule and its value."""
    check_names(kind, choices)
    try:
        return kind.model_validate({**defaults, **choices})
    except ValidationError as error:
        first = error.errors()[0]
        own = first.get("ctx", {}).get("error")  # what one of our own rules said
        if isinstance(own, ConfigError):
            raise own from error
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"setting {name}: {first['msg'].lower()}; got {first['input']!r}") from error


def check_names(kind: type[Settings], choices: Mapping[str, Any]) -> None:
    """Raise ConfigError for a name that is no setting of this kind, with the likeliest one."""
    for name in choices:
        if name not in kind.model_fields:
            near = difflib.get_close_matches(name, kind.model_fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"settings are {', '.join(kind.model_fields)}"
            raise ConfigError(f"there is no setting {name!r} ({hint})")


def read_recipe(path: Path, kind: type[Settings]) -> dict[str, Any]:
    """The settings in a recipe: a TOML file of `name = value` lines; names are checked here, values later."""
    try:
        recipe = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the recipe: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a valid TOML file: {error}") from error
    try:
        check_names(kind, recipe)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return recipe
