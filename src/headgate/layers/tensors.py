"""What layers read, as tensors: the twins of `headgate.text.Ragged` and `Subwords`."""

from dataclasses import dataclass

from torch import Tensor

from headgate.shapes import Int


@dataclass(frozen=True)
class RaggedTensors:
    """Lists of ids, of any lengths above 0, one after the other; `starts` says where each begins."""

    ids: Int[Tensor, " ids"]
    starts: Int[Tensor, " lists"]


@dataclass(frozen=True)
class SubwordTensors:
    """What a batch's distinct words are made of; `word_index` says which of them stands at each place."""

    word_index: Int[Tensor, "batch time"]
    ngrams: RaggedTensors | None = None
    characters: Int[Tensor, "words characters"] | None = None
