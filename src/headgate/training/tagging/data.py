"""The sentences of a tagging run: read, checked and split."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from headgate.data import TaggedSentence, place_name, read_tagged, split_sentences
from headgate.errors import DataError
from headgate.tasks import TagSpace, check_span_tags, find_scheme


@dataclass(frozen=True)
class TaggingData:
    """`space` holds the tags of the training sentences; `fingerprint` tells data apart.

    `unseen` says, in a line a file, which tags of dev and test the training sentences do not have: they count
    as mistakes, whatever the answer.
    """

    space: TagSpace
    train: list[TaggedSentence]
    dev: list[TaggedSentence]
    test: list[TaggedSentence] | None
    unseen: list[str]
    fingerprint: str


def read_tagging_data(
    train: str | Path,
    dev: str | Path | None,
    test: str | Path | None,
    *,
    token_column: str | int,
    tag_column: str | int,
    seed: int,
) -> TaggingData:
    """Read everything before anything is computed, so that a mistake in any file shows at once.

    Without a dev file a tenth of the training sentences is set aside, by seed. Raises DataError for training
    sentences that have one tag alone, and for tags of dev or test that are of no scheme where those of
    training mark spans.
    """

    def read(path: str | Path) -> list[TaggedSentence]:
        sentences = read_tagged(path, token_column=token_column, tag_column=tag_column)
        return [sentence for sentence in sentences if sentence.tokens]

    train_sentences = read(train)
    marks_spans = find_scheme(train_sentences, place_name(train)) != "plain"
    others = {path: read(path) for path in (dev, test) if path is not None}
    if marks_spans:
        for path, sentences in others.items():
            check_span_tags(sentences, place_name(path))
    dev_sentences = others[dev] if dev is not None else []
    if dev is None:
        train_sentences, dev_sentences = split_sentences(train_sentences, seed=seed)
    space = TagSpace.of_sentences(_tags(train_sentences), marks_spans=marks_spans)
    if len(space) < 2:
        raise DataError(
            f'only one tag, "{"".join(space.tags)}": there is nothing to learn', path=place_name(train)
        )
    if not dev_sentences:
        raise DataError(
            "there is no sentence to check by (give a dev file with --dev)", path=place_name(dev or train)
        )
    unseen = [unseen_tags(space, sentences, path) for path, sentences in others.items()]
    return TaggingData(
        space,
        train_sentences,
        dev_sentences,
        None if test is None else others[test],
        [line for line in unseen if line],
        _fingerprint(train_sentences, dev_sentences),
    )


def unseen_tags(space: TagSpace, sentences: Sequence[TaggedSentence], path: str | Path) -> str:
    """One line that says which tags the space does not have, and where the first stands; "" for none."""
    unseen: dict[str, int] = {}
    for sentence in sentences:
        for tag, line in zip(sentence.tags, sentence.token_lines, strict=True):
            if not space.knows(tag):
                unseen.setdefault(tag, line)
    if not unseen:
        return ""
    listed = ", ".join(f'"{tag}" (line {line})' for tag, line in unseen.items())
    return f"{place_name(path)}: tags not seen in training count as mistakes: {listed}"


def _tags(sentences: Iterable[TaggedSentence]) -> list[tuple[str, ...]]:
    return [sentence.tags for sentence in sentences]


def _fingerprint(*parts: list[TaggedSentence]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        for sentence in part:
            for token, tag in zip(sentence.tokens, sentence.tags, strict=True):
                digest.update(f"{tag}\0{token}\0".encode("utf-8", "surrogatepass"))
            digest.update(b"\2")
        digest.update(b"\1")
    return digest.hexdigest()[:16]
