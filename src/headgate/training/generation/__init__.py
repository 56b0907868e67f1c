"""Language models: settings, plan, text and objective, and the n-grams that they are measured beside."""

from headgate.training.generation.data import read_generation_data
from headgate.training.generation.plan import plan_generation
from headgate.training.generation.run import GenerationRun
from headgate.training.generation.settings import GenerationSettings, generation_defaults

__all__ = [
    "GenerationRun",
    "GenerationSettings",
    "generation_defaults",
    "plan_generation",
    "read_generation_data",
]
