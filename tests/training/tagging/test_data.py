import json

import pytest

from headgate.errors import ConfigError, DataError
from headgate.tasks import spans_of, to_bio, to_bioes
from headgate.training.tagging import read_tagging_data
from tests.training.small_runs import write_sentences


def write(path, *sentences: str):
    """Lines from "word/TAG word/TAG"."""
    blocks = ["".join(word.replace("/", " ") + "\n" for word in words.split()) for words in sentences]
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


def read(train, dev=None, test=None, *, seed: int = 1, token="0", tag="-1"):
    return read_tagging_data(train, dev, test, token_column=token, tag_column=tag, seed=seed)


def refusal(*arguments, **options) -> str:
    with pytest.raises(DataError) as caught:
        read(*arguments, **options)
    return str(caught.value)


SPANS = ["Anna/B-PER Lee/I-PER met/O Bo/B-PER", "in/O Riga/B-LOC", "Bo/B-PER slept/O", "it/O rained/O"] * 5


def test_without_dev_a_tenth_of_the_sentences_is_set_aside(tmp_path):
    path = write_sentences(tmp_path / "s.conll", 40)
    data = read(path)
    assert (len(data.train), len(data.dev), data.test) == (36, 4, None)
    lines = [sentence.line for sentence in [*data.train, *data.dev]]
    assert sorted(lines) == sorted(set(lines))
    assert [one.line for one in read(path).dev] == [one.line for one in data.dev]
    assert [one.line for one in read(path, seed=2).dev] != [one.line for one in data.dev]


@pytest.mark.parametrize("mark", [to_bio, to_bioes])
def test_spans_of_any_scheme_have_bioes_tags_of_every_label_in_alphabetical_order(tmp_path, mark):
    data = read(write_sentences(tmp_path / "s.conll", mark=mark))
    assert data.space.marks_spans
    assert data.space.names == ("LOC", "PER")
    assert len(data.space) == 9
    assert all(data.space.numbers(sentence.tags).max() < 9 for sentence in data.train + data.dev)


def test_the_oldest_conll_files_have_the_same_spans(tmp_path):
    data = read(write(tmp_path / "s.conll", *["Anna/I-PER Lee/I-PER Bo/B-PER slept/O in/O Riga/I-LOC"] * 4))
    tags = [data.space.tags[number] for number in data.space.numbers(data.train[0].tags)]
    assert tags == ["B-PER", "E-PER", "S-PER", "O", "O", "S-LOC"]


def test_plain_tags_are_kept_in_alphabetical_order(tmp_path):
    data = read(write(tmp_path / "s.conll", *["the/DET cat/NOUN sat/VERB"] * 3))
    assert (data.space.marks_spans, data.space.tags) == (False, ("DET", "NOUN", "VERB"))


def test_a_given_dev_and_test_file_are_taken_whole(tmp_path):
    train = write(tmp_path / "train.conll", *SPANS)
    dev, test = write(tmp_path / "dev.conll", *SPANS[:3]), write(tmp_path / "test.conll", *SPANS[:2])
    data = read(train, dev, test)
    assert (len(data.train), len(data.dev), len(data.test)) == (20, 3, 2)


def test_columns_are_chosen_as_everywhere(tmp_path):
    path = tmp_path / "s.conll"
    path.write_text("1 Anna NNP B-PER\n2 sleeps VBZ O\n\n1 it PRP O\n\n1 Bo NNP B-PER\n")
    assert read(path, token="1", tag="2").space.tags == ("NNP", "PRP", "VBZ")
    with pytest.raises(ConfigError, match="token and tag must be two columns"):
        read(path, token="1", tag="1")


# ---------------------------------------------------------------- what cannot be learnt


@pytest.mark.parametrize(
    ("sentences", "tag"), [(["a/X b/X"] * 3, "X"), (["a/O b/O", "c/O"], "O"), (["a/X"], "X")]
)
def test_one_tag_alone_is_nothing_to_learn(tmp_path, sentences, tag):
    path = write(tmp_path / "s.conll", *sentences)
    assert refusal(path) == f'{path}: only one tag, "{tag}": there is nothing to learn'


