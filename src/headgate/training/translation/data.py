"""The pairs of a translator's run: read once, split, and kept in an indexed file."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from headgate.data import IndexedPairs, Pair, read_pairs, split_pairs
from headgate.data.files import place_name
from headgate.errors import DataError


@dataclass(frozen=True)
class TranslationData:
    """Pairs to learn from, to choose by and to measure on; `fingerprint` tells data apart."""

    train: IndexedPairs
    dev: IndexedPairs
    test: list[Pair] | None
    fingerprint: str


def read_translation_data(
    train: str | Path,
    dev: str | Path | None,
    test: str | Path | None,
    *,
    source_column: str,
    target_column: str,
    seed: int,
) -> TranslationData:
    """Read everything before anything is computed, so that a mistake in any file shows at once.

    Without a dev file a tenth of the pairs is set aside, by seed, all pairs of one source together. Training
    and dev leave out pairs of which a side is empty. Raises DataError as `headgate.data.read_pairs` does, and
    where no pair is left.
    """

    def read(files: str | Path) -> Iterator[Pair]:
        return read_pairs(files, source_column=source_column, target_column=target_column)

    def index(files: str | Path) -> IndexedPairs:
        try:
            return IndexedPairs.of(read(files))
        except DataError as error:  # only the reader of a file can name it
            raise error if error.path else DataError(error.problem, path=place_name(files)) from None

    pairs = index(train)
    fingerprint = pairs.fingerprint
    if dev is None:
        pairs, of_dev = split_pairs(pairs, seed=seed)
    else:
        of_dev = index(dev)
        fingerprint = hashlib.sha256(f"{fingerprint}{of_dev.fingerprint}".encode()).hexdigest()[:16]
    return TranslationData(pairs, of_dev, None if test is None else list(read(test)), fingerprint)
