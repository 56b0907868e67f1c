"""Readers: files → lines → rows → examples. Whatever is wrong in a file is said with its name and line.

- `files`: text files, plain or .gz, and standard input
- `rows`, `delimited`, `json_lines`, `parquet`, `tables`: rows of csv, tsv, jsonl and parquet
- `hub`: rows of a dataset on the Hugging Face hub
- `classification`: labelled texts, and bare texts to predict
- `tagging`: tagged sentences of `conll`, `conllu` and `span_records` (with `tagged_sentence`,
  `token_columns` and `json_objects`, which these share)
- `parallel_text`, `indexed_pairs`: sources and their targets, read, and kept in a file to learn from
- `plain_text`: running text, whole, and its end set aside as dev
- `splits`: a dev split by seed
- `bucketing`: which texts go into a batch together
- `vectors`: pre-trained word vectors
"""

from headgate.data.classification import LabelledText, label_numbers, read_labelled, read_texts
from headgate.data.files import open_text, place_name, read_lines
from headgate.data.hub import hub_rows, is_hub_id
from headgate.data.indexed_pairs import IndexedPairs
from headgate.data.parallel_text import Pair, read_pairs, read_sources
from headgate.data.plain_text import read_plain_text, read_stretches, split_plain_text
from headgate.data.rows import Columns, Row
from headgate.data.splits import DEV_LIMIT, PAIR_DEV_LIMIT, split_dev, split_pairs, split_sentences
from headgate.data.tables import TABLE_SUFFIXES, read_table, table_suffix
from headgate.data.tagged_sentence import TaggedSentence
from headgate.data.tagging import holds_tokens, read_tagged

__all__ = [
    "DEV_LIMIT",
    "PAIR_DEV_LIMIT",
    "TABLE_SUFFIXES",
    "Columns",
    "IndexedPairs",
    "LabelledText",
    "Pair",
    "Row",
    "TaggedSentence",
    "holds_tokens",
    "hub_rows",
    "is_hub_id",
    "label_numbers",
    "open_text",
    "place_name",
    "read_labelled",
    "read_lines",
    "read_pairs",
    "read_plain_text",
    "read_sources",
    "read_stretches",
    "read_table",
    "read_tagged",
    "read_texts",
    "split_dev",
    "split_pairs",
    "split_plain_text",
    "split_sentences",
    "table_suffix",
]
