import numpy as np
import pytest
import torch

from headgate.modelfile import read_model
from headgate.models import TorchScorer, classifier_inputs, classifier_module, tagger_inputs, tagger_module
from headgate.runtime import Classifier, Tagger, load

TEXTS = ["The film wasn't good!", "", "a plot was bad , the film was n't", "😀 naïve 😀"]


def test_a_folder_gives_back_the_module_that_it_was_written_from(make_model):
    small = make_model(cell="gru", layers=2, ngrams=30, bag=True)
    module = classifier_module(read_model(small.path))
    assert not module.training
    batch = classifier_inputs(small.encoder.encode(TEXTS).batch(range(4)), torch.device("cpu"))
    assert torch.equal(module(*batch), small.module(*batch))


def test_scoring_with_torch_gives_the_answers_of_the_runtime(make_model):
    small = make_model(ngrams=30, bag=True)
    with_torch = Classifier(
        read_model(small.path), TorchScorer(classifier_module(read_model(small.path)), "cpu")
    )
    found, expected = with_torch.probabilities(TEXTS), load(small.path).probabilities(TEXTS)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_features_a_model_does_not_read_are_left_out(make_model):
    token_ids, subwords, bags = classifier_inputs(
        make_model().encoder.encode(["a"]).batch([0]), torch.device("cpu")
    )
    assert token_ids.dtype == torch.int64
    assert subwords is None
    assert bags is None


@pytest.mark.parametrize("characters", [None, "convolution", "lstm"])
def test_a_taggers_folder_gives_back_its_module_and_its_answers(make_tagger, characters):
    small = make_tagger(cell="gru", layers=2, ngrams=30, characters=characters, crf=True)
    folder = read_model(small.path)
    module = tagger_module(folder)
    assert not module.training
    batch = tagger_inputs(small.encoder.encode(TEXTS).batch(range(4)), torch.device("cpu"))
    assert torch.equal(module(*batch), small.module(*batch))
    found = Tagger(folder, TorchScorer(module, "cpu")).predict(TEXTS)
    for one, other in zip(found, load(small.path).predict(TEXTS), strict=True):
        assert (one.tags, len(one.spans)) == (other.tags, len(other.spans))
        np.testing.assert_allclose(one.scores, other.scores, rtol=0, atol=1e-5)
