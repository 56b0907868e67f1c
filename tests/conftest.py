"""Small models with random weights, packed as any model is, for whatever needs one to run."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch

from headgate.cells import cell_named
from headgate.modelfile import (
    Golden,
    ModelConfig,
    ModelFolder,
    Network,
    checksum,
    gru_form,
    pack_weights,
    unpack_weights,
    write_model,
)
from headgate.models import TextClassifier, build_classifier
from headgate.runtime import Classifier
from headgate.text import CharacterNgrams, TextEncoder, Vocabulary, WordBag

WORDS = ("the", "film", "was", "good", "n't", "bad", "!", "'s", "a", "plot", "naïve", "😀")
LABELS = ("bad", "good", "odd")
PAIRS = ((2, 3), (3, 4), (4, 5), (5, 6), (6, 5), (5, 5), (7, 8), (2, 2))
"""What a bag knows of: "the film", "film was", "was good", ..., by word id."""
GOLDEN_TEXTS = ("", "The film wasn't good!", "unheard-of wordings")


@pytest.fixture(autouse=True)
def one_thread():
    """For sums of a few numbers, several threads only wait for one another."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@dataclass(frozen=True)
class SmallModel:
    """A model folder on disk, what it was written from, and the same network as a torch module."""

    path: Path
    config: ModelConfig
    encoder: TextEncoder
    module: TextClassifier


def randomise(module: torch.nn.Module, *, seed: int) -> None:
    """Weights far from their first values, so that no term of any sum goes unnoticed; padding stays zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if "recurrent.weight" not in name:
                parameter.normal_(std=0.3, generator=generator)
        for part in module.modules():
            if isinstance(part, torch.nn.Embedding | torch.nn.EmbeddingBag):
                part.weight[0].zero_()


def write_small_model(
    path: Path, *, ngrams: int = 0, bag: bool = False, seed: int = 0, half: bool = False, **options: object
) -> SmallModel:
    """Make a random classifier and write it to a folder.

    `ngrams`: buckets of character n-grams; `bag`: with a bag of words and pairs; `options`: of `Network`.
    """
    vocabulary = Vocabulary(WORDS)
    encoder = TextEncoder(
        vocabulary,
        CharacterNgrams(ngrams) if ngrams else None,
        WordBag(len(vocabulary), PAIRS) if bag else None,
    )
    network = Network(
        vocab_size=len(vocabulary),
        num_classes=len(LABELS),
        ngram_buckets=ngrams,
        bag_features=0 if encoder.bag is None else encoder.bag.size,
        **({"embedding_dim": 5, "hidden_dim": 4} | options),
    )
    torch.manual_seed(seed)
    module = build_classifier(network).eval()
    randomise(module, seed=seed)
    packed = pack_weights({name: tensor.numpy() for name, tensor in module.state_dict().items()}, half=half)
    config = ModelConfig(
        headgate_version="0.1.0",
        task="classification",
        labels=LABELS,
        temperature=1.5,
        network=network,
        gate_order=cell_named(network.cell).gate_names,
        gru_form=gru_form(network.cell),
        weights_sha256=checksum(packed),
        golden=(),
    )
    unwritten = ModelFolder(path, config, unpack_weights(packed), encoder.to_json())
    answers = Classifier(unwritten).probabilities(list(GOLDEN_TEXTS)).tolist()
    golden = [Golden(text=text, scores=tuple(row)) for text, row in zip(GOLDEN_TEXTS, answers, strict=True)]
    config = replace(config, golden=tuple(golden))
    write_model(path, config, packed, encoder.to_json(), "# A small model\n", {"dev": {}})
    return SmallModel(path, config, encoder, module)


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., SmallModel]:
    """A function that writes a small model; without a `path`, to the folder "model" of this test."""

    def make(path: Path | None = None, **options: object) -> SmallModel:
        return write_small_model(path or tmp_path / "model", **options)

    return make
