import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headgate.tasks import Classification, classify, probabilities

LOGITS = hnp.arrays(
    np.float32,
    st.tuples(st.integers(0, 5), st.integers(2, 4)),
    elements=st.floats(-1e6, 1e6, width=32),
)


@given(logits=LOGITS, temperature=st.floats(0.05, 20))
def test_probabilities_sum_to_one_and_keep_the_order_of_the_logits(logits, temperature):
    found = probabilities(logits, temperature)
    assert found.dtype == np.float64
    assert np.all((found >= 0) & (found <= 1))
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    for row, sure in zip(logits, found, strict=True):
        assert sure[row.argmax()] == sure.max()


@given(logits=LOGITS)
def test_the_most_probable_label_is_the_answer_and_the_first_wins_a_tie(logits):
    labels = [f"label {place}" for place in range(logits.shape[1])]
    for row, answer in zip(probabilities(logits, 2.0), classify(logits, labels, 2.0), strict=True):
        assert answer.label == labels[int(row.argmax())]
        assert answer.score == row.max()
        assert list(answer.scores) == labels
        assert list(answer.scores.values()) == row.tolist()


def test_a_temperature_of_one_is_softmax():
    np.testing.assert_allclose(probabilities(np.log([[1.0, 3.0]]), 1.0), [[0.25, 0.75]])
    np.testing.assert_allclose(probabilities(np.log([[1.0, 9.0]]), 2.0), [[0.25, 0.75]])


def test_the_record_of_an_answer():
    answer = Classification("yes", 0.75, {"no": 0.25, "yes": 0.75})
    assert answer.to_json("hm") == {
        "text": "hm",
        "label": "yes",
        "score": 0.75,
        "scores": {"no": 0.25, "yes": 0.75},
    }
