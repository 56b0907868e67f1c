"""Train a text classifier, from files to a run folder with a finished model in it."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray

from headgate.data.vectors import read_vectors
from headgate.errors import ConfigError, DataError
from headgate.modelfile import Network
from headgate.models import TextClassifier, build_classifier
from headgate.text import CharacterNgrams, TextEncoder, Vocabulary, count_words
from headgate.training.bag_of_ngrams import BagOfNgrams, find_word_pairs
from headgate.training.classification_data import ClassificationData
from headgate.training.classification_model import ClassifierDraft, Provenance, measure_all
from headgate.training.classification_objective import ClassificationObjective
from headgate.training.defaults import classification_defaults
from headgate.training.loop import fit, make_accelerator
from headgate.training.reporting import Reporter
from headgate.training.run_folder import RunFolder
from headgate.training.settings import Settings, make_settings
from headgate.version import VERSION

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Plan:
    """What will be trained: settings, how text is read, the network's shape, vectors to start from."""

    settings: Settings
    encoder: TextEncoder
    network: Network
    vectors: dict[str, Floats]


def train_classification(
    data: ClassificationData,
    out: Path,
    *,
    embeddings: Path | None,
    resume: bool,
    quiet: bool,
    provenance: Provenance,
    choices: Mapping[str, Any],
) -> Path:
    """Train, calibrate, measure and write; returns the model folder."""
    started = time.perf_counter()
    plan = make_plan(data, embeddings, choices)
    accelerator = make_accelerator(plan.settings)
    folder = RunFolder(out, _identity(data, plan, accelerator), resume=resume)
    if accelerator.is_main_process:
        folder.open()
    accelerator.wait_for_everyone()
    with Reporter(folder.log, quiet=quiet, main=accelerator.is_main_process) as reporter:
        reporter.say(
            f"{len(data.train)} texts to train on, {len(data.dev)} to check on, {len(data.labels)} labels; "
            f"{plan.settings.cell} of {plan.settings.hidden} units, {accelerator.device.type}"
        )
        weights = _train_network(data, plan, accelerator, reporter, folder)
        if accelerator.is_main_process:
            metrics, draft = _finish_model(data, plan, weights, reporter)
            metrics["training"] = {
                "texts": len(data.train),
                "processes": accelerator.num_processes,
                "seconds": round(time.perf_counter() - started, 1),
                "settings": plan.settings.model_dump(),
            }
            draft.write(folder.model, metrics, provenance)
            folder.finish()
    accelerator.wait_for_everyone()
    accelerator.end_training()
    return folder.model


def make_plan(data: ClassificationData, embeddings: Path | None, choices: Mapping[str, Any]) -> Plan:
    """Settings by the rule of `defaults`, the choices over them, and a vocabulary of the training words."""
    words = count_words(data.train.texts)
    vectors = {} if embeddings is None else read_vectors(embeddings, words.counts)
    defaults = classification_defaults(words.lengths, len(data.labels))
    if vectors:
        defaults["embedding"] = len(next(iter(vectors.values())))
    settings = make_settings(defaults, choices)
    if vectors and settings.embedding != defaults["embedding"]:
        units = defaults["embedding"]
        raise ConfigError(
            f"setting embedding must be {units}, as the vectors of {embeddings} are; got {settings.embedding}"
        )
    kept = {
        word: count for word, count in words.counts.items() if count >= settings.min_count or word in vectors
    }
    if not kept:
        raise DataError(
            f"no word occurs {settings.min_count} times in the training texts: there is nothing to learn from"
        )
    encoder = TextEncoder(
        Vocabulary.from_counts(kept),
        CharacterNgrams(settings.ngram_buckets) if settings.ngram_buckets else None,
    )
    network = Network(
        vocab_size=len(encoder.vocabulary),
        embedding_dim=settings.embedding,
        hidden_dim=settings.hidden,
        num_classes=len(data.labels),
        cell=settings.cell,
        layers=settings.layers,
        bidirectional=settings.bidirectional,
        pooling=settings.pooling,
        ngram_buckets=settings.ngram_buckets,
        ngram_dim=settings.ngram_dim,
    )
    return Plan(settings, encoder, network, vectors)


def _identity(data: ClassificationData, plan: Plan, accelerator: Accelerator) -> dict[str, Any]:
    """What must be the same for a run to go on to the very same model."""
    vectors = hashlib.sha256()
    for word, vector in sorted(plan.vectors.items()):
        vectors.update(word.encode() + vector.tobytes())
    return plan.settings.model_dump() | {
        "data": data.fingerprint,
        "embeddings": vectors.hexdigest()[:16] if plan.vectors else None,
        "processes": accelerator.num_processes,
        "headgate": VERSION,
    }


def _train_network(
    data: ClassificationData, plan: Plan, accelerator: Accelerator, reporter: Reporter, folder: RunFolder
) -> dict[str, Floats]:
    settings = plan.settings
    torch.manual_seed(settings.seed)
    model = build_classifier(
        plan.network,
        dropout=settings.dropout,
        word_dropout=settings.word_dropout,
        memory_length=settings.memory_length,
        sparse=True,
    )
    _start_from_vectors(model, plan)
    objective = ClassificationObjective(
        plan.encoder.encode(data.train.texts, longest=settings.max_tokens),
        data.train.labels,
        plan.encoder.encode(data.dev.texts),
        data.dev.labels,
        settings.label_smoothing,
    )
    best = fit(model, objective, settings, accelerator, reporter, folder.checkpoint)
    return {name: tensor.numpy() for name, tensor in best.items()}


def _finish_model(
    data: ClassificationData, plan: Plan, weights: dict[str, Floats], reporter: Reporter
) -> tuple[dict[str, Any], ClassifierDraft]:
    """Fit the bag of n-grams, add it where the settings say so, calibrate, and measure all that there is."""
    reporter.say("fitting the bag of n-grams")
    vocabulary = plan.encoder.vocabulary
    pairs = find_word_pairs(vocabulary, data.train.texts, plan.settings.bag_pairs)
    encoder = TextEncoder(vocabulary, plan.encoder.ngrams, pairs)
    bag = BagOfNgrams(encoder.encode(data.train.texts), data.train.labels, pairs, len(data.labels))
    network = ClassifierDraft(plan.network, weights, plan.encoder, data.labels, plan.settings.half)
    network = network.calibrated(data.dev)
    draft = network.with_bag(bag, encoder, data.dev) if plan.settings.bag else network
    sets = {"dev": data.dev} | ({} if data.test is None else {"test": data.test})
    metrics = measure_all(draft.classifier(), network.classifier(), bag, encoder, sets)
    return metrics, draft.with_golden_answers()


@torch.no_grad()
def _start_from_vectors(model: TextClassifier, plan: Plan) -> None:
    table = model.embedding.words.weight
    for word, vector in plan.vectors.items():
        table[plan.encoder.vocabulary.id(word)] = torch.from_numpy(vector)
    table.requires_grad_(not plan.settings.freeze_embeddings)
