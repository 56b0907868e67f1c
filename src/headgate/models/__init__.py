"""Models as ordinary torch modules, with the textbook's signatures."""

from headgate.models.batching import batch_to_tensors
from headgate.models.loading import TorchScorer, build_classifier, classifier_module
from headgate.models.text_classifier import TextClassifier

__all__ = ["TextClassifier", "TorchScorer", "batch_to_tensors", "build_classifier", "classifier_module"]
