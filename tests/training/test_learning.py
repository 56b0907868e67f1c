"""Toy data whose answer is known: what learns nothing, or learns by the wrong part, shows here."""

import json

import numpy as np
import pytest

from headgate.errors import ConfigError
from tests.training.small_runs import train_small


def write_orders(path, count: int, seed: int):
    """Texts in which "yes" stands before "no", or after it, with other words around and between them.

    Every text has the same words, and no pair of neighbours tells anything: only order over a distance does.
    """
    chance = np.random.default_rng(seed)
    rows = ["text,label"]
    for number in range(count):
        order = ("yes", "no") if number % 2 else ("no", "yes")
        words = ["and"] * 8
        start, gap = int(chance.integers(1, 4)), int(chance.integers(2, 4))
        words[start], words[start + gap] = order
        rows.append(f"{' '.join(words)},{order[0]} first")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("cell", ["lstm", "original_gru"])
def test_a_network_learns_what_only_the_order_of_words_tells(tmp_path, cell):
    run = train_small(
        tmp_path,
        train=write_orders(tmp_path / "orders.csv", 160, seed=0),
        test=write_orders(tmp_path / "test.csv", 100, seed=1),
        cell=cell,
        bidirectional=False,
        pooling="last",
        epochs=20,
        patience=20,
        batch_size=16,
        learning_rate=0.02,
        embedding_learning_rate=0.02,
        dropout=0.0,
        word_dropout=0.0,
    )
    measured = json.loads((run / "model" / "metrics.json").read_text(encoding="utf-8"))["test"]
    assert measured["network_alone"]["accuracy"] > 0.9
    assert measured["model"]["accuracy"] > 0.9
    assert measured["bag_of_ngrams"]["accuracy"] < 0.75


def test_the_bag_alone_learns_what_single_words_tell(tmp_path):
    run = train_small(tmp_path, epochs=1)
    measured = json.loads((run / "model" / "metrics.json").read_text(encoding="utf-8"))["dev"]
    assert measured["bag_of_ngrams"]["accuracy"] == 1.0


def test_a_loss_that_is_no_number_ends_the_run_with_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match="training diverged: the loss is no longer a number"):
        train_small(
            tmp_path, learning_rate=1e30, embedding_learning_rate=1e30, clip=1e30, cell="rnn", epochs=9
        )
