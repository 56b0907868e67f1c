"""Small models with random weights, packed as any model is, for whatever needs one to run."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch

from headgate.cells import cell_named
from headgate.modelfile import (
    CharacterShape,
    ClassifierShape,
    Golden,
    LanguageModelShape,
    ModelConfig,
    ModelFolder,
    Shape,
    TaggerShape,
    TranslatorShape,
    checksum,
    gru_form,
    pack_weights,
    unpack_weights,
    write_model,
)
from headgate.models import (
    LanguageModel,
    NERModel,
    TextClassifier,
    Translator,
    build_classifier,
    build_language_model,
    build_tagger,
    build_translator,
)
from headgate.runtime import Classifier, Tagger, TextGenerator, TextTranslator
from headgate.tasks import TagSpace
from headgate.text import (
    Alphabet,
    CharacterNgrams,
    PairUnits,
    TextEncoder,
    Units,
    Vocabulary,
    WordBag,
    learn_units,
)

WORDS = ("the", "film", "was", "good", "n't", "bad", "!", "'s", "a", "plot", "naïve", "😀")
LABELS = ("bad", "good", "odd")
PAIRS = ((2, 3), (3, 4), (4, 5), (5, 6), (6, 5), (5, 5), (7, 8), (2, 2))
"""What a bag knows of: "the film", "film was", "was good", ..., by word id."""
SPAN_TAGS = ("O", "B-LOC", "B-PER", "E-LOC", "E-PER", "I-LOC", "I-PER", "S-LOC", "S-PER")
PLAIN_TAGS = ("ADJ", "NOUN", "VERB", "X")
RUNNING_TEXT = "the film was good\na bad plot , was n't it ?\nthe naïve 😀 film\n" * 2
"""What the units of language models are learned from, and those of a translator's sources."""
TARGET_TEXT = "der Film war gut\nöde Handlung , oder ?\n" * 2
"""What the units of a translator's targets are learned from."""
GOLDEN_TEXTS = ("", "The film wasn't good!", "unheard-of wordings")


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """For sums of a few numbers, several threads only wait for one another; and they sum in another order, so
    that what one fixture of a module trains could else differ from what its tests do."""
    torch.set_num_threads(1)


Module = TextClassifier | NERModel | LanguageModel | Translator


