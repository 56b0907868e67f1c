"""What a tagger's run will train: settings, how text is read, the network's shape and start."""

from collections.abc import Mapping
from typing import Any

from headgate.errors import ConfigError
from headgate.modelfile import CharacterShape, TaggerShape
from headgate.text import Alphabet, CharacterNgrams, TextEncoder, count_tokens
from headgate.training.plan import Plan, reader_shape
from headgate.training.starts import NOTHING, Sources, Start
from headgate.training.tagging.data import TaggingData
from headgate.training.tagging.settings import TaggingSettings, tagging_defaults

TaggingPlan = Plan[TaggingSettings, TaggerShape]


def plan_tagging(
    data: TaggingData,
    choices: Mapping[str, Any],
    sources: Sources = NOTHING,
) -> TaggingPlan:
    """Settings by `tagging_defaults`, the choices over them, and a vocabulary of training words."""
    words = count_tokens((sentence.tokens for sentence in data.train), fold_digits=True)
    start = Start.read(sources, words.counts, fold_digits=True)
    defaults = tagging_defaults(words.lengths, len(data.space))
    settings = start.settings(TaggingSettings, defaults, choices)
    if settings.lookahead and settings.bidirectional:
        rule = "must be 0 for a model that reads in both directions"
        raise ConfigError(f"setting lookahead {rule}; got {settings.lookahead} (use --no-bidirectional)")
    vocabulary = start.vocabulary(words.counts, settings.min_count)
    reads_characters = settings.characters != "none"
    alphabet = None
    if reads_characters:
        known = "" if start.model is None else start.model.characters
        alphabet = Alphabet.from_counts(words.surfaces, also=known)
    encoder = TextEncoder(
        vocabulary,
        CharacterNgrams(settings.ngram_buckets, cased=True) if settings.ngram_buckets else None,
        alphabet=alphabet,
        fold_digits=True,
    )
    characters = None
    if alphabet is not None:
        characters = CharacterShape(
            settings.characters, len(alphabet), settings.character_dim, settings.character_features
        )
    shape = TaggerShape(
        **reader_shape(settings, encoder),
        num_tags=len(data.space),
        characters=characters,
        lookahead=settings.lookahead,
        crf=settings.crf,
    )
    start = start.with_texts(
        lambda: encoder.encode_words(sentence.tokens for sentence in data.train), settings
    )
    return Plan(settings, encoder, shape, start)
