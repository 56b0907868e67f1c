"""Rows of a dataset on the Hugging Face hub. `datasets` is imported only here, and only when called."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from headgate.data.rows import Columns, Row, column_places, rows_of_batches
from headgate.errors import DataError, MissingExtraError

HUB_PREFIX = "hub:"
"""Marks an id as a hub dataset's, also one without an owner (`hub:imdb`) or like a file's name."""

_BATCH_ROWS = 1000
_NAME = r"[A-Za-z0-9_-][\w.-]*"
_SPLIT = r"(?::(?P<split>[\w.\[\]:%+-]+))?"
_PLAIN_ID = re.compile(rf"(?P<name>{_NAME}/{_NAME}){_SPLIT}", re.ASCII)
_PREFIXED_ID = re.compile(rf"{HUB_PREFIX}(?P<name>(?:{_NAME}/)?{_NAME}){_SPLIT}", re.ASCII)
_FILE_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".parquet", ".txt", ".gz")


def is_hub_id(spec: str | Path) -> bool:
    """Whether `spec` means a hub dataset: `owner/name[:split]` or `hub:name[:split]`, and no such file here.

    A name that ends as files do (`data/reviews.csv`) is a file's, there or not, unless it has the prefix.
    """
    match = _match(str(spec))
    if match is None:
        return False
    looks_like_file = match["name"].lower().endswith(_FILE_SUFFIXES) and match.re is _PLAIN_ID
    return not looks_like_file and not Path(spec).exists()


def hub_rows(spec: str | Path, columns: Columns) -> Iterator[Row]:
    """The rows of a hub dataset; class numbers become the names of their classes.

    A spec without a split means the split `train`, or the only split there is; after the colon stands what
    `datasets` takes as one (`test`, `train[:10%]`). A class of −1, which is how hub datasets say "no label",
    counts as null. Raises DataError where the dataset cannot be had, and MissingExtraError where `datasets`
    is not installed.
    """
    try:
        from datasets import ClassLabel  # slow to import: four seconds
    except ImportError as error:
        raise MissingExtraError("reading hub datasets", "data") from error
    dataset = _load(str(spec))
    features: dict[str, Any] = dict(dataset.features)
    column_places(list(features), columns, path=spec)
    names: dict[str, list[str]] = {
        column: list(feature.names) for column, feature in features.items() if isinstance(feature, ClassLabel)
    }
    yield from rows_of_batches(_batches(dataset, columns, names), columns, path=spec)


def _match(spec: str) -> re.Match[str] | None:
    return _PREFIXED_ID.fullmatch(spec) or _PLAIN_ID.fullmatch(spec)


# What `datasets` gives has no declared types: it is Any from here to the lists of values below.
def _load(spec: str) -> Any:
    from datasets import load_dataset

    match = _match(spec)
    if match is None:
        raise DataError('not a hub dataset: give "owner/name", "owner/name:split" or "hub:name"', path=spec)
    name, split = match["name"], match["split"]
    try:
        loaded: Any = load_dataset(name) if split is None else load_dataset(name, split=split)
    except Exception as error:  # its own errors, the hub client's, the transport's and the system's
        reason = next(iter(str(error).strip().split("\n")), "") or type(error).__name__
        problem = f"no such file here, and the dataset cannot be loaded from the hub: {reason}"
        raise DataError(problem, path=spec) from error
    return loaded if split is not None or not isinstance(loaded, dict) else _default_split(loaded, spec)


def _default_split(splits: dict[str, Any], spec: str) -> Any:
    if "train" in splits:
        return splits["train"]
    if len(splits) == 1:
        return next(iter(splits.values()))
    raise DataError(f"no split is named; splits are {', '.join(splits)} (write {spec}:SPLIT)", path=spec)


def _batches(
    dataset: Any, columns: Columns, names: dict[str, list[str]]
) -> Iterator[Sequence[Sequence[object]]]:
    # Only the columns asked for: others may hold images or sound, which are slow to unpack.
    for batch in dataset.select_columns(list(columns)).iter(batch_size=_BATCH_ROWS):
        yield [
            _named(batch[column], names[column]) if column in names else batch[column] for column in columns
        ]


def _named(classes: Sequence[int | None], names: list[str]) -> list[str | None]:
    return [None if number is None or number < 0 else names[number] for number in classes]
