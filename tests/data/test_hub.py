import sys

import pytest

from headgate.data import LabelledText, hub_rows, is_hub_id, read_labelled
from headgate.errors import DataError, MissingExtraError


@pytest.fixture
def hub(monkeypatch):
    """Stands in for the hub: give it what `load_dataset` is to return or raise; it keeps what was asked."""
    datasets = pytest.importorskip("datasets")

    class Hub:
        asked: list[tuple[str, str | None]]
        answer: object = None

        def __init__(self):
            self.asked = []

        def load(self, name, split=None):
            self.asked.append((name, split))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer if split is None else self.answer[split]

    stand_in = Hub()
    monkeypatch.setattr(datasets, "load_dataset", stand_in.load)
    return stand_in


def dataset(labels, texts=("good", "bad", "")):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        id=datasets.Value("int64"),
        text=datasets.Value("string"),
        label=datasets.ClassLabel(names=["neg", "pos"]),
    )
    rows = {"id": list(range(len(texts))), "text": list(texts), "label": labels}
    return datasets.Dataset.from_dict(rows, features=features)


def splits(**named):
    return pytest.importorskip("datasets").DatasetDict(named)


def message(spec) -> str:
    with pytest.raises(DataError) as caught:
        list(read_labelled(spec))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_class_numbers_become_the_names_of_their_classes(hub):
    hub.answer = splits(test=dataset([0, 0, 0]), train=dataset([1, 0, 1]))
    expected = [LabelledText("good", "pos", 1), LabelledText("bad", "neg", 2), LabelledText("", "pos", 3)]
    assert list(read_labelled("owner/reviews")) == expected
    assert hub.asked == [("owner/reviews", None)]


def test_rows_of_the_hub_keep_their_order_and_number_over_batches(hub):
    hub.answer = splits(train=dataset([0] * 2500, [str(number) for number in range(1, 2501)]))
    rows = list(hub_rows("hub:reviews", ["id", "text"]))
    assert [row.values for row in rows] == [(str(n - 1), str(n)) for n in range(1, 2501)]
    assert [row.line for row in rows] == list(range(1, 2501))
    assert hub.asked == [("reviews", None)]


def test_a_split_stands_after_a_colon(hub):
    hub.answer = {"test[:10%]": dataset([0, 0, 1])}
    assert [row.label for row in read_labelled("owner/reviews:test[:10%]")] == ["neg", "neg", "pos"]
    assert hub.asked == [("owner/reviews", "test[:10%]")]


def test_the_only_split_needs_no_name(hub):
    hub.answer = splits(test=dataset([0, 0, 1]))
    assert len(list(read_labelled("owner/reviews"))) == 3


def test_of_several_splits_without_train_one_must_be_named(hub):
    hub.answer = splits(test=dataset([0, 0, 1]), dev=dataset([0, 0, 1]))
    expected = "no split is named; splits are test, dev (write owner/reviews:SPLIT)"
    assert message("owner/reviews") == f"owner/reviews: {expected}"


def test_a_missing_column_of_the_hub_names_the_option(hub):
    hub.answer = splits(train=dataset([0, 0, 1]).rename_columns({"label": "mood", "id": "text id"}))
    said = (
        'owner/reviews: no column "label"; columns are "text id", "text", "mood" (use --label-column COLUMN)'
    )
    assert message("owner/reviews") == said


def test_no_label_on_the_hub_is_null(hub):
    for none in (-1, None):
        hub.answer = splits(train=dataset([0, none, 1]))
        assert message("owner/reviews").startswith('owner/reviews line 2: column "label" is null')


def test_a_failed_download_is_one_clear_line(hub):
    hub.answer = ConnectionError("Couldn't reach the hub\nand a long story")
    expected = "no such file here, and the dataset cannot be loaded from the hub: Couldn't reach the hub"
    assert message("owner/reviews:test") == f"owner/reviews:test: {expected}"
    hub.answer = RuntimeError()
    assert message("owner/reviews").endswith("from the hub: RuntimeError")


def test_without_datasets_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r'reading hub datasets .*pip install "headgate\[data\]"'):
        list(read_labelled("owner/reviews"))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("owner/name", True),
        ("owner/name:test", True),
        ("SetFit/sst-2.v1:train[:10%]", True),
        ("hub:imdb", True),
        ("hub:owner/name.csv:test", True),
        ("name", False),
        ("-", False),
        ("reviews.csv", False),
        ("data/reviews.csv", False),
        ("data/reviews.csv.gz", False),
        ("./data/reviews", False),
        ("../reviews", False),
        ("/owner/name", False),
        ("a/b/c", False),
        ("owner/na me", False),
        ("owner/name:", False),
        ("hub:", False),
        ("", False),
    ],
)
def test_an_id_of_the_hub_is_told_from_a_file(spec, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_hub_id(spec) is expected


def test_a_file_that_is_there_is_never_the_hub(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner").mkdir()
    (tmp_path / "owner" / "name").write_text("x")
    assert not is_hub_id("owner/name")
