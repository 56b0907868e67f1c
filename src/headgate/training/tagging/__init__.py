"""Taggers: settings, plan, data and objective, and the yardstick of each word's most frequent tag."""

from headgate.training.tagging.data import read_tagging_data
from headgate.training.tagging.plan import plan_tagging
from headgate.training.tagging.run import TaggingRun
from headgate.training.tagging.settings import TaggingSettings, tagging_defaults

__all__ = [
    "TaggingRun",
    "TaggingSettings",
    "plan_tagging",
    "read_tagging_data",
    "tagging_defaults",
]
