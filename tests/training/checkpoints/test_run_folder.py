import json

import pytest

from headgate.errors import ConfigError, ModelError
from headgate.training import TrainingInterrupted
from tests.training.small_runs import InterruptionAt, log_of, train_small, weights_of, write_texts


@pytest.fixture
def interrupted(tmp_path, monkeypatch):
    """A run that was stopped after its first epoch."""
    monkeypatch.setattr("headgate.training.loop.Interruption", InterruptionAt(7))
    with pytest.raises(TrainingInterrupted):
        train_small(tmp_path)
    monkeypatch.undo()
    return tmp_path / "run"


def content_of(folder) -> dict:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_an_unfinished_run_is_not_overwritten(interrupted):
    before = content_of(interrupted)
    with pytest.raises(ConfigError) as caught:
        train_small(interrupted.parent)
    assert str(caught.value) == (
        f"{interrupted} holds an unfinished run (continue it with --resume, or choose another --out)"
    )
    assert content_of(interrupted) == before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hidden": 9}, "had hidden = 8; got hidden = 9 (resume with the same data"),
        ({"seed": 5}, "had seed = 1, "),  # and the dev split, which follows from it
        ({"bag": False}, "had bag = True; got bag = False"),
        ({"cell": "gru", "layers": 2}, "had cell = 'lstm', layers = 1; got cell = 'gru', layers = 2"),
    ],
)
def test_a_run_is_not_resumed_with_other_settings(interrupted, changed, said):
    before = content_of(interrupted)
    with pytest.raises(ConfigError) as caught:
        train_small(interrupted.parent, resume=True, **changed)
    assert said in str(caught.value)
    assert "(resume with the same data and settings, or choose another --out)" in str(caught.value)
    assert content_of(interrupted) == before


def test_a_run_is_not_resumed_with_other_data(interrupted):
    write_texts(interrupted.parent / "texts.csv", extra=" indeed")
    with pytest.raises(ConfigError, match=r"the run to resume had .*\bdata = "):
        train_small(interrupted.parent, resume=True)


def test_a_run_is_not_resumed_with_other_vectors(interrupted):
    vectors = interrupted.parent / "vectors.txt"
    vectors.write_text("film" + " 0.5" * 8 + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"the run to resume had .*\bembeddings = None"):
        train_small(interrupted.parent, resume=True, embeddings=vectors)


def test_a_finished_run_can_be_replaced(tmp_path):
    first = weights_of(train_small(tmp_path))
    assert weights_of(train_small(tmp_path, seed=2)) != first
    assert [event["event"] for event in log_of(tmp_path / "run")] == ["start", "epoch", "epoch", "finish"]


def test_the_finished_model_stays_while_another_run_replaces_it(tmp_path, monkeypatch):
    first = weights_of(train_small(tmp_path))
    monkeypatch.setattr("headgate.training.loop.Interruption", InterruptionAt(3))
    with pytest.raises(TrainingInterrupted):
        train_small(tmp_path, seed=2)
    assert weights_of(tmp_path / "run") == first


@pytest.mark.parametrize("name", ["notes.txt", "settings.json", "config.json"])
def test_a_folder_that_is_no_run_is_left_as_it_is(tmp_path, name):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / name).write_text('{"editor.fontSize": 12}', encoding="utf-8")
    before = content_of(folder)
    with pytest.raises(ModelError) as caught:
        train_small(tmp_path)
    assert str(caught.value) == (
        f"{folder}: exists and is not a training run; it is left as it is (choose another --out)"
    )
    assert content_of(folder) == before


def test_a_finished_model_is_no_run(tmp_path):
    model = train_small(tmp_path) / "model"
    before = content_of(model)
    with pytest.raises(ModelError, match="exists and is not a training run"):
        train_small(tmp_path, "run/model")
    assert content_of(model) == before


def test_a_file_is_no_run_folder(tmp_path):
    (tmp_path / "run").write_text("mine", encoding="utf-8")
    with pytest.raises(ModelError, match="exists and is not a training run"):
        train_small(tmp_path)
    assert (tmp_path / "run").read_text(encoding="utf-8") == "mine"


def test_an_empty_folder_may_be_a_run(tmp_path):
    (tmp_path / "run").mkdir()
    assert (train_small(tmp_path) / "model").is_dir()


def test_resume_without_a_run_begins_one(tmp_path):
    assert (train_small(tmp_path, resume=True) / "model").is_dir()


def test_a_line_that_a_kill_cut_off_is_dropped_from_the_log(interrupted):
    with (interrupted / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"event": "epo')
    train_small(interrupted.parent, resume=True)
    assert [event["event"] for event in log_of(interrupted)] == ["start", "epoch", "start", "epoch", "finish"]


def test_the_settings_of_a_run_are_kept_beside_it(tmp_path):
    settings = json.loads((train_small(tmp_path) / "settings.json").read_text(encoding="utf-8"))
    assert (settings["hidden"], settings["cell"], settings["processes"]) == (8, "lstm", 1)
