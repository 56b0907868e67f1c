"""Word vectors from the training texts themselves, in seconds: a word is known by the company it keeps.

Words are counted with their neighbours up to so many tokens away, the near ones for more, left and right
apart: a few tell how a word is used, a whole sentence what it is about and what is thought of it. The counts
become positive pointwise mutual information, and a truncated singular value decomposition makes short vectors
of them (Levy & Goldberg 2014; contexts smoothed by the power 0.75, Levy et al. 2015). That a network starts
from these and not from chance is worth most to the words that training shows it once or twice.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from sklearn.utils.extmath import randomized_svd

from headgate.shapes import Float, Int

SMOOTHING = 0.75
FEWEST_WORDS = 50
"""Words that must occur twice, for their company to say anything."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def cooccurrence_vectors(
    texts: Sequence[Int[Ints, " words"]], words: int, dim: int, window: int, seed: int
) -> Float[Floats, "words dim"] | None:
    """A vector for each of the word ids from 0 to `words`, of mean square 1 a unit; None for too few words.

    `window`: tokens to each side that are a word's company. Negative ids are words without a vector. A word
    that never stands beside another has a vector of zeros.
    """
    if words < max(FEWEST_WORDS, dim + 1):
        return None
    association = _positive_information(_count_neighbours(texts, words, window))
    if association.nnz == 0:
        return None
    svd: Any = randomized_svd  # its stubs take the number of iterations for text
    left, strengths, _ = svd(association, dim, n_iter=3, random_state=seed)
    vectors = left * np.sqrt(strengths)
    vectors -= vectors.mean(axis=0)
    vectors[association.sum(axis=1) == 0] = 0.0
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-9) * np.sqrt(dim)).astype(np.float32)


def _count_neighbours(texts: Sequence[Ints], words: int, window: int) -> csr_array:
    """Rows: words. Columns: the words to their left, then those to their right; the nearer count for more."""
    gap = np.full(window, -1, np.int64)  # so that no text is beside another
    ids = np.concatenate([part for text in texts for part in (text, gap)])
    counts = csr_array((words, 2 * words), dtype=np.float32)
    for distance in range(1, window + 1):
        before, after = ids[:-distance], ids[distance:]
        known = (before >= 0) & (after >= 0)
        before, after = before[known], after[known]
        rows, columns = np.concatenate((after, before)), np.concatenate((before, after + words))
        weight = np.full(len(rows), (window + 1 - distance) / window, np.float32)
        counts = counts + csr_array(coo_array((weight, (rows, columns)), shape=counts.shape))
    return counts


def _positive_information(counts: csr_array) -> csr_array:
    """log p(word, context) / (p(word) p(context)) where it is above zero."""
    pairs = coo_array(counts)
    of_words = np.asarray(counts.sum(axis=1)).ravel()
    of_contexts = np.asarray(counts.sum(axis=0)).ravel() ** SMOOTHING
    rows, columns = pairs.coords
    information = np.log(pairs.data * of_contexts.sum() / (of_words[rows] * of_contexts[columns]))
    positive = information > 0
    kept = (information[positive].astype(np.float32), (rows[positive], columns[positive]))
    return csr_array(coo_array(kept, shape=counts.shape))
