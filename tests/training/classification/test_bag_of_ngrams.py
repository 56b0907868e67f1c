import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from headgate.tasks import probabilities
from headgate.text import TextEncoder, Vocabulary, count_words
from headgate.training.classification.bag_of_ngrams import (
    INVERSE_REGULARISATION,
    NAIVE_BAYES_SHARE,
    PRIOR_OF_FEATURES,
    SPELLING,
    BagOfNgrams,
    find_word_pairs,
)

TEXTS = [
    "good film",
    "not good film",
    "a good good plot",
    "bad film",
    "not bad film",
    "a bad plot not good",
    "",
    "plot film plot film a",
    "odd",
    "a odd film not odd",
]
LABELS = np.array([1, 0, 1, 0, 1, 0, 1, 0, 2, 2])
UNSEEN = ["good good odd film", "", "unheard", "not unheard odd plot plot"]


def fitted(
    texts, labels, most: int = 100, vectors: dict[str, list[float]] | None = None
) -> tuple[TextEncoder, BagOfNgrams]:
    vocabulary = Vocabulary.from_counts(count_words([*texts, *(vectors or {})]).counts)
    pairs = find_word_pairs(vocabulary, texts, most)
    encoder = TextEncoder(vocabulary, bag=pairs)
    table = None
    if vectors is not None:
        table = np.zeros((len(vocabulary), len(next(iter(vectors.values())))), np.float32)
        for word, vector in vectors.items():
            table[vocabulary.id(word)] = vector
    return encoder, BagOfNgrams(encoder.encode(texts), labels, pairs, int(labels.max()) + 1, table)


def features_of(texts: list[str], known: set[str]) -> list[dict[str, float]]:
    """The oracle's features: how often a known word or pair occurs, over the square root of the length."""
    rows = []
    for text in texts:
        words = text.split()
        things = [*words, *map(" ".join, itertools.pairwise(words))]
        rows.append(
            {thing: things.count(thing) / max(1, len(words)) ** 0.5 for thing in things if thing in known}
        )
    return rows


def oracle(
    train: list[str], labels: np.ndarray, texts: list[str], vectors: dict[str, list[float]] | None = None
) -> np.ndarray:
    """Probabilities from a matrix that is written out: scikit-learn's regression, and naive Bayes by hand."""
    vectors = vectors or {}
    middle = np.mean(list(vectors.values()), axis=0) if vectors else np.zeros(0)
    directions = {
        word: (np.array(vector) - middle) / np.linalg.norm(np.array(vector) - middle)
        for word, vector in vectors.items()
    }
    known = {thing for row in features_of(train, AnyOf()) for thing in row}
    rows = features_of(train, known)
    holding = {thing: sum(thing in row for row in rows) for thing in known}
    rarity = {thing: np.log((1 + len(train)) / (1 + count)) + 1 for thing, count in holding.items()}
    mean = np.mean([rarity[thing] for row in rows for thing in row])
    rarest = np.log(1 + len(train)) + 1
    columns = sorted(known)
    words = {thing for thing in known | set(directions) if " " not in thing}

    def weighed(row: dict[str, float], thing: str) -> float:
        return row.get(thing, 0.0) * rarity.get(thing, rarest) / (2**0.5 * mean)

    def matrix(those: list[str]) -> np.ndarray:
        rows = []
        for row in features_of(those, known | set(directions)):
            along = sum(
                (weighed(row, word) * direction for word, direction in directions.items()), middle * 0
            )
            spelt = sum((weighed(row, word) * spelling(word) for word in words), spelling("") * 0)
            rows.append([*(weighed(row, thing) for thing in columns), *spelt, *along])
        return np.array(rows)

    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=10_000, tol=1e-8).fit(matrix(train), labels)
    bayes = naive_bayes(features_of(train, known), labels)
    scores = model.predict_log_proba(matrix(texts))
    for score, row in zip(scores, features_of(texts, known), strict=True):
        score += NAIVE_BAYES_SHARE * sum((row[thing] * bayes[thing] for thing in row), 0 * score)
    return probabilities(scores, 1.0)


def spelling(word: str) -> np.ndarray:
    """How often a word has each n-gram, over the square root of how many it has."""
    ids = SPELLING.ids(word)
    return np.bincount(ids, minlength=SPELLING.buckets + 1) / len(ids) ** 0.5


def naive_bayes(rows: list[dict[str, float]], labels: np.ndarray) -> dict[str, np.ndarray]:
    """log p(thing | class) / p(thing) of each thing, from the texts of a class that have it."""
    things = sorted({thing for row in rows for thing in row})
    having = np.array([[thing in row for thing in things] for row in rows])
    anywhere = (having.sum(axis=0) + 1) / (having.sum() + len(things))
    prior = PRIOR_OF_FEATURES * len(things)
    weights = [
        np.log((of_class.sum(axis=0) + prior * anywhere) / (of_class.sum() + prior) / anywhere)
        for of_class in (having[labels == label] for label in sorted(set(labels)))
    ]
    return dict(zip(things, np.array(weights).T, strict=True))


