"""The text of a language model's run: read and split."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from headgate.data import place_name, read_plain_text, split_plain_text
from headgate.errors import DataError


@dataclass(frozen=True)
class GenerationData:
    """Running text to learn from, to choose by and to measure on; `fingerprint` tells data apart."""

    train: str
    dev: str
    test: str | None
    fingerprint: str


def read_generation_data(
    train: str | Path, dev: str | Path | None, test: str | Path | None
) -> GenerationData:
    """Read everything before anything is computed, so that a mistake in any file shows at once.

    Without a dev file the last tenth of the training text is set aside. Raises DataError as
    `headgate.data.read_plain_text` does, and for a text that has but one character.
    """
    text = read_plain_text(train)
    if len(set(text)) < 2:
        raise DataError(
            f"the text is {text[:1]!r} alone: there is nothing to foretell", path=place_name(train)
        )
    others = [None if path is None else read_plain_text(path) for path in (dev, test)]
    of_dev, of_test = others
    if of_dev is None:
        text, of_dev = split_plain_text(text)
    digest = hashlib.sha256(b"\0".join(part.encode("utf-8", "surrogatepass") for part in (text, of_dev)))
    return GenerationData(text, of_dev, of_test, digest.hexdigest()[:16])
