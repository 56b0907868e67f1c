import numpy as np
import pytest

from headgate.errors import DataError
from headgate.training.classification import read_classification_data
from tests.training.small_runs import train_small


def write(path, rows: list[tuple[str, str]]):
    path.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows), encoding="utf-8")
    return path


def read(train, dev=None, test=None, seed: int = 1):
    return read_classification_data(train, dev, test, text_column="text", label_column="label", seed=seed)


ROWS = [(f"text {number}", "ab"[number % 2]) for number in range(20)]


def test_without_dev_a_tenth_of_the_texts_is_set_aside(tmp_path):
    data = read(write(tmp_path / "t.csv", ROWS))
    assert (len(data.train), len(data.dev), data.test) == (18, 2, None)
    assert sorted(data.train.texts + data.dev.texts) == sorted(text for text, _ in ROWS)


def test_labels_are_numbered_in_alphabetical_order(tmp_path):
    data = read(write(tmp_path / "t.csv", [("x", "z"), ("y", "ä"), ("v", "a")] * 3))
    assert data.labels == ("a", "z", "ä")
    named = dict(zip(data.train.texts, data.train.labels, strict=True))
    assert named == {"x": 1, "y": 2, "v": 0}


def test_a_single_label_is_an_error_that_names_it(tmp_path):
    path = write(tmp_path / "t.csv", [("x", "spam"), ("y", "spam")])
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(caught.value) == f'{path}: only one label, "spam": a classifier needs at least two'


@pytest.mark.parametrize("part", ["dev", "test"])
def test_a_label_that_training_lacks_is_named_with_its_line(tmp_path, part):
    train = write(tmp_path / "t.csv", ROWS)
    other = write(tmp_path / "other.csv", [("x", "a"), ("y", "c")])
    with pytest.raises(DataError) as caught:
        read(train, **{part: other})
    assert str(caught.value) == (f'{other} line 3: label "c" was not seen in training; the labels are a, b')


def test_the_fingerprint_tells_texts_labels_and_splits_apart(tmp_path):
    def fingerprint(rows, dev=None, seed: int = 1) -> str:
        path = write(tmp_path / "t.csv", rows)
        return read(path, None if dev is None else write(tmp_path / "d.csv", dev), seed=seed).fingerprint

    variants = [
        fingerprint(ROWS),
        fingerprint([("text 0!", "a"), *ROWS[1:]]),
        fingerprint([("text 0", "b"), *ROWS[1:]]),
        fingerprint(ROWS[::-1]),
        fingerprint(ROWS, seed=2),
        fingerprint(ROWS, dev=ROWS[:2]),
        fingerprint(ROWS, dev=ROWS[2:4]),
    ]
    assert len(set(variants)) == len(variants)
    assert fingerprint(ROWS) == variants[0]


@pytest.mark.parametrize("texts", [["", "", "", ""], ["!", "?"] * 2])
def test_texts_in_which_no_word_is_known_are_an_error(tmp_path, texts):
    rows = [(text, "ab"[place % 2]) for place, text in enumerate(texts)]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(f'{{"text": "{text}", "label": "{label}"}}\n' for text, label in rows))
    with pytest.raises(DataError, match="no word occurs 9 times in the training texts"):
        train_small(tmp_path, train=path, min_count=9)


def test_empty_texts_among_others_are_trained_on(tmp_path):
    rows = [(text if place % 5 else "", label) for place, (text, label) in enumerate(ROWS * 2)]
    run = train_small(tmp_path, train=write(tmp_path / "t.csv", rows))
    assert (run / "model").is_dir()


def test_many_labels_are_learnt(tmp_path):
    rows = [(f"word{number % 12} again", f"label {number % 12}") for number in range(48)]
    run = train_small(tmp_path, train=write(tmp_path / "t.csv", rows))
    from headgate.runtime import load

    model = load(run)
    assert len(model.labels) == 12
    assert np.isclose(sum(model.predict("word3").scores.values()), 1.0)
