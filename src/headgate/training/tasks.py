"""The tasks that there is training for: each one's settings, and its way from files to a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headgate.errors import ConfigError
from headgate.training.classification import (
    ClassificationRun,
    ClassificationSettings,
    classification_defaults,
    plan_classification,
    read_classification_data,
)
from headgate.training.generation import (
    GenerationRun,
    GenerationSettings,
    generation_defaults,
    plan_generation,
    read_generation_data,
)
from headgate.training.run import TaskRun
from headgate.training.settings import Settings, make_settings
from headgate.training.starts import Sources
from headgate.training.tagging import (
    TaggingRun,
    TaggingSettings,
    plan_tagging,
    read_tagging_data,
    tagging_defaults,
)
from headgate.training.translation import (
    TranslationRun,
    TranslationSettings,
    plan_translation,
    read_translation_data,
    translation_defaults,
)

Choices = Mapping[str, Any]


@dataclass(frozen=True)
class Files:
    """What a run reads: its data, and the columns in which tables and token columns hold it."""

    train: str | Path
    dev: str | Path | None
    test: str | Path | None
    text_column: str
    label_column: str
    token_column: str | int
    tag_column: str | int
    source_column: str
    target_column: str


@dataclass(frozen=True)
class Task:
    """A task's settings, their values where there is no data yet, and how a run is made of files."""

    settings: type[Settings]
    defaults: Mapping[str, Any]
    prepare: Callable[[Files, Choices, Sources, int], TaskRun]

    def run(self, files: Files, choices: Choices, sources: Sources) -> TaskRun:
        """A run that is ready to start. A mistake in the choices shows before any file is read."""
        seed = make_settings(self.settings, self.defaults, choices).seed
        return self.prepare(files, choices, sources, seed)


def _classification(files: Files, choices: Choices, sources: Sources, seed: int) -> TaskRun:
    data = read_classification_data(
        files.train,
        files.dev,
        files.test,
        text_column=files.text_column,
        label_column=files.label_column,
        seed=seed,
    )
    return ClassificationRun(data, plan_classification(data, choices, sources))


def _tagging(files: Files, choices: Choices, sources: Sources, seed: int) -> TaskRun:
    data = read_tagging_data(
        files.train,
        files.dev,
        files.test,
        token_column=files.token_column,
        tag_column=files.tag_column,
        seed=seed,
    )
    return TaggingRun(data, plan_tagging(data, choices, sources))


def _generation(files: Files, choices: Choices, sources: Sources, _: int) -> TaskRun:
    data = read_generation_data(files.train, files.dev, files.test)
    return GenerationRun(data, plan_generation(data, choices, sources))


def _translation(files: Files, choices: Choices, sources: Sources, seed: int) -> TaskRun:
    data = read_translation_data(
        files.train,
        files.dev,
        files.test,
        source_column=files.source_column,
        target_column=files.target_column,
        seed=seed,
    )
    return TranslationRun(data, plan_translation(data, choices, sources))


_ONE_TOKEN = np.ones(1, np.int64)

TASKS = {
    "classification": Task(ClassificationSettings, classification_defaults(_ONE_TOKEN, 2), _classification),
    "tagging": Task(TaggingSettings, tagging_defaults(_ONE_TOKEN, 2), _tagging),
    "translation": Task(TranslationSettings, translation_defaults(1, "subword", "subword"), _translation),
    "generation": Task(GenerationSettings, generation_defaults(1, "char"), _generation),
}
"""Each task by its name."""


def task_named(name: str) -> Task:
    """The task of this name; ConfigError lists the names there are."""
    if name not in TASKS:
        raise ConfigError(f"task must be one of {', '.join(TASKS)}; got {name!r}")
    return TASKS[name]
