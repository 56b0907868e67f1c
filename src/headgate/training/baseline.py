"""The yardstick of every training run: a linear model over a bag of word n-grams, fitted in seconds.

On many datasets it is hard to beat (Wang & Manning 2012). Whoever trains a network should see whether the
network earns its keep.
"""

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from headgate.text import split_words, word_key

MOST_FEATURES = 200_000
INVERSE_REGULARISATION = 10.0


class BagOfNgrams:
    """Logistic regression over tf-idf weights of words and pairs of words (scikit-learn's, our tokens)."""

    def __init__(self, texts: list[str], labels: Int[NDArray[np.int64], " texts"], classes: int) -> None:
        self._classes = classes
        self._features = TfidfVectorizer(
            analyzer=words_and_pairs,
            sublinear_tf=True,
            max_features=MOST_FEATURES,
            dtype=np.float32,
        )
        self._model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=100, tol=1e-3)
        self._model.fit(self._features.fit_transform(texts), labels)

    def probabilities(self, texts: list[str]) -> Float[NDArray[np.float64], "texts classes"]:
        """The probability of each class; zero for one that was not among the training labels."""
        probabilities = np.zeros((len(texts), self._classes))
        probabilities[:, self._model.classes_] = self._model.predict_proba(self._features.transform(texts))
        return probabilities


def words_and_pairs(text: str) -> list[str]:
    """A text's words and pairs of neighbouring words."""
    words = [word_key(word) for word in split_words(text)]
    return words + [f"{first} {second}" for first, second in zip(words, words[1:], strict=False)]
