"""The bag of n-grams: a linear model over words and word pairs, fitted in seconds.

Its weights are those of logistic regression, which learns from every text what sets the classes apart, and
some of naive Bayes', which only counts and is sooner right where texts are few (Ng & Jordan 2002).

It is the yardstick of every training run (on many datasets it is hard to beat, Wang & Manning 2012), and
unless told otherwise it also becomes part of the model: what it knows is added to what the network knows,
as strongly as the dev set finds best.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB

from headgate.shapes import Float, Int
from headgate.text import CharacterNgrams, EncodedTexts, Ragged, TextEncoder, Vocabulary, WordBag
from headgate.text.vocabulary import FIRST_WORD_ID

INVERSE_REGULARISATION = 10.0
TOLERANCE = 1e-3
"""The largest gradient at which logistic regression counts as fitted."""
MANY_TEXTS = 5_000
"""From here on a pair must occur twice to be known."""
ENOUGH_TEXTS = 20_000
"""From here on words speak for themselves: what their kin would add outgrows the rest."""
SPELLING = CharacterNgrams(32_768)
"""What of its spelling a word has in common with others."""
NAIVE_BAYES_SHARE = 0.6
"""How much naive Bayes' weights count beside those of logistic regression. From 0.4 to 0.8 it is all the
same; without, held-out texts are answered 3 points worse from 500 of AG News, 5 from 500 of TREC-50, and 0.7
from all of TREC-6."""
PRIOR_OF_FEATURES = 0.3
"""How often a class is taken to have had each feature before any text, in the mean, the features sharing it
as they share all texts together (Dirichlet smoothing)."""

Floats = NDArray[np.float32]


def find_word_pairs(vocabulary: Vocabulary, texts: list[str], most: int) -> WordBag:
    """The words of the vocabulary, and the pairs of them worth knowing, `most` at the most."""
    encoded = TextEncoder(vocabulary).encode(texts)
    return WordBag.from_texts(
        len(vocabulary),
        (encoded.word_ids(row) for row in range(len(texts))),
        min_count=1 if len(texts) < MANY_TEXTS else 2,
        most=most,
    )


class BagOfNgrams:
    """Logistic regression over the features of a `WordBag`, each weighed by how rare it is (idf), and beside
    it naive Bayes over which of them a text has, counting `NAIVE_BAYES_SHARE` as much.

    The weight of a word is one of its own, and what it shares with its kin: words that are spelt alike weigh
    alike (character n-grams have weights as well) and, with `vectors`, those that keep the same company; also
    words that no labelled text has. In a Gaussian prior of the words' weights, I + K·Kᵀ takes the place of I.
    From `ENOUGH_TEXTS` texts on there is no kin.

    `vectors`: a row for each word id, of zeros for a word without one.
    `table` holds one weight for each feature and class, as `headgate.layers.LinearBag` takes them; the prior
    of the classes is `bias`.
    """

    def __init__(
        self,
        texts: EncodedTexts,
        labels: Int[NDArray[np.int64], " texts"],
        bag: WordBag,
        classes: int,
        vectors: Float[Floats, "words dim"] | None = None,
    ) -> None:
        counts = _count_features(texts, bag)
        holding = np.bincount(counts.indices, minlength=bag.size)
        used = np.flatnonzero(holding)
        used = used[used > 0]  # id 0 stands for nothing
        rarity = np.log((1 + len(texts)) / (1 + holding)) + 1
        rarity /= np.sqrt(2.0) * rarity[counts.indices[counts.indices > 0]].mean()
        scale = 1.0 / np.sqrt(np.maximum(texts.lengths, 1))
        weighed = csr_array(counts.multiply(scale[:, None]).multiply(rarity[None, :]), dtype=np.float32)
        kin = _kin(texts.vocabulary, vectors) if len(texts) < ENOUGH_TEXTS else csr_array((bag.vocab_size, 0))
        features = csr_array(hstack((weighed[:, used], weighed[:, : bag.vocab_size] @ kin)))
        weights, self.bias = _logistic_regression(features, labels, classes)
        self.table = np.zeros((bag.size, classes), np.float32)
        self.table[used] = weights[: len(used)]
        self.table[: bag.vocab_size] += kin @ weights[len(used) :]
        self.table *= rarity[:, None].astype(np.float32)
        self.table[used] += NAIVE_BAYES_SHARE * _naive_bayes(counts[:, used], labels, classes)

    def logits(self, texts: EncodedTexts) -> Float[Floats, "texts classes"]:
        """The linear model's scores of each class, bias included."""
        sums: Floats = np.stack([self.table[texts.bag_ids(row)].sum(axis=0) for row in range(len(texts))])
        return sums / np.sqrt(np.maximum(texts.lengths, 1)).astype(np.float32)[:, None] + self.bias


