"""Models whose cell is a scan in training and goes step by step afterwards: the answers are the same."""

import numpy as np
import pytest

from headgate.cells import CELLS, ParallelCell
from headgate.runtime import Classifier, Tagger, load
from tests.training.small_runs import train_small, train_small_tagger

PARALLEL = [name for name, cell in CELLS.items() if isinstance(cell, ParallelCell)]
every_parallel_cell = pytest.mark.parametrize("cell", PARALLEL)


@every_parallel_cell
def test_a_classifier_is_trained_loaded_and_streams_what_it_predicts(tmp_path, cell):
    run = train_small(tmp_path, cell=cell, layers=2, bidirectional=False, pooling="last", epochs=1)
    model = load(run)  # which answers its golden texts as the trained module did
    assert isinstance(model, Classifier)
    assert model.folder.config.network.cell == cell
    words = ["the", "film", "of", "1950", "was", "good", "and", "not", "dull"]
    stream = model.stream()
    for read, word in enumerate(words, start=1):
        answer, whole = stream.push(word), model.predict(" ".join(words[:read]))
        assert answer.label == whole.label
        np.testing.assert_allclose(list(answer.scores.values()), list(whole.scores.values()), atol=1e-6)
        restored = model.stream()
        restored.state = stream.state
        stream = restored


@every_parallel_cell
def test_a_tagger_is_trained_loaded_and_streams_what_it_predicts(tmp_path, cell):
    run = train_small_tagger(tmp_path, cell=cell, bidirectional=False, epochs=1)
    model = load(run)
    assert isinstance(model, Tagger)
    text = "nobody met Jordan in New South Wales and then saw Anna"
    stream = model.stream()
    decided = [token for word in text.split() for token in stream.push(word)] + stream.finish()
    whole = model.predict(text)
    assert [(token.token, token.tag) for token in decided] == list(zip(whole.tokens, whole.tags, strict=True))
