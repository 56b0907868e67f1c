"""Toy data whose answer is known: what learns nothing, or learns by the wrong part, shows here."""

import json

import numpy as np
import pytest

from headgate.errors import ConfigError
from headgate.runtime import load
from headgate.training.classification import read_classification_data
from headgate.training.classification.bag_of_ngrams import BagOfNgrams
from tests.training.small_runs import train_small, write_texts


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


@pytest.mark.parametrize("dev_file", [False, True])
def test_the_bag_learns_from_dev_texts_in_the_end_where_they_were_training_texts(tmp_path, dev_file):
    texts, dev = (
        write_texts(tmp_path / "texts.csv"),
        write_texts(tmp_path / "dev.csv", 10) if dev_file else None,
    )
    model = load(train_small(tmp_path, epochs=1, dev=dev))
    data = read_classification_data(texts, dev, None, text_column="text", label_column="label", seed=1)
    learned = data.train if dev_file else data.train + data.dev
    assert len(learned) == 40
    encoder = model.encoder
    bag = BagOfNgrams(encoder.encode(learned.texts), learned.labels, encoder.bag, 2)
    table = model.folder.weights["bag.table.weight"]  # as strong as the blend has it
    share = np.vdot(table, bag.table) / np.vdot(bag.table, bag.table)
    np.testing.assert_allclose(table, share * bag.table, atol=1e-5)


def test_a_loss_that_is_no_number_ends_the_run_with_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match="training diverged: the loss is no longer a number"):
        train_small(
            tmp_path, learning_rate=1e30, embedding_learning_rate=1e30, clip=1e30, cell="rnn", epochs=9
        )
