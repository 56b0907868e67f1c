import pytest

from headgate.errors import DataError
from headgate.runtime import evaluate, load


def test_a_model_is_measured_on_a_file(make_model, tmp_path):
    model = load(make_model().path)
    texts = ["good good", "bad", "", "the film was odd", "!"]
    answers = [model.predict(text).label for text in texts]
    wrong = next(label for label in model.labels if label != answers[-1])
    gold = [*answers[:-1], wrong]
    lines = [f'"{text}",{label}' for text, label in zip(texts, gold, strict=True)]
    (tmp_path / "data.csv").write_text("\n".join(["review,stars", *lines]) + "\n")
    metrics = evaluate(model, tmp_path / "data.csv", text_column="review", label_column="stars")
    assert metrics.examples == 5
    assert metrics.accuracy == pytest.approx(0.8)


def test_a_label_that_the_model_does_not_know_is_named_with_its_line(make_model, tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("text,label\nfine,good\nhm,mediocre\n")
    with pytest.raises(DataError, match="mediocre") as caught:
        evaluate(load(make_model().path), path)
    assert str(caught.value).startswith(f"{path} line 3: ")
