import errno
import json
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from headgate.errors import ModelError, OutputError
from headgate.modelfile import (
    FORMAT_VERSION,
    checksum,
    pack_weights,
    read_config,
    read_model,
    refuse_to_replace,
    unpack_weights,
    write_model,
)
from headgate.runtime import load

SIZES = {"vocab_size": 14, "embedding_dim": 5, "hidden_dim": 4, "num_classes": 3}
FILES = {"config.json", "model.safetensors", "tokenizer.json", "README.md", "metrics.json"}


def content(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def change_json(path: Path, **changes) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def one_line(caught) -> str:
    message = str(caught.value)
    assert "\n" not in message
    return message


def rewrite(small, path: Path) -> None:
    """Write the model again, under another card."""
    packed = (small.path / "model.safetensors").read_bytes()
    write_model(path, small.config, packed, small.encoder.to_json(), "# Another\n", {})


def test_a_model_comes_back_as_it_was_written(make_model):
    small = make_model(cell="gru", ngrams=30, bag=True)
    assert {file.name for file in small.path.iterdir()} == FILES
    folder = read_model(small.path)
    assert folder.path == small.path
    assert folder.config == small.config
    assert folder.config.gate_order == ("reset", "update", "candidate")
    assert folder.config.gru_form == "reset_after_product"
    assert folder.tokenizer == json.loads(json.dumps(small.encoder.to_json()))
    expected = small.module.state_dict()
    assert folder.weights.keys() == expected.keys()
    for name, array in folder.weights.items():
        np.testing.assert_array_equal(array, expected[name].numpy())


def test_half_precision_halves_the_file_and_is_read_as_float32():
    weights = {"a": np.linspace(-1, 1, 500, dtype=np.float32)}
    half, full = pack_weights(weights, half=True), pack_weights(weights)
    assert len(full) - len(half) == pytest.approx(1000, abs=8)
    assert unpack_weights(half)["a"].dtype == np.float32
    np.testing.assert_allclose(unpack_weights(half)["a"], weights["a"], atol=1e-3)


def test_the_same_weights_make_the_same_bytes():
    weights = {name: np.ones((2, 3), np.float32) for name in "ba"}
    assert checksum(pack_weights(weights)) == checksum(pack_weights(dict(weights)))


def test_weights_that_are_views_are_stored_as_they_look():
    matrix = np.arange(6, dtype=np.float64).reshape(2, 3).T
    np.testing.assert_array_equal(unpack_weights(pack_weights({"a": matrix}))["a"], matrix)


def test_no_file_of_a_model_is_a_pickle(make_model):
    for name, data in content(make_model(ngrams=30).path).items():
        assert not data.startswith((b"\x80", b"PK")), name  # a pickle, and torch.save's zip around one


# ------------------------------------------------------------------ reading what is no model, or is damaged


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(ModelError) as caught:
        read_model(tmp_path / "gone")
    assert one_line(caught) == f"{tmp_path / 'gone'}: no such folder"


def test_a_folder_or_a_file_that_is_no_model_is_said_so(tmp_path):
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(ModelError) as caught:
            read_model(path)
        assert one_line(caught) == f"{path}: not a model folder: no config.json in it"


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_file_that_is_missing_is_named(name, make_model):
    path = make_model().path
    (path / name).unlink()
    with pytest.raises(ModelError) as caught:
        read_model(path)
    assert one_line(caught).startswith(f"{path / name}: cannot be read: ")


def test_truncated_weights_are_found_wherever_the_file_ends(make_model):
    weights = make_model().path / "model.safetensors"
    whole = weights.read_bytes()
    for size in (0, 1, 7, 8, 100, len(whole) // 2, len(whole) - 1):
        weights.write_bytes(whole[:size])
        with pytest.raises(ModelError) as caught:
            read_model(weights.parent)
        assert one_line(caught).startswith(f"{weights}: truncated or damaged (")


def test_weights_with_a_byte_flipped_are_found(make_model):
    weights = make_model().path / "model.safetensors"
    whole = weights.read_bytes()
    for place in (len(whole) - 1, len(whole) // 2):
        weights.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ModelError) as caught:
            read_model(weights.parent)
        assert one_line(caught) == f"{weights}: not the weights that config.json was written with (checksum)"


def test_the_weights_of_another_model_are_found(make_model, tmp_path):
    one, other = make_model(), make_model(tmp_path / "other", seed=1)
    (one.path / "model.safetensors").write_bytes((other.path / "model.safetensors").read_bytes())
    with pytest.raises(ModelError, match=r"not the weights that config\.json was written with"):
        read_model(one.path)


def test_a_newer_format_is_told_apart_from_damage(make_model):
    path = make_model().path
    change_json(path / "config.json", format_version=FORMAT_VERSION + 1, something_new=True)
    with pytest.raises(ModelError) as caught:
        read_model(path)
    assert one_line(caught) == (
        f"{path}: model format {FORMAT_VERSION + 1} is newer than {FORMAT_VERSION}, the newest that this "
        "version of Headgate reads (pip install --upgrade headgate)"
    )


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
@pytest.mark.parametrize("text", ["", "{", '{"a": 1', "nonsense", "\x00", "[" * 100_000])
def test_json_that_is_damaged_is_named(name, text, make_model):
    path = make_model().path
    (path / name).write_text(text)
    with pytest.raises(ModelError) as caught:
        read_model(path)
    assert one_line(caught).startswith(f"{path / name}: not valid JSON (")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_json_in_another_encoding_is_named(name, make_model):
    path = make_model().path
    (path / name).write_bytes('{"é": 1}'.encode("latin-1"))
    with pytest.raises(ModelError) as caught:
        read_model(path)
    assert one_line(caught).startswith(f"{path / name}: not valid JSON (")


@pytest.mark.parametrize("text", ["[]", "3", "null", '"words"'])
def test_json_that_is_no_object_is_named(text, make_model):
    path = make_model().path
    (path / "config.json").write_text(text)
    with pytest.raises(ModelError) as caught:
        read_config(path)
    assert one_line(caught) == f"{path / 'config.json'}: must hold a JSON object"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"task": "divination"}, "task"),
        ({"temperature": 0}, "temperature"),
        ({"temperature": None}, "temperature"),
        ({"labels": "yes"}, "labels"),
        ({"surprise": 1}, "surprise"),
        ({"format_version": "one"}, "format_version"),
        ({"network": SIZES | {"hidden_dim": 0}}, "network.hidden_dim"),
    ],
)
def test_a_config_that_breaks_a_rule_names_the_entry(changes, place, make_model):
    path = make_model().path
    change_json(path / "config.json", **changes)
    with pytest.raises(ModelError) as caught:
        read_config(path)
    assert one_line(caught).startswith(f"{path / 'config.json'}: {place}: ")


