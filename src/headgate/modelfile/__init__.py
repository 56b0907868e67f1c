"""The model folder: read, write, check, cards and the hub."""

from headgate.modelfile.card import label_names, model_card
from headgate.modelfile.config import FORMAT_VERSION, Golden, ModelConfig, gru_form
from headgate.modelfile.folder import (
    ModelFolder,
    Weights,
    checksum,
    pack_weights,
    read_config,
    read_model,
    refuse_to_replace,
    unpack_weights,
    write_model,
)
from headgate.modelfile.locate import bundled_models, locate_model
from headgate.modelfile.network_shapes import (
    CharacterShape,
    ClassifierShape,
    LanguageModelShape,
    Shape,
    TaggerShape,
    TranslatorShape,
)

__all__ = [
    "FORMAT_VERSION",
    "CharacterShape",
    "ClassifierShape",
    "Golden",
    "LanguageModelShape",
    "ModelConfig",
    "ModelFolder",
    "Shape",
    "TaggerShape",
    "TranslatorShape",
    "Weights",
    "bundled_models",
    "checksum",
    "gru_form",
    "label_names",
    "locate_model",
    "model_card",
    "pack_weights",
    "read_config",
    "read_model",
    "refuse_to_replace",
    "unpack_weights",
    "write_model",
]
