"""A model for a command, on the device it asks for."""

from headgate.cli.arguments import Device
from headgate.errors import MissingExtraError
from headgate.runtime import Classifier, Model, Tagger, TextGenerator, TextTranslator, load


def load_on(name: str, device: Device) -> Model:
    """Load a model on the torch-free runtime, or with torch on a GPU: the answers are the same."""
    model = load(name)
    if device != "cuda":
        return model
    try:
        from headgate.models import (
            TorchLanguageScorer,
            TorchScorer,
            TorchTranslationScorer,
            classifier_module,
            language_model_module,
            tagger_module,
            translator_module,
        )
    except ImportError as error:
        raise MissingExtraError("--device cuda", "train") from error
    if isinstance(model, TextTranslator):
        return TextTranslator(model.folder, TorchTranslationScorer(translator_module(model.folder), device))
    if isinstance(model, TextGenerator):
        return TextGenerator(model.folder, TorchLanguageScorer(language_model_module(model.folder), device))
    if isinstance(model, Tagger):
        return Tagger(model.folder, TorchScorer(tagger_module(model.folder), device))
    return Classifier(model.folder, TorchScorer(classifier_module(model.folder), device))