@pytest.mark.parametrize(("entry", "value"), [("cell", "ltsm"), ("pooling", "sum")])
def test_a_network_of_no_known_kind_is_named_with_its_file(entry, value, make_model):
    small = make_model()
    change_json(small.path / "config.json", network=asdict(small.config.network) | {entry: value})
    with pytest.raises(ModelError) as caught:
        load(small.path)
    assert one_line(caught).startswith(f"{small.path / 'config.json'}: network.{entry}: ")
    assert value in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "changes"),
    [
        ("lstm", {"gate_order": ["input", "output", "forget", "candidate"]}),
        ("gru", {"gru_form": "reset_before_product"}),
        ("lstm", {"gru_form": "reset_after_product"}),
    ],
)
def test_weights_that_are_to_be_read_in_another_way_are_refused(cell, changes, make_model):
    path = make_model(cell=cell).path
    change_json(path / "config.json", golden=[], **changes)
    with pytest.raises(ModelError) as caught:
        read_config(path)
    assert next(iter(changes)) in one_line(caught)


@pytest.mark.parametrize("characters", [None, "convolution", "lstm"])
def test_a_tagger_comes_back_as_it_was_written(characters, make_tagger):
    small = make_tagger(characters=characters, crf=True, bidirectional=False, lookahead=2)
    folder = read_model(small.path)
    assert folder.config == small.config
    expected = small.module.state_dict()
    assert folder.weights.keys() == expected.keys()
    for name, array in folder.weights.items():
        np.testing.assert_array_equal(array, expected[name].numpy())


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"num_tags": 0}, "network.num_tags"),
        ({"lookahead": 1}, "network.lookahead"),  # in a bidirectional network
        ({"lookahead": True}, "network.lookahead"),
        ({"crf": 1}, "network.crf"),
        ({"pooling": "max"}, "network.pooling"),  # a classifier's
        ({"characters": "lstm"}, "network.characters"),
        ({"characters": {}}, "network.characters.encoder"),
        ({"characters": {"encoder": "glyphs"}}, "network.characters.encoder"),
        ({"characters": {"features": 3}}, "network.characters.encoder"),
        ({"characters": {"alphabet_size": 1}}, "network.characters.alphabet_size"),
        ({"characters": {"dim": "3"}}, "network.characters.dim"),
        ({"characters": {"width": 5}}, "network.characters.width"),
    ],
    ids=str,
)
def test_a_taggers_network_that_breaks_a_rule_names_the_entry(changes, place, make_tagger):
    small = make_tagger(characters="lstm")
    network = asdict(small.config.network)
    if changes.get("characters"):
        whole = network["characters"]
        changes = {
            "characters": changes["characters"]
            if isinstance(changes["characters"], str)
            else whole | changes["characters"]
        }
    change_json(small.path / "config.json", network=network | changes)
    with pytest.raises(ModelError) as caught:
        load(small.path)
    assert one_line(caught).startswith(f"{small.path / 'config.json'}: {place}: ")