@dataclass(frozen=True)
class SmallModel:
    """A model folder on disk, what it was written from, and the same network as a torch module."""

    path: Path
    config: ModelConfig
    encoder: TextEncoder | Units | PairUnits
    module: Module


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

    `ngrams`: buckets of character n-grams; `bag`: with a bag of words and pairs; `options`: of
    `ClassifierShape`.
    """
    vocabulary = Vocabulary(WORDS)
    encoder = TextEncoder(
        vocabulary,
        CharacterNgrams(ngrams) if ngrams else None,
        WordBag(len(vocabulary), PAIRS) if bag else None,
    )
    shape = ClassifierShape(
        vocab_size=len(vocabulary),
        num_classes=len(LABELS),
        ngram_buckets=ngrams,
        bag_features=0 if encoder.bag is None else encoder.bag.size,
        **({"embedding_dim": 5, "hidden_dim": 4} | options),
    )
    torch.manual_seed(seed)
    module = build_classifier(shape).eval()
    randomise(module, seed=seed)
    packed, folder = pack("classification", path, shape, LABELS, encoder, module, half=half)
    scores = [tuple(row) for row in Classifier(folder).probabilities(list(GOLDEN_TEXTS)).tolist()]
    return write_with_golden(packed, folder, scores, encoder, module)


def draw_tagger(
    *,
    tags: tuple[str, ...] = SPAN_TAGS,
    characters: str | None = None,
    ngrams: int = 0,
    seed: int = 0,
    **options: object,
) -> tuple[TaggerShape, TextEncoder, NERModel]:
    """A random tagger: its shape, how it reads text, and the torch module.

    `characters`: "convolution" or "lstm"; `ngrams`: buckets of character n-grams; `options`: of
    `TaggerShape`.
    """
    vocabulary = Vocabulary(WORDS)
    alphabet = None if characters is None else Alphabet("TDadefghilmnopstw'!ï😀")
    encoder = TextEncoder(vocabulary, CharacterNgrams(ngrams) if ngrams else None, alphabet=alphabet)
    shape = TaggerShape(
        vocab_size=len(vocabulary),
        num_tags=len(tags),
        ngram_buckets=ngrams,
        characters=None if alphabet is None else CharacterShape(characters, len(alphabet), dim=3, features=4),
        **({"embedding_dim": 5, "hidden_dim": 4} | options),
    )
    torch.manual_seed(seed)
    module = build_tagger(shape, TagSpace(tags).allowed).eval()
    randomise(module, seed=seed)
    with torch.no_grad():  # so far apart that tags differ from word to word
        for name, parameter in module.named_parameters():
            if name in ("embedding.words.weight", "output.weight"):
                parameter.mul_(6.0)
    return shape, encoder, module


def small_tagger(*, tags: tuple[str, ...] = SPAN_TAGS, **options: object) -> Tagger:
    """A random tagger that no file holds; `options`: of `draw_tagger`."""
    shape, encoder, module = draw_tagger(tags=tags, **options)
    return Tagger(pack("tagging", Path("small"), shape, tags, encoder, module)[1])


def write_small_tagger(
    path: Path, *, tags: tuple[str, ...] = SPAN_TAGS, half: bool = False, **options: object
) -> SmallModel:
    """Make a random tagger and write it to a folder; `options`: of `draw_tagger`."""
    shape, encoder, module = draw_tagger(tags=tags, **options)
    packed, folder = pack("tagging", path, shape, tags, encoder, module, half=half)
    scores = [answer.scores for answer in Tagger(folder).predict(GOLDEN_TEXTS)]
    return write_with_golden(packed, folder, scores, encoder, module)


def draw_language_model(
    *, unit: str = "char", seed: int = 0, **options: object
) -> tuple[LanguageModelShape, Units, LanguageModel]:
    """A random language model: its shape, its units, and the torch module.

    `unit`: "char", "subword" or "word"; `options`: of `LanguageModelShape`. Unless they say otherwise it is
    tied, with a projection between the state and the vectors.
    """
    units = learn_units(unit, RUNNING_TEXT, size=264)
    sizes = {"embedding_dim": 5, "hidden_dim": 6}
    shape = LanguageModelShape(vocab_size=len(units), **(sizes | options))
    torch.manual_seed(seed)
    module = build_language_model(shape).eval()
    randomise(module, seed=seed)
    with torch.no_grad():  # so far apart that what comes next depends on what came
        for name, parameter in module.named_parameters():
            if not name.startswith("recurrent.weight") and name.endswith("weight"):
                parameter.mul_(2.0)
    return shape, units, module


def small_generator(**options: object) -> TextGenerator:
    """A random language model that no file holds; `options`: of `draw_language_model`."""
    shape, units, module = draw_language_model(**options)
    return TextGenerator(pack("generation", Path("small"), shape, (), units, module)[1])


def write_small_generator(path: Path, *, half: bool = False, **options: object) -> SmallModel:
    """Make a random language model and write it to a folder; `options`: of `draw_language_model`."""
    shape, units, module = draw_language_model(**options)
    packed, folder = pack("generation", path, shape, (), units, module, half=half)
    scores = [TextGenerator(folder).probabilities(text) for text in GOLDEN_TEXTS]
    return write_with_golden(packed, folder, scores, units, module)


def draw_translator(
    *, unit: str = "char", joint: bool = False, seed: int = 0, **options: object
) -> tuple[TranslatorShape, PairUnits, Translator]:
    """A random translator: its shape, its units, and the torch module.

    `unit`: "char", "subword" or "word", of both sides; `joint`: both have the same units, as with `shared`;
    `options`: of `TranslatorShape`.
    """
    joint = joint or bool(options.get("shared"))
    sides = [RUNNING_TEXT + TARGET_TEXT] if joint else [RUNNING_TEXT, TARGET_TEXT]
    units = PairUnits(*(learn_units(unit, text, size=264) for text in sides), expansion=1.5)
    shape = TranslatorShape(
        vocab_size=len(units.source),
        target_vocab_size=len(units.target),
        **({"embedding_dim": 5, "hidden_dim": 6} | options),
    )
    torch.manual_seed(seed)
    module = build_translator(shape).eval()
    randomise(module, seed=seed)
    with torch.no_grad():  # so far apart that what is said depends on what was read
        for name, parameter in module.named_parameters():
            if "recurrent.weight" not in name and name.endswith("weight"):
                parameter.mul_(2.0)
    return shape, units, module


def small_translator(**options: object) -> TextTranslator:
    """A random translator that no file holds; `options`: of `draw_translator`."""
    shape, units, module = draw_translator(**options)
    return TextTranslator(pack("translation", Path("small"), shape, (), units, module)[1])


def write_small_translator(path: Path, *, half: bool = False, **options: object) -> SmallModel:
    """Make a random translator and write it to a folder; `options`: of `draw_translator`."""
    shape, units, module = draw_translator(**options)
    packed, folder = pack("translation", path, shape, (), units, module, half=half)
    scores = [TextTranslator(folder).golden_scores(text) for text in GOLDEN_TEXTS]
    return write_with_golden(packed, folder, scores, units, module)


def pack(
    task: str,
    path: Path,
    shape: Shape,
    labels: tuple[str, ...],
    encoder: TextEncoder | Units | PairUnits,
    module: Module,
    *,
    half: bool = False,
) -> tuple[bytes, ModelFolder]:
    """The weights of a module as they are stored, and its folder, without golden answers, as if read."""
    packed = pack_weights({name: tensor.numpy() for name, tensor in module.state_dict().items()}, half=half)
    config = ModelConfig(
        headgate_version="0.1.0",
        task=task,
        labels=labels,
        temperature=1.5,
        network=shape,
        gate_order=cell_named(shape.cell).gate_names,
        gru_form=gru_form(shape.cell),
        weights_sha256=checksum(packed),
        golden=(),
    )
    return packed, ModelFolder(path, config, unpack_weights(packed), encoder.to_json())


def write_with_golden(
    packed: bytes,
    folder: ModelFolder,
    scores: list[tuple[float, ...]],
    encoder: TextEncoder | Units | PairUnits,
    module: Module,
) -> SmallModel:
    """Write a model; `scores` are its answers to `GOLDEN_TEXTS`."""
    golden = tuple(Golden(text, of_text) for text, of_text in zip(GOLDEN_TEXTS, scores, strict=True))
    config = replace(folder.config, golden=golden)
    write_model(folder.path, config, packed, encoder.to_json(), "# A small model\n", {"dev": {}})
    return SmallModel(folder.path, config, encoder, module)


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., SmallModel]:
    """A function that writes a small model; without a `path`, to the folder "model" of this test."""

    def make(path: Path | None = None, **options: object) -> SmallModel:
        return write_small_model(path or tmp_path / "model", **options)

    return make


@pytest.fixture
def make_tagger(tmp_path: Path) -> Callable[..., SmallModel]:
    """A function that writes a small tagger; without a `path`, to the folder "tagger" of this test."""

    def make(path: Path | None = None, **options: object) -> SmallModel:
        return write_small_tagger(path or tmp_path / "tagger", **options)

    return make


@pytest.fixture
def make_generator(tmp_path: Path) -> Callable[..., SmallModel]:
    """A function that writes a small language model; without a `path`, to the folder "generator"."""

    def make(path: Path | None = None, **options: object) -> SmallModel:
        return write_small_generator(path or tmp_path / "generator", **options)

    return make


@pytest.fixture
def make_translator(tmp_path: Path) -> Callable[..., SmallModel]:
    """A function that writes a small translator; without a `path`, to the folder "translator"."""

    def make(path: Path | None = None, **options: object) -> SmallModel:
        return write_small_translator(path or tmp_path / "translator", **options)

    return make
