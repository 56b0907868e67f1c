"""Training runs that take a fraction of a second, for tests of what surrounds the learning."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from headgate.tasks import Span, to_bio
from headgate.training import train
from headgate.training.classification import ClassificationSettings, classification_defaults
from headgate.training.settings import make_settings

Tags: TypeAlias = Callable[[Sequence[Span], int], list[str]]
"""Spans and a number of tokens → tags."""

SMALL: dict[str, Any] = {
    "hidden": 8,
    "embedding": 8,
    "ngram_buckets": 64,
    "ngram_dim": 4,
    "epochs": 2,
    "batch_size": 8,
    "device": "cpu",
}
"""Settings of a network of a few hundred weights."""

STEPS_AN_EPOCH = 5
"""Of a run on `write_texts` with `SMALL`: 36 texts of 40, eight a step."""


def write_texts(path: Path, count: int = 40, *, extra: str = "") -> Path:
    """A csv of short texts with two labels that a word gives away; `extra` ends every text."""
    words = {"good": ("good", "fine", "great"), "bad": ("bad", "dull", "awful")}
    rows = ["text,label"]
    for number in range(count):
        label = ("good", "bad")[number % 2]
        word = words[label][number // 2 % 3]
        rows.append(f"the film of {1900 + number} was {word}{extra},{label}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def train_small(folder: Path, out: str = "run", **options: Any) -> Path:
    """Train on `texts.csv` of a folder, which is made if need be; the run folder."""
    data = options.pop("train", None) or folder / "texts.csv"
    if not Path(data).exists():
        write_texts(data)
    train("classification", train=data, out=folder / out, quiet=True, **{**SMALL, **options})
    return folder / out


def small_settings(**choices: Any) -> ClassificationSettings:
    """The settings of such a run."""
    defaults = classification_defaults(np.full(36, 6), 2)
    return make_settings(ClassificationSettings, defaults, {**SMALL, **choices})


def small_command(train: Path, out: Path, *more: str) -> list[str]:
    """The command line of such a run."""
    chosen = [f"--set={name}={value}" for name, value in SMALL.items()]
    return ["train", "classification", "--train", str(train), "--out", str(out), *chosen, *more]


SMALL_TAGGER: dict[str, Any] = {
    "hidden": 8,
    "embedding": 8,
    "character_dim": 4,
    "character_features": 8,
    "epochs": 2,
    "batch_size": 8,
    "device": "cpu",
}
"""Settings of a tagger of about a thousand weights."""

PIECES = {
    "PER": ("Anna", "Mr. Lee", "Jordan", "Jordan"),
    "LOC": ("Riga", "New South Wales", "Jordan", "Jordan"),
    "O": ("nobody", "the old song", "it"),
}
LEADS = {"PER": ("met", "and then saw"), "LOC": ("in", "not far from"), "O": ("sang", ", said")}
"""What sentences are made of: pieces, each after a lead of its kind, which alone tells Jordan from Jordan."""


def write_sentences(path: Path, count: int = 40, *, seed: int = 0, mark: Tags = to_bio) -> Path:
    """A file of CoNLL columns, with the spans of people and places in the scheme that `mark` writes."""
    chance = np.random.default_rng(seed)
    blocks = []
    for _ in range(count):
        tokens: list[str] = []
        spans: list[Span] = []
        for label in chance.choice(list(PIECES), int(chance.integers(1, 4))).tolist():
            tokens += str(chance.choice(LEADS[label])).split()
            words = str(chance.choice(PIECES[label])).split()
            if label != "O":
                spans.append(Span(len(tokens), len(tokens) + len(words), label))
            tokens += words
        tags = mark(spans, len(tokens))
        blocks.append("".join(f"{token} {tag}\n" for token, tag in zip(tokens, tags, strict=True)))
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


def train_small_tagger(folder: Path, out: str = "run", **options: Any) -> Path:
    """Train on `sentences.conll` of a folder, which is made if need be; the run folder."""
    data = options.pop("train", None) or folder / "sentences.conll"
    if not Path(data).exists():
        write_sentences(data)
    train("tagging", train=data, out=folder / out, quiet=True, **{**SMALL_TAGGER, **options})
    return folder / out


def small_tagging_command(train: Path, out: Path, *more: str) -> list[str]:
    """The command line of such a run."""
    chosen = [f"--set={name}={value}" for name, value in SMALL_TAGGER.items()]
    return ["train", "tagging", "--train", str(train), "--out", str(out), *chosen, *more]


def weights_of(run: Path) -> bytes:
    """The bytes of a finished run's weights."""
    return (run / "model" / "model.safetensors").read_bytes()


