import json
from dataclasses import asdict

import numpy as np
import pytest

import headgate
from headgate.errors import ModelError
from headgate.modelfile import checksum, pack_weights, read_model
from headgate.runtime import Classifier, load
from tests.conftest import LABELS


def change_json(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def refused(path) -> str:
    with pytest.raises(ModelError) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_headgate_load_is_the_runtimes(make_model):
    path = make_model().path
    model = headgate.load(path)
    assert isinstance(model, Classifier)
    assert model.labels == LABELS
    assert model.predict("good") == load(str(path)).predict("good")


def test_one_text_gives_one_answer_and_many_give_a_list(make_model):
    model = load(make_model().path)
    assert [answer.label for answer in model.predict(["good", "bad"])] == [
        model.predict("good").label,
        model.predict("bad").label,
    ]
    np.testing.assert_array_equal(
        model.probabilities(["good", "bad"]),
        [list(answer.scores.values()) for answer in model.predict(["good", "bad"])],
    )


def test_the_golden_answers_are_those_of_the_model(make_model):
    small = make_model(ngrams=30, bag=True)
    model = load(small.path)
    for golden in small.config.golden:
        assert list(model.predict(golden.text).scores.values()) == pytest.approx(golden.scores, abs=1e-6)


CHANGED = (
    "the model does not give the answers it was written with: its words, config or weights have been changed"
)


def test_words_that_were_changed_are_found(make_model):
    path = make_model().path
    words = json.loads((path / "tokenizer.json").read_text())["words"]
    change_json(path / "tokenizer.json", words=words[1:] + words[:1])
    assert refused(path) == f"{path}: {CHANGED}"


@pytest.mark.parametrize(
    "change", [{"temperature": 1.6}, {"golden": [{"text": "good", "scores": [0.2, 0.3, 0.5]}]}]
)
def test_a_config_that_was_changed_is_found(change, make_model):
    path = make_model().path
    change_json(path / "config.json", **change)
    assert refused(path) == f"{path}: {CHANGED}"


@pytest.mark.parametrize("entry", [{"pooling": "max+mean"}, {"cell": "original_gru"}])
def test_a_network_of_another_kind_with_weights_of_the_same_shape_is_found(entry, make_model):
    small = make_model(cell="gru")
    changes = {"network": asdict(small.config.network) | entry}
    if "cell" in entry:
        changes["gru_form"] = "reset_before_product"
    change_json(small.path / "config.json", **changes)
    assert refused(small.path) == f"{small.path}: {CHANGED}"


@pytest.mark.parametrize("scores", [[0.5, 0.5], [float("nan")] * 3, [0.5, 0.5, float("inf")], []])
def test_golden_answers_that_cannot_be_compared_are_found(scores, make_model):
    path = make_model().path
    golden = json.loads((path / "config.json").read_text())["golden"]
    golden[0]["scores"] = scores
    change_json(path / "config.json", golden=golden)
    assert refused(path).startswith(f"{path / 'config.json'}: golden")


def test_words_and_labels_that_do_not_fit_the_network_are_found(make_model, tmp_path):
    changes = {
        "words": ("tokenizer.json", {"words": ["one"]}),
        "labels": ("config.json", {"labels": ["yes", "no"], "golden": []}),
    }
    for what, (file, change) in changes.items():
        path = make_model(tmp_path / what).path
        change_json(path / file, **change)
        assert refused(path) == f"{path}: the config does not fit its own {what}"


@pytest.mark.parametrize(
    "change",
    [
        {"ngrams": None},
        {"pairs": None},
        {"ngrams": {"buckets": 999}},
        {"pairs": []},
        {"pairs": [[2, word] for word in range(2, 14)]},
    ],
    ids=str,
)
def test_features_that_do_not_fit_the_network_are_found(change, make_model):
    path = make_model(ngrams=30, bag=True).path
    change_json(path / "tokenizer.json", **change)
    assert refused(path).startswith(str(path))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "bytes"},
        {"words": None},
        {"words": [["the"]] * 12},
        {"ngrams": {"bucket": 1}},
        {"ngrams": 7},
        {"pairs": [1]},
    ],
    ids=str,
)
def test_a_tokeniser_that_is_damaged_is_named(change, make_model):
    path = make_model(ngrams=30, bag=True).path
    change_json(path / "tokenizer.json", **change)
    assert refused(path).startswith(f"{path / 'tokenizer.json'}: ")


def test_weights_that_are_missing_or_of_another_shape_are_named(make_model, tmp_path):
    def store(path, weights):
        packed = pack_weights(weights)
        (path / "model.safetensors").write_bytes(packed)
        change_json(path / "config.json", weights_sha256=checksum(packed))
        return path

    small = make_model()
    weights = dict(read_model(small.path).weights)
    bias = weights.pop("output.bias")
    assert "no weight 'output.bias', which the config calls for" in refused(store(small.path, weights))
    weights["output.bias"] = bias[:2]
    assert "output.bias has shape (2,); the config says (3,)" in refused(store(small.path, weights))


def test_a_model_stored_in_half_precision_runs(make_model, tmp_path):
    half, full = (make_model(tmp_path / str(half), half=half, ngrams=30) for half in (True, False))
    texts = ["the film was good", ""]
    found, expected = (load(small.path).probabilities(texts) for small in (half, full))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-2)
    assert not np.array_equal(found, expected)
