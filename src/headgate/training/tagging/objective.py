"""What tagging brings to the training loop: the likelihood of paths to learn by, dev F1 to choose by."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from headgate.data import TaggedSentence
from headgate.data.bucketing import longest_first_batches, shuffled_batches
from headgate.decoding import Transitions, viterbi
from headgate.models import NERModel, tagger_inputs
from headgate.tasks import TagSpace, measure_spans, measure_tags
from headgate.text import EncodedTexts, TextEncoder
from headgate.text.vocabulary import PADDING_ID
from headgate.training.checkpoints import Part
from headgate.training.loop import Evaluation
from headgate.training.settings import Settings

NO_TAG = -100
"""The tag number of padding, which `cross_entropy` leaves out."""


@dataclass(frozen=True)
class TaggingObjective:
    """Encoded sentences with their tags: as numbers to learn from, by name to measure on."""

    space: TagSpace
    train: EncodedTexts
    train_tags: list[NDArray[np.int64]]
    dev: EncodedTexts
    dev_tags: list[tuple[str, ...]]

    @classmethod
    def of_sentences(
        cls,
        encoder: TextEncoder,
        space: TagSpace,
        train: list[TaggedSentence],
        dev: list[TaggedSentence],
        max_tokens: int,
    ) -> "TaggingObjective":
        """Sentences to train on, of which `max_tokens` tokens are read, and sentences to choose by."""
        return cls(
            space,
            encoder.encode_words([sentence.tokens[:max_tokens] for sentence in train]),
            [space.numbers(sentence.tags[:max_tokens]) for sentence in train],
            encoder.encode_words([sentence.tokens for sentence in dev]),
            [sentence.tags for sentence in dev],
        )

    @property
    def parts(self) -> dict[str, Part]:
        """Nothing is carried from step to step."""
        return {}

    def batches(self, epoch: int, settings: Settings) -> list[NDArray[np.int64]]:
        """Every sentence once, in random order, sentences of like length together."""
        generator = np.random.default_rng((settings.seed, epoch))
        return shuffled_batches(self.train.lengths, settings.batch_size, generator)

    def loss(self, model: nn.Module, rows: NDArray[np.int64], device: torch.device) -> Tensor:
        """Minus the log-likelihood of a sentence's tags, in nats, the mean over these sentences."""
        batch = self.train.batch(rows)
        tags = np.full(batch.token_ids.shape, NO_TAG, np.int64)
        for row, place in enumerate(rows):
            tags[row, : len(self.train_tags[place])] = self.train_tags[place]
        gold = torch.from_numpy(tags).to(device)
        inputs = tagger_inputs(batch, device)
        scores: Tensor = model(*inputs).float()
        crf = _own(model).crf
        if crf is not None:
            return -crf(scores, gold.clamp(min=0), inputs[0] != PADDING_ID).mean()
        loss = functional.cross_entropy(
            scores.flatten(0, 1), gold.flatten(), ignore_index=NO_TAG, reduction="sum"
        )
        return loss / len(rows)

    def evaluate(self, model: nn.Module, accelerator: Accelerator) -> Evaluation:
        """F1 of spans on dev, or the accuracy of plain tags, which weights are chosen by."""
        predicted = self._dev_tags(_own(model), accelerator)
        if self.space.marks_spans:
            spans = measure_spans(predicted, self.dev_tags)
            return Evaluation(
                spans.f1, {"f1": spans.f1, "precision": spans.precision, "recall": spans.recall}
            )
        accuracy = measure_tags(predicted, self.dev_tags).accuracy
        return Evaluation(accuracy, {"accuracy": accuracy})

    @torch.no_grad()
    def _dev_tags(self, model: NERModel, accelerator: Accelerator) -> list[list[str]]:
        """The best tags of all dev sentences, in order, found by all processes together."""
        count = len(self.space)
        nothing = Transitions(np.zeros((count, count)), np.zeros(count), np.zeros(count))
        transitions = self.space.constrained(nothing if model.crf is None else model.crf.to_numpy())
        batches = list(longest_first_batches(self.dev.lengths))
        found: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        for rows in batches[accelerator.process_index :: accelerator.num_processes]:
            batch = self.dev.batch(rows)
            scores = model(*tagger_inputs(batch, accelerator.device)).float().cpu().numpy()
            found.append((rows, viterbi(scores, batch.token_mask, transitions)))
        tags: dict[int, list[str]] = {}
        for rows, paths in gather_object(found):
            for row, path in zip(rows.tolist(), paths.tolist(), strict=True):
                tags[row] = [self.space.tags[number] for number in path[: self.dev.lengths[row]]]
        return [tags[row] for row in range(len(self.dev))]


def _own(model: nn.Module) -> NERModel:
    """The model itself, whatever training has wrapped around it for several processes."""
    return cast("NERModel", cast("Any", model).module if hasattr(model, "module") else model)
