from pathlib import Path

import huggingface_hub
import pytest

from headgate.errors import ModelError
from headgate.modelfile import bundled_models, locate_model
from headgate.runtime import load


@pytest.fixture
def bundled(tmp_path, monkeypatch, make_model) -> Path:
    """A package with one bundled model, "tiny", and a working folder that is empty."""
    folder = tmp_path / "bundled"
    make_model(folder / "tiny")
    (folder / "leftover").mkdir()
    monkeypatch.setattr("headgate.modelfile.locate.BUNDLED", folder)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return folder


@pytest.fixture
def hub(tmp_path, monkeypatch, make_model):
    """A hub that holds "someone/tiny", on this machine."""
    small = make_model(tmp_path / "cache" / "tiny")
    asked = []

    def snapshot_download(repo_id, *, allow_patterns):
        asked.append((repo_id, sorted(allow_patterns)))
        if repo_id != "someone/tiny":
            raise OSError(f"404: there is no {repo_id}\nRequest id: 7\nTry to log in")
        return str(small.path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return asked


def test_a_bundled_model_is_found_by_its_name(bundled):
    assert bundled_models() == ["tiny"]
    assert locate_model("tiny") == bundled / "tiny"
    assert load("tiny").predict("good").label


def test_a_folder_of_the_same_name_comes_first(bundled, make_model):
    make_model(Path("tiny"), seed=3)
    assert locate_model("tiny") == Path("tiny")


def test_a_hub_id_fetches_the_files_of_a_model_and_no_others(bundled, hub):
    assert load("someone/tiny").predict("good").label
    files = ["README.md", "config.json", "metrics.json", "model.safetensors", "tokenizer.json"]
    assert hub == [("someone/tiny", files)]


def test_a_folder_with_a_slash_in_its_name_comes_before_the_hub(bundled, hub, make_model):
    make_model(Path("someone/tiny"))
    assert locate_model("someone/tiny") == Path("someone/tiny")
    assert hub == []


def test_a_model_the_hub_has_not_is_one_line(bundled, hub):
    with pytest.raises(ModelError) as caught:
        load("someone/else")
    assert str(caught.value) == (
        "someone/else: no such folder, and it cannot be fetched from the hub: 404: there is no someone/else"
    )


@pytest.mark.parametrize("name", ["huge", "./tiny", "a/b/c", "/someone/tiny", "~/tiny", "../tiny"])
def test_any_other_name_lists_the_bundled_models(name, bundled, hub):
    with pytest.raises(ModelError) as caught:
        locate_model(name)
    assert str(caught.value) == (
        f"{name}: no such model: give a folder, a hub id (owner/name) or a bundled model: tiny"
    )
    assert hub == []


def test_the_folder_of_a_finished_run_is_the_model_in_it(tmp_path, make_model):
    small = make_model(tmp_path / "run" / "model")
    assert locate_model(tmp_path / "run") == small.path
    assert load(str(tmp_path / "run")).predict("good").label


def test_a_run_that_was_interrupted_says_how_to_go_on(tmp_path):
    (tmp_path / "run" / "checkpoint").mkdir(parents=True)
    with pytest.raises(ModelError) as caught:
        load(tmp_path / "run")
    assert str(caught.value) == (
        f"{tmp_path / 'run'}: training was interrupted before there was a model (continue it with --resume)"
    )


def test_any_other_folder_is_no_model(tmp_path):
    with pytest.raises(ModelError, match=r"not a model folder: no config\.json in it"):
        load(tmp_path)