@pytest.fixture
def fitted_to_the_end(monkeypatch):
    monkeypatch.setattr("headgate.training.classification.bag_of_ngrams.TOLERANCE", 1e-6)


class AnyOf:
    def __contains__(self, thing: object) -> bool:
        return True


@pytest.mark.parametrize("classes", [2, 3])
def test_it_equals_regression_and_naive_bayes_over_the_features_written_out(classes, fitted_to_the_end):
    keep = [place for place, label in enumerate(LABELS) if label < classes]
    texts, labels = [TEXTS[place] for place in keep], LABELS[keep]
    encoder, bag = fitted(texts, labels)
    asked = texts + UNSEEN
    found = probabilities(bag.logits(encoder.encode(asked)), 1.0)
    np.testing.assert_allclose(found, oracle(texts, labels, asked), atol=1e-3)


VECTORS = {
    "good": [1.0, 0.2, 0.0],
    "bad": [-1.0, 0.1, 0.3],
    "film": [0.0, 1.0, 0.0],
    "plot": [0.1, 1.1, 0.2],
    "splendid": [0.9, 0.3, 0.1],
    "dreadful": [-0.9, 0.1, 0.2],
}


@pytest.mark.parametrize("classes", [2, 3])
def test_with_vectors_the_regression_is_over_their_sums_beside_the_words(classes, fitted_to_the_end):
    keep = [place for place, label in enumerate(LABELS) if label < classes]
    texts, labels = [TEXTS[place] for place in keep], LABELS[keep]
    encoder, bag = fitted(texts, labels, vectors=VECTORS)
    asked = [*texts, *UNSEEN, "splendid dreadful film", "dreadful"]
    found = probabilities(bag.logits(encoder.encode(asked)), 1.0)
    np.testing.assert_allclose(found, oracle(texts, labels, asked, VECTORS), atol=1e-3)


def test_a_word_that_no_labelled_text_has_weighs_like_those_it_keeps_company_with():
    texts = ["good film", "good plot", "a good one", "bad film", "bad plot", "a bad one"]
    encoder, bag = fitted(texts, np.array([1, 1, 1, 0, 0, 0]), vectors=VECTORS)
    splendid, dreadful, film = bag.logits(encoder.encode(["splendid", "dreadful", "film"])) - bag.bias
    assert splendid[1] - splendid[0] > 0.5
    assert dreadful[1] - dreadful[0] < -0.5
    assert abs(film[1] - film[0]) < 0.2


def test_a_word_weighs_like_those_it_is_spelt_like():
    texts = ["joyful film", "a joyful plot", "joyful", "hateful film", "a hateful plot", "hateful"]
    vocabulary = Vocabulary.from_counts(count_words([*texts, "joyfully hatefully"]).counts)
    pairs = find_word_pairs(vocabulary, texts, 100)
    encoder = TextEncoder(vocabulary, bag=pairs)
    bag = BagOfNgrams(encoder.encode(texts), np.array([1, 1, 1, 0, 0, 0]), pairs, 2)
    joyfully, hatefully = bag.logits(encoder.encode(["joyfully", "hatefully"])) - bag.bias
    assert joyfully[1] - joyfully[0] > 0.5
    assert hatefully[1] - hatefully[0] < -0.5


def test_where_there_are_texts_enough_words_speak_for_themselves(monkeypatch):
    monkeypatch.setattr("headgate.training.classification.bag_of_ngrams.ENOUGH_TEXTS", len(TEXTS))
    encoder, bag = fitted(TEXTS, LABELS, vectors=VECTORS)
    asked = encoder.encode(["splendid", ""])
    np.testing.assert_array_equal(*bag.logits(asked))


def test_an_unknown_text_gets_what_the_empty_text_gets():
    encoder, bag = fitted(TEXTS, LABELS)
    empty, unknown = bag.logits(encoder.encode(["", "never heard before"]))
    np.testing.assert_allclose(empty, bag.bias)
    np.testing.assert_allclose(unknown, bag.bias)


def test_no_more_pairs_are_known_than_are_asked_for():
    for most in (0, 1, 3):
        encoder, _ = fitted(TEXTS, LABELS, most)
        assert len(encoder.bag.pairs) == most


@settings(deadline=None, max_examples=25)
@given(
    texts=st.lists(st.lists(st.sampled_from("abcd")).map(" ".join), min_size=4, max_size=12),
    seed=st.integers(0, 9),
)
def test_any_texts_can_be_fitted(texts, seed):
    texts = [*texts, "a"]
    labels = np.random.default_rng(seed).integers(0, 2, len(texts))
    labels[:2] = 0, 1
    encoder, bag = fitted(texts, labels)
    assert np.isfinite(bag.logits(encoder.encode(texts))).all()
