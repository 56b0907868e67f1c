"""Pre-trained word vectors in the text format of word2vec, GloVe and fastText."""

from collections.abc import Container
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headgate.data.files import read_lines
from headgate.errors import DataError
from headgate.shapes import Float


def read_vectors(
    path: str | Path, wanted: Container[str]
) -> dict[str, Float[NDArray[np.float32], " embedding"]]:
    """The vectors of the wanted words: a word and its numbers a line, separated by blanks; .gz is read too.

    A first line of two numbers (how many words, how many units) is a header and left out. Of a word that
    occurs twice, in this case or another, the first vector counts. Raises DataError, with the line, for one
    of another length than the first or with anything but numbers, and when no wanted word is found.
    """
    vectors: dict[str, NDArray[np.float32]] = {}
    units = 0
    for number, line in enumerate(read_lines(path), start=1):
        fields = line.rstrip().split(" ")
        if number == 1 and len(fields) == 2:
            continue
        units = units or len(fields) - 1
        word = " ".join(fields[: len(fields) - units]).lower()
        if len(fields) <= units or units < 1:
            raise DataError(
                f"{len(fields) - 1} numbers; the lines before have {units}", path=path, line=number
            )
        if word in wanted and word not in vectors:
            try:
                vectors[word] = np.array(fields[-units:], np.float32)
            except ValueError as error:
                raise DataError(f"not a vector: {error}", path=path, line=number) from error
    if not vectors:
        raise DataError(
            "has a vector for none of the training words (is it a text file of word vectors?)", path=path
        )
    return vectors