def log_of(run: Path) -> list[dict[str, Any]]:
    """The events in a run's log."""
    return [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]


class InterruptionAt:
    """In place of `Interruption`: asks the run to stop after so many of its steps."""

    def __init__(self, step: int) -> None:
        self._left = step

    def __call__(self) -> "InterruptionAt":
        return self

    def __enter__(self) -> "InterruptionAt":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    @property
    def requested(self) -> bool:
        """Asked once a step."""
        self._left -= 1
        return self._left == 0


SMALL_LANGUAGE_MODEL: dict[str, Any] = {
    "layers": 1,
    "hidden": 16,
    "embedding": 8,
    "bptt": 20,
    "epochs": 2,
    "batch_size": 4,
    "dropout": 0.1,
    "weight_dropout": 0.1,
    "device": "cpu",
}
"""Settings of a language model of about two thousand weights."""


def write_running_text(path: Path, lines: int = 24) -> Path:
    """A text whose lines say the same of one thing after the other."""
    things = ("gate", "mill", "river", "stone")
    text = "".join(f"the {things[line % 4]} is number {line}\n" for line in range(lines))
    path.write_text(text, encoding="utf-8")
    return path


def train_small_language_model(folder: Path, out: str = "run", **options: Any) -> Path:
    """Train on `text.txt` of a folder, which is made if need be; the run folder."""
    data = options.pop("train", None) or folder / "text.txt"
    if not Path(data).exists():
        write_running_text(data)
    train("generation", train=data, out=folder / out, quiet=True, **{**SMALL_LANGUAGE_MODEL, **options})
    return folder / out


def small_generation_command(train: Path, out: Path, *more: str) -> list[str]:
    """The command line of such a run."""
    chosen = [f"--set={name}={value}" for name, value in SMALL_LANGUAGE_MODEL.items()]
    return ["train", "generation", "--train", str(train), "--out", str(out), *chosen, *more]


SMALL_TRANSLATOR: dict[str, Any] = {
    "layers": 1,
    "hidden": 16,
    "embedding": 8,
    "epochs": 2,
    "batch_size": 9,
    "dropout": 0.1,
    "device": "cpu",
}
"""Settings of a translator of about five thousand weights."""

TURNED = {first + second: f"{second} {first}".upper() for first in "abc" for second in "abc"}
"""Two letters, and what they become: large, apart and the other way round."""


def write_pairs(path: Path, copies: int = 2) -> Path:
    """A tsv of the nine pairs of `TURNED`, again and again."""
    rows = [f"{source}\t{target}\n" for source, target in TURNED.items()]
    path.write_text("".join(rows * copies), encoding="utf-8")
    return path


def train_small_translator(folder: Path, out: str = "run", **options: Any) -> Path:
    """Train on `pairs.tsv` of a folder, which is made if need be; the run folder."""
    data = options.pop("train", None) or folder / "pairs.tsv"
    if not Path(str(data).partition(",")[0]).exists():
        write_pairs(data)
    train("translation", train=data, out=folder / out, quiet=True, **{**SMALL_TRANSLATOR, **options})
    return folder / out


def small_translation_command(train: Path | str, out: Path, *more: str) -> list[str]:
    """The command line of such a run."""
    chosen = [f"--set={name}={value}" for name, value in SMALL_TRANSLATOR.items()]
    return ["train", "translation", "--train", str(train), "--out", str(out), *chosen, *more]
