"""Tagged sentences to learn from: CoNLL columns, CoNLL-U, and jsonl records of spans or of tags."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from headgate.data.conll import conll_sentences
from headgate.data.conllu import CONLLU_COLUMNS, conllu_sentences
from headgate.data.files import STANDARD_INPUT, is_gzip, open_text, place_name
from headgate.data.hub import HUB_PREFIX
from headgate.data.span_records import record_sentences
from headgate.data.tagged_sentence import TaggedSentence
from headgate.data.token_columns import (
    DEFAULT_TAG_COLUMN,
    DEFAULT_TOKEN_COLUMN,
    TokenColumns,
    token_columns,
)
from headgate.errors import DataError

_Reader: TypeAlias = Callable[[Iterable[str], TokenColumns, str], Iterator[TaggedSentence]]
_READERS: dict[str, _Reader] = {
    ".conllu": conllu_sentences,
    ".conllup": conllu_sentences,
    ".jsonl": record_sentences,
}
TOKEN_SUFFIXES = (".conll", ".conllu", ".conllup")
"""The suffixes, before any .gz, of files that hold tokens by their name."""

_JSON_OBJECT = re.compile(r'\s*\{\s*["}]')
_FIRST_WORD_ID = re.compile(r"(?:0\.1|1|1-[0-9]+)\t")


def read_tagged(
    path_or_id: str | Path,
    *,
    token_column: str | int = DEFAULT_TOKEN_COLUMN,
    tag_column: str | int = DEFAULT_TAG_COLUMN,
) -> Iterator[TaggedSentence]:
    """The sentences of a file, plain or .gz, or of standard input ("-"), one by one, with a tag a token.

    The name, before any .gz, says how the file is read: `.conllu` (and `.conllup`) as CoNLL-U, `.jsonl` as
    records, and any other as CoNLL columns; each is described in its own module (`conllu`, `span_records`,
    `conll`). Standard input is jsonl if it begins with a JSON object, CoNLL-U if its first line but for
    comments has ten columns with the ID of a first word, otherwise CoNLL columns.

    Columns are numbers from 0, or from the right and negative; in CoNLL-U also names in any case, where the
    defaults mean FORM and UPOS; in jsonl the keys of tokens and tags. Tags are as in the file, whatever their
    scheme: see `tasks.tag_schemes`.

    Raises ConfigError, once sentences are asked for, if both columns are the same one; and DataError as
    `open_text` does, for a file without sentences, and at the line of whatever else is wrong.
    """
    columns = token_columns(token_column, tag_column)
    if str(path_or_id).startswith(HUB_PREFIX):
        problem = 'tagged sentences are not read from the hub (save them as jsonl: {"tokens", "tags"})'
        raise DataError(problem, path=path_or_id)
    path = Path(path_or_id)
    suffix = _suffix(path)
    if suffix in (".csv", ".parquet"):
        problem = "a table is no file of tagged sentences (those are CoNLL columns, .conllu or .jsonl)"
        raise DataError(problem, path=path_or_id)
    with open_text(path) as text:
        lines: Iterable[str] = text
        reader = _READERS.get(suffix, conll_sentences)
        if str(path) == STANDARD_INPUT:
            reader, lines = _sniffed(text)
        yield from reader(lines, columns, place_name(path_or_id))


def holds_tokens(path: str | Path) -> bool:
    """Whether a file is one of tokens, a line each, by its name (TOKEN_SUFFIXES)."""
    return _suffix(Path(path)) in TOKEN_SUFFIXES


def _suffix(path: Path) -> str:
    return (path.with_suffix("") if is_gzip(path) else path).suffix.lower()


def _sniffed(lines: Iterator[str]) -> tuple[_Reader, Iterator[str]]:
    """The reader that the first line with data asks for, and all the lines."""
    seen: list[str] = []
    reader: _Reader = conll_sentences
    for line in lines:
        seen.append(line)
        if not (line.isspace() or line.startswith("#")):
            if _JSON_OBJECT.match(line):
                reader = record_sentences
            elif _FIRST_WORD_ID.match(line) and line.count("\t") == len(CONLLU_COLUMNS) - 1:
                reader = conllu_sentences
            break
    return reader, chain(seen, lines)