def _logistic_regression(
    features: csr_array, labels: Int[NDArray[np.int64], " texts"], classes: int
) -> tuple[Float[Floats, "features classes"], Float[Floats, " classes"]]:
    """The weight of each feature for each class, and how likely each class is without any."""
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=300, tol=TOLERANCE)
    model.fit(features, labels)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one row says how the second differs from the first
        coefficients = np.vstack((-coefficients, coefficients)) / 2
        intercepts = np.concatenate((-intercepts, intercepts)) / 2
    weights = np.zeros((coefficients.shape[1], classes), np.float32)
    bias = np.full(classes, -30.0, np.float32)  # a class without training texts
    weights[:, model.classes_], bias[model.classes_] = coefficients.T, intercepts
    return weights, bias


def _naive_bayes(
    counts: csr_array, labels: Int[NDArray[np.int64], " texts"], classes: int
) -> Float[Floats, "features classes"]:
    """How much likelier each feature is in a class than anywhere: log p(feature | class) / p(feature)."""
    present = counts.copy()
    present.data[:] = 1.0
    anywhere = np.bincount(present.indices, minlength=present.shape[1]) + 1.0
    anywhere /= anywhere.sum()
    model = MultinomialNB(alpha=PRIOR_OF_FEATURES * len(anywhere) * anywhere).fit(present, labels)
    weights = np.zeros((len(anywhere), classes), np.float32)
    weights[:, model.classes_] = (model.feature_log_prob_ - np.log(anywhere)).T
    return weights


def _kin(vocabulary: Vocabulary, vectors: Floats | None) -> csr_array:
    """What words have in common, a row for each word id: its spelling and, with vectors, its company."""
    spellings = _spellings(vocabulary)
    return spellings if vectors is None else csr_array(hstack((spellings, csr_array(_directions(vectors)))))


def _spellings(vocabulary: Vocabulary) -> csr_array:
    """How often each word has each n-gram, over the square root of how many it has."""
    ngrams = Ragged.of_lists([SPELLING.ids(word) for word in vocabulary.words])
    rows = np.repeat(np.arange(FIRST_WORD_ID, len(vocabulary)), ngrams.sizes)
    values = np.repeat(1.0 / np.sqrt(ngrams.sizes), ngrams.sizes).astype(np.float32)
    return csr_array((values, (rows, ngrams.ids)), shape=(len(vocabulary), SPELLING.buckets + 1))


def _directions(vectors: Floats) -> Floats:
    """Each word's direction from the middle of all words; zeros for a word without a vector."""
    known = np.any(vectors, axis=1)
    directions = np.where(known[:, None], vectors - vectors[known].mean(axis=0), np.float32(0.0))
    return directions / np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), np.float32(1e-9))


def _count_features(texts: EncodedTexts, bag: WordBag) -> csr_array:
    ids = [texts.bag_ids(row) for row in range(len(texts))]
    starts = np.cumsum([0] + [len(of_text) for of_text in ids])
    ones = np.ones(starts[-1], np.float32)
    counts = csr_array((ones, np.concatenate(ids), starts), shape=(len(texts), bag.size))
    counts.sum_duplicates()
    return counts