@pytest.mark.parametrize(
    "options",
    [{}, {"attention": "additive", "input_feeding": True, "layers": 2}, {"shared": True, "tied": True}],
    ids=str,
)
def test_a_translator_comes_back_as_it_was_written(options, make_translator):
    small = make_translator(**options)
    folder = read_model(small.path)
    assert folder.config == small.config
    assert folder.config.network.encoder.output_dim == folder.config.network.hidden_dim
    assert folder.tokenizer == json.loads(json.dumps(small.encoder.to_json()))
    expected = small.module.state_dict()
    assert folder.weights.keys() == expected.keys()
    for name, array in folder.weights.items():
        np.testing.assert_array_equal(array, expected[name].numpy())


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"target_vocab_size": 1}, "network.target_vocab_size"),
        ({"target_vocab_size": "12"}, "network.target_vocab_size"),
        ({"hidden_dim": 7}, "network.hidden_dim"),  # in a bidirectional network
        ({"attention": "luong"}, "network.attention"),
        ({"attention": None}, "network.attention"),
        ({"attention": "none"}, "network.input_feeding"),
        ({"input_feeding": 1}, "network.input_feeding"),
        ({"shared": True}, "network.shared"),  # of sides with vocabularies of their own
        ({"tied": "yes"}, "network.tied"),
        ({"ngram_buckets": 5}, "network.ngram_buckets"),
        ({"pooling": "max"}, "network.pooling"),  # a classifier's
    ],
    ids=str,
)
def test_a_translators_network_that_breaks_a_rule_names_the_entry(changes, place, make_translator):
    small = make_translator(attention="dot", input_feeding=True)
    change_json(small.path / "config.json", network=asdict(small.config.network) | changes)
    with pytest.raises(ModelError) as caught:
        load(small.path)
    assert one_line(caught).startswith(f"{small.path / 'config.json'}: {place}: ")


def test_a_translator_without_a_number_of_target_ids_is_refused(make_translator):
    small = make_translator()
    network = asdict(small.config.network)
    del network["target_vocab_size"]
    change_json(small.path / "config.json", network=network)
    with pytest.raises(ModelError) as caught:
        load(small.path)
    assert one_line(caught) == f"{small.path / 'config.json'}: network.target_vocab_size: is missing"


# ------------------------------------------------------------------ writing


def test_a_model_is_replaced_whole(make_model, tmp_path):
    small = make_model()
    rewrite(small, small.path)
    assert (small.path / "README.md").read_text() == "# Another\n"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_missing_parents_are_made(make_model, tmp_path):
    rewrite(make_model(), tmp_path / "a" / "b" / "model")
    assert {path.name for path in (tmp_path / "a" / "b").iterdir()} == {"model"}


@pytest.mark.parametrize("failing", ["write_bytes", "write_text", "mkdir"])
def test_a_full_disk_leaves_the_old_model_and_nothing_else(failing, make_model, tmp_path, monkeypatch):
    small = make_model()
    before = content(tmp_path)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, failing, full)
        with pytest.raises(OutputError) as caught:
            rewrite(small, small.path)
    assert one_line(caught) == f"{small.path}: cannot write the model: No space left on device"
    assert content(tmp_path) == before
    load(small.path)


@pytest.mark.parametrize("failing", [1, 2])
def test_a_rename_that_fails_leaves_the_old_model_and_nothing_else(
    failing, make_model, tmp_path, monkeypatch
):
    small = make_model()
    before, calls, rename = content(tmp_path), [], Path.rename

    def fragile(self, target):
        calls.append(target)
        if len(calls) == failing:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fragile)
        with pytest.raises(OutputError, match="cannot write the model: Permission denied"):
            rewrite(small, small.path)
    assert content(tmp_path) == before


def test_an_interruption_leaves_the_old_model_and_nothing_else(make_model, tmp_path, monkeypatch):
    small = make_model()
    before = content(tmp_path)

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", interrupted)
        with pytest.raises(KeyboardInterrupt):
            rewrite(small, small.path)
    assert content(tmp_path) == before


def test_a_folder_that_is_no_model_is_never_replaced(make_model, tmp_path):
    small = make_model()
    precious = tmp_path / "thesis"
    precious.mkdir()
    (precious / "chapter.tex").write_text("years of work")
    (tmp_path / "file").write_text("as much")
    before = content(tmp_path)
    for path in (precious, tmp_path / "file"):
        with pytest.raises(ModelError) as caught:
            rewrite(small, path)
        assert one_line(caught) == (
            f"{path}: exists and is not a model; it is left as it is (choose another folder)"
        )
    assert content(tmp_path) == before


def test_an_empty_folder_or_none_may_be_written_to(make_model, tmp_path):
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "none"):
        refuse_to_replace(path)
        rewrite(make_model(tmp_path / "first"), path)
        load(path)
