"""Classifiers: settings, plan, data and objective, and the linear model beside and inside them."""

from headgate.training.classification.data import read_classification_data
from headgate.training.classification.plan import plan_classification
from headgate.training.classification.run import ClassificationRun
from headgate.training.classification.settings import ClassificationSettings, classification_defaults

__all__ = [
    "ClassificationRun",
    "ClassificationSettings",
    "classification_defaults",
    "plan_classification",
    "read_classification_data",
]
