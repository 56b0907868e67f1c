"""How a model folder reads text, checked against its config."""

from headgate.errors import ModelError
from headgate.modelfile import ClassifierShape, ModelFolder, TranslatorShape
from headgate.text import PairUnits, TextEncoder, Units, units_from_json


def read_encoder(folder: ModelFolder) -> TextEncoder:
    """How the model reads text; ModelError when that is damaged or does not fit the network."""
    try:
        encoder = TextEncoder.from_json(folder.tokenizer)
    except (ValueError, TypeError) as error:
        raise ModelError(f"{folder.path / 'tokenizer.json'}: {error}") from error
    network = folder.config.network
    if len(encoder.vocabulary) != network.vocab_size:
        raise ModelError(f"{folder.path}: the config does not fit its own words")
    if (0 if encoder.ngrams is None else encoder.ngrams.buckets) != network.ngram_buckets:
        raise ModelError(f"{folder.path}: the config does not fit its own n-grams")
    characters = 0 if network.characters is None else network.characters.alphabet_size
    if (0 if encoder.alphabet is None else len(encoder.alphabet)) != characters:
        raise ModelError(f"{folder.path}: the config does not fit its own characters")
    features = network.bag_features if isinstance(network, ClassifierShape) else 0
    if (0 if encoder.bag is None else encoder.bag.size) != features:
        raise ModelError(f"{folder.path}: the config does not fit its own word pairs")
    return encoder


def read_units(folder: ModelFolder) -> Units:
    """The units of a language model; ModelError when they are damaged or do not fit the network."""
    try:
        units = units_from_json(folder.tokenizer)
    except (ValueError, TypeError) as error:
        raise ModelError(f"{folder.path / 'tokenizer.json'}: {error}") from error
    if len(units) != folder.config.network.vocab_size:
        raise ModelError(f"{folder.path}: the config does not fit its own units")
    return units


def read_pair_units(folder: ModelFolder) -> PairUnits:
    """The units of a translator; ModelError when they are damaged or do not fit the network."""
    try:
        units = PairUnits.from_json(folder.tokenizer)
    except (ValueError, TypeError) as error:
        raise ModelError(f"{folder.path / 'tokenizer.json'}: {error}") from error
    network = folder.config.network
    assert isinstance(network, TranslatorShape)
    if (len(units.source), len(units.target)) != (network.vocab_size, network.target_vocab_size):
        raise ModelError(f"{folder.path}: the config does not fit its own units")
    return units
