"""Take a dev split from the training examples where none is given."""

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from headgate.data.classification import LabelledText
from headgate.data.indexed_pairs import IndexedPairs
from headgate.data.tagged_sentence import TaggedSentence
from headgate.errors import ConfigError, DataError

DEV_LIMIT = 5000
"""The most examples a dev split takes: they tell accuracy within about one point (two standard errors); more
would be missed in training and slow every epoch's check."""

PAIR_DEV_LIMIT = 2000
"""The most pairs a dev split takes: about as many as the usual test sets of translation have. Fewer than
DEV_LIMIT, since to decode a sentence takes far longer than to classify one."""


def split_dev(
    examples: Sequence[LabelledText], fraction: float = 0.1, *, seed: int
) -> tuple[list[LabelledText], list[LabelledText]]:
    """Train and dev examples, each in the order given; the same seed gives the same split.

    Dev is `fraction` of the examples, at least one and at most DEV_LIMIT, with labels in the proportions they
    have in the whole. Every label keeps at least one training example, so dev can be smaller where nearly all
    labels are rare. A single example goes to train. Raises DataError where no label has two examples, since
    every example is then needed for training, and ConfigError for a fraction not between 0 and 1.
    """
    if not 0 < fraction < 1:
        raise ConfigError(f"fraction must lie between 0 and 1; got {fraction}")
    if len(examples) < 2:
        return list(examples), []
    candidates = _in_order_of_choice(examples, random.Random(seed))
    if not candidates:
        raise DataError(
            "no label has two examples, so none can be spared for a dev split "
            "(add examples, or give a dev file with --dev)"
        )
    size = min(DEV_LIMIT, max(1, round(fraction * len(examples))))
    chosen = set(candidates[:size])
    train = [example for place, example in enumerate(examples) if place not in chosen]
    dev = [example for place, example in enumerate(examples) if place in chosen]
    return train, dev


def _in_order_of_choice(examples: Sequence[LabelledText], chance: random.Random) -> list[int]:
    """Places of the examples that dev may take, so ordered that any first part of them is stratified.

    Systematic sampling: each label's examples, shuffled, stand at equal distances from 0 to 1 (its first at a
    random start); up to any mark there is the same share of every label. Its last stays in training.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, example in enumerate(examples):
        places[example.label].append(place)
    marked: list[tuple[float, int]] = []
    for same_label in places.values():
        chance.shuffle(same_label)
        start, count = chance.random(), len(same_label)
        marked += [((start + rank) / count, place) for rank, place in enumerate(same_label[:-1])]
    return [place for _, place in sorted(marked)]


def split_sentences(
    sentences: Sequence[TaggedSentence], fraction: float = 0.1, *, seed: int
) -> tuple[list[TaggedSentence], list[TaggedSentence]]:
    """Train and dev sentences, each in the order given; the same seed gives the same split.

    Dev is `fraction` of the sentences at random, at most DEV_LIMIT, without those that have a tag which the
    rest has not. A single sentence goes to train. Raises ConfigError for a fraction not between 0 and 1.
    """
    if not 0 < fraction < 1:
        raise ConfigError(f"fraction must lie between 0 and 1; got {fraction}")
    if len(sentences) < 2:
        return list(sentences), []
    places = list(range(len(sentences)))
    random.Random(seed).shuffle(places)
    left = Counter(tag for sentence in sentences for tag in sentence.tags)
    size, chosen = min(DEV_LIMIT, max(1, round(fraction * len(sentences)))), set[int]()
    for place in places:
        taken = Counter(sentences[place].tags)
        if len(chosen) < size and all(left[tag] > count for tag, count in taken.items()):
            left -= taken
            chosen.add(place)
    train = [sentence for place, sentence in enumerate(sentences) if place not in chosen]
    dev = [sentence for place, sentence in enumerate(sentences) if place in chosen]
    return train, dev


def split_pairs(
    pairs: IndexedPairs, fraction: float = 0.1, *, seed: int
) -> tuple[IndexedPairs, IndexedPairs]:
    """Train and dev pairs, each in the order given; all pairs of one source go to the same part.

    Sources are ordered by a hash of seed and text, and dev takes the first of them, up to `fraction` of the
    pairs and PAIR_DEV_LIMIT. It has more only where every source has more: then one source of the fewest.
    Raises DataError where there is but one source, and ConfigError for a fraction not between 0 and 1.
    """
    if not 0 < fraction < 1:
        raise ConfigError(f"fraction must lie between 0 and 1; got {fraction}")
    hashes = np.fromiter((_hash(source, seed) for source in pairs.sources), np.uint64, len(pairs))
    distinct, counts = np.unique(hashes, return_counts=True)
    if len(distinct) < 2:
        raise DataError(
            "all pairs have the same source, so none can be spared for a dev split "
            "(add pairs of another, or give a dev file with --dev)"
        )
    size = min(PAIR_DEV_LIMIT, max(1, round(fraction * len(pairs))), len(pairs) - 1)
    small = np.flatnonzero(counts <= max(size, counts.min()))
    taken = small[: max(1, np.searchsorted(np.cumsum(counts[small]), size, side="right"))]
    in_dev = np.isin(hashes, distinct[taken])
    return pairs.select(np.flatnonzero(~in_dev)), pairs.select(np.flatnonzero(in_dev))


def _hash(source: str, seed: int) -> int:
    digest = hashlib.blake2b(f"{seed}\0{source}".encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "little")
