import gzip

import numpy as np
import pytest

from headgate.errors import ConfigError, DataError
from headgate.runtime import load
from tests.training.small_runs import train_small

UNITS = 5
VECTORS = {
    "film": [0.5, -1.25, 3.0, 0.0, 1.0],
    "good": [2.0, 2.0, 2.0, 2.0, 2.0],
    "unheard": [9.0, 9.0, 9.0, 9.0, 9.0],
}
LINES = [f"{word} {' '.join(map(str, vector))}" for word, vector in VECTORS.items()]


def write(path, lines: list[str]):
    content = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def rows_of(run) -> dict[str, np.ndarray]:
    """The trained vectors of the words, by word."""
    model = load(run)
    table = model.folder.weights["embedding.words.weight"]
    return {word: table[model.encoder.vocabulary.id(word)] for word in model.encoder.vocabulary.words}


@pytest.mark.parametrize("name", ["vectors.txt", "vectors.txt.gz"])
@pytest.mark.parametrize("header", [[], [f"3 {UNITS}"]], ids=["plain", "with a header"])
def test_frozen_vectors_stay_those_of_the_file(tmp_path, name, header):
    vectors = write(tmp_path / name, header + LINES)
    options = {"embeddings": vectors, "freeze_embeddings": True, "average_from": 0.0}
    rows = rows_of(train_small(tmp_path, **options, embedding=UNITS))
    assert "unheard" not in rows  # it occurs in no training text
    for word in ("film", "good"):
        np.testing.assert_array_equal(rows[word], np.float32(VECTORS[word]))


def test_without_freezing_training_starts_from_the_vectors(tmp_path):
    vectors = write(tmp_path / "vectors.txt", LINES)
    options = {"embedding": UNITS, "embedding_learning_rate": 1e-6}
    started = rows_of(train_small(tmp_path, "still", embeddings=vectors, **options))
    np.testing.assert_allclose(started["film"], VECTORS["film"], atol=1e-4)
    moved = rows_of(train_small(tmp_path, "moved", embeddings=vectors, embedding=UNITS))
    assert np.abs(moved["film"] - np.float32(VECTORS["film"])).max() > 1e-4


def test_a_rare_word_with_a_vector_is_kept(tmp_path):
    vectors = write(tmp_path / "vectors.txt", [*LINES, "1901 1 2 3 4 5"])
    rows = rows_of(train_small(tmp_path, embeddings=vectors, embedding=UNITS, min_count=30))
    assert {"1901", "good"} <= rows.keys()
    assert "dull" not in rows


def test_the_vectors_decide_the_size_of_the_embedding(tmp_path):
    vectors = write(tmp_path / "vectors.txt", LINES)
    with pytest.raises(ConfigError) as caught:
        train_small(tmp_path, embeddings=vectors, embedding=UNITS + 1)
    assert str(caught.value) == f"setting embedding must be 5, as the vectors of {vectors} are; got 6"


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        ([LINES[0], "good 1 2 3"], 2, "3 numbers; the lines before have 5"),
        ([LINES[0], "good 1 2 x 4 5"], 2, "not a vector: could not convert string to float: 'x'"),
        (["3 5", LINES[0], "", LINES[1]], 3, "0 numbers; the lines before have 5"),
    ],
)
def test_a_bad_line_is_named_with_its_file(tmp_path, lines, line, said):
    vectors = write(tmp_path / "vectors.txt", lines)
    with pytest.raises(DataError) as caught:
        train_small(tmp_path, embeddings=vectors, embedding=UNITS)
    assert str(caught.value) == f"{vectors} line {line}: {said}"


def test_vectors_of_none_of_the_words_are_an_error(tmp_path):
    vectors = write(tmp_path / "vectors.txt", LINES[2:])
    with pytest.raises(DataError, match="has a vector for none of the training words"):
        train_small(tmp_path, embeddings=vectors)