def test_a_single_sentence_leaves_none_to_check_by(tmp_path):
    path = write(tmp_path / "s.conll", "Anna/B-PER sleeps/O")
    assert refusal(path) == f"{path}: there is no sentence to check by (give a dev file with --dev)"
    assert len(read(path, path).dev) == 1


def test_texts_without_words_are_left_out(tmp_path):
    path, empty = tmp_path / "s.jsonl", tmp_path / "empty.jsonl"
    record = {"text": "Anna sleeps", "spans": [{"start": 0, "end": 4, "label": "PER"}]}
    nothing = {"text": " ", "spans": []}
    path.write_text("".join(json.dumps(one) + "\n" for one in [record, nothing, record, record]))
    empty.write_text(json.dumps(nothing) + "\n")
    assert [sentence.tokens for sentence in read(path, path).dev] == [("Anna", "sleeps")] * 3
    assert refusal(path, empty) == f"{empty}: there is no sentence to check by (give a dev file with --dev)"
    assert 'only one tag, "O"' in refusal(empty, path)


@pytest.mark.parametrize("part", ["dev", "test"])
def test_a_tag_of_no_scheme_is_named_with_its_file_and_line(tmp_path, part):
    train = write(tmp_path / "train.conll", *SPANS)
    other = write(tmp_path / "other.conll", SPANS[0], "a/O b/NOUN")
    files = {"dev": train} | {part: other}
    assert refusal(train, **files).startswith(
        f'{other} line 7: tag "NOUN" of "b" is neither "O" nor a prefix'
    )


def test_a_mixture_of_schemes_is_named_with_its_line(tmp_path):
    path = write(tmp_path / "s.conll", "a/S-PER b/O", "c/B-PER d/I-PER")
    assert refusal(path).startswith(
        f'{path} line 5: tag "I-PER" of "d" must be "E-PER" between its neighbours'
    )


# ---------------------------------------------------------------- tags not seen in training


def test_labels_of_dev_and_test_not_seen_in_training_are_said_once_for_each_file(tmp_path):
    train = write(tmp_path / "train.conll", *SPANS)
    dev = write(tmp_path / "dev.conll", "x/B-ORG y/I-ORG", "z/B-ORG u/B-PER", "v/B-TIME")
    data = read(train, dev, train)
    assert data.unseen == [
        f'{dev}: tags not seen in training count as mistakes: "B-ORG" (line 1), "I-ORG" (line 2), '
        '"B-TIME" (line 7)'
    ]
    assert [spans_of(sentence.tags)[0].label for sentence in data.dev] == ["ORG", "ORG", "TIME"]


def test_another_scheme_in_dev_is_nothing_unseen(tmp_path):
    train = write_sentences(tmp_path / "train.conll", mark=to_bio)
    dev = write_sentences(tmp_path / "dev.conll", mark=to_bioes)
    assert read(train, dev, dev).unseen == []


def test_plain_tags_not_seen_in_training_are_said_too(tmp_path):
    train, dev = write(tmp_path / "t.conll", *["a/X b/Y"] * 3), write(tmp_path / "d.conll", "a/X c/Z")
    assert read(train, dev).unseen == [f'{dev}: tags not seen in training count as mistakes: "Z" (line 2)']


# ---------------------------------------------------------------- telling data apart


def test_the_fingerprint_tells_tokens_tags_sentences_and_splits_apart(tmp_path):
    def fingerprint(*sentences, dev=None, seed: int = 1) -> str:
        path = write(tmp_path / "s.conll", *sentences)
        return read(path, None if dev is None else write(tmp_path / "d.conll", *dev), seed=seed).fingerprint

    variants = [
        fingerprint(*SPANS),
        fingerprint("Anna/B-PER Lee/I-PER met/O Bob/B-PER", *SPANS[1:]),
        fingerprint("Anna/B-PER Lee/B-PER met/O Bo/B-PER", *SPANS[1:]),
        fingerprint(f"{SPANS[0]} {SPANS[1]}", *SPANS[2:]),
        fingerprint(*SPANS, seed=2),
        fingerprint(*SPANS, dev=SPANS[:2]),
        fingerprint(*SPANS, dev=SPANS[1:3]),
    ]
    assert len(set(variants)) == len(variants)
    assert fingerprint(*SPANS) == variants[0]
