"""A model folder → the torch module it was written from, and a scorer for the runtime."""

from typing import TypedDict, TypeVar, Unpack

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from headgate.decoding import AllowedMoves
from headgate.modelfile import (
    ClassifierShape,
    LanguageModelShape,
    ModelFolder,
    Shape,
    TaggerShape,
    TranslatorShape,
)
from headgate.models.batching import classifier_inputs, tagger_inputs
from headgate.models.devices import device_named
from headgate.models.language_model import LanguageModel, LanguageModelOptions
from headgate.models.ner_model import NERModel
from headgate.models.reader import ReaderOptions
from headgate.models.text_classifier import TextClassifier
from headgate.models.translator import Translator, TranslatorOptions
from headgate.tasks import TagSpace
from headgate.text import TokenBatch


class TrainingOptions(TypedDict, total=False):
    """What of a module matters in training alone, as in `ReaderOptions`."""

    dropout: float
    word_dropout: float | Tensor
    memory_length: int | None
    sparse: bool


M = TypeVar("M", bound=nn.Module)


def classifier_module(folder: ModelFolder) -> TextClassifier:
    """The torch module of a classification model, with its weights, in evaluation mode."""
    shape = folder.config.network
    assert isinstance(shape, ClassifierShape)
    return _with_weights(build_classifier(shape), folder)


def tagger_module(folder: ModelFolder) -> NERModel:
    """The torch module of a tagging model, with its weights, in evaluation mode."""
    shape = folder.config.network
    assert isinstance(shape, TaggerShape)
    return _with_weights(build_tagger(shape, TagSpace(folder.config.labels).allowed), folder)


def language_model_module(folder: ModelFolder) -> LanguageModel:
    """The torch module of a language model, with its weights, in evaluation mode."""
    shape = folder.config.network
    assert isinstance(shape, LanguageModelShape)
    return _with_weights(build_language_model(shape), folder)


def build_classifier(shape: ClassifierShape, **training: Unpack[TrainingOptions]) -> TextClassifier:
    """A fresh module of this shape; the other options matter in training alone."""
    return TextClassifier(
        shape.vocab_size,
        shape.embedding_dim,
        shape.hidden_dim,
        shape.num_classes,
        pooling=shape.pooling,
        bag_features=shape.bag_features,
        **_reader_options(shape, training),
    )


def build_tagger(shape: TaggerShape, allowed: AllowedMoves, **training: Unpack[TrainingOptions]) -> NERModel:
    """A fresh module of this shape, for tags that allow these moves; the other options as above."""
    return NERModel(
        shape.vocab_size,
        shape.embedding_dim,
        shape.hidden_dim,
        shape.num_tags,
        lookahead=shape.lookahead,
        crf=shape.crf,
        allowed=allowed,
        **_reader_options(shape, training),
    )


def build_language_model(
    shape: LanguageModelShape, **training: Unpack[LanguageModelOptions]
) -> LanguageModel:
    """A fresh module of this shape; the other options matter in training alone."""
    options: LanguageModelOptions = {
        "cell": shape.cell,
        "layers": shape.layers,
        "tied": shape.tied,
        "cutoffs": shape.cutoffs,
    }
    return LanguageModel(shape.vocab_size, shape.embedding_dim, shape.hidden_dim, **{**options, **training})


def translator_module(folder: ModelFolder) -> Translator:
    """The torch module of a translator, with its weights, in evaluation mode."""
    shape = folder.config.network
    assert isinstance(shape, TranslatorShape)
    return _with_weights(build_translator(shape), folder)


def build_translator(shape: TranslatorShape, **training: Unpack[TranslatorOptions]) -> Translator:
    """A fresh module of this shape; the other options matter in training alone."""
    options: TranslatorOptions = {
        "cell": shape.cell,
        "layers": shape.layers,
        "bidirectional": shape.bidirectional,
        "attention": shape.attention,
        "input_feeding": shape.input_feeding,
        "tied": shape.tied,
        "shared": shape.shared,
    }
    sizes = (shape.vocab_size, shape.target_vocab_size, shape.embedding_dim, shape.hidden_dim)
    return Translator(*sizes, **{**options, **training})


def _reader_options(shape: Shape, training: TrainingOptions) -> ReaderOptions:
    options: ReaderOptions = {
        "cell": shape.cell,
        "layers": shape.layers,
        "bidirectional": shape.bidirectional,
        "ngram_buckets": shape.ngram_buckets,
        "ngram_dim": shape.ngram_dim,
    }
    if shape.characters is not None:
        options["characters"] = shape.characters.encoder
        options["alphabet_size"] = shape.characters.alphabet_size
        options["character_dim"] = shape.characters.dim
        options["character_features"] = shape.characters.features
    return {**options, **training}


def _with_weights(model: M, folder: ModelFolder) -> M:
    model.load_state_dict({name: torch.from_numpy(array) for name, array in folder.weights.items()})
    return model.eval()


class TorchScorer:
    """Scores batches on a device with torch, in place of the NumPy network; the answers are the same.

    Raises ConfigError when there is no such device.
    """

    def __init__(self, model: TextClassifier | NERModel, device: str) -> None:
        self._device = device_named(device)
        self._model = model.to(self._device).eval()

    @torch.no_grad()
    def __call__(self, batch: TokenBatch) -> NDArray[np.float32]:
        """The logits of each text of the batch, or the scores of each token's tags."""
        inputs = classifier_inputs if isinstance(self._model, TextClassifier) else tagger_inputs
        return self._model(*inputs(batch, self._device)).float().cpu().numpy()
