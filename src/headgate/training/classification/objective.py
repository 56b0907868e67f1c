"""What classification brings to the training loop: cross-entropy to learn by, dev accuracy to choose by."""

from dataclasses import dataclass

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from headgate.data.bucketing import longest_first_batches, shuffled_batches
from headgate.models import classifier_inputs
from headgate.tasks import fit_temperature, probabilities
from headgate.text import EncodedTexts
from headgate.training.checkpoints import Part
from headgate.training.loop import Evaluation
from headgate.training.settings import Settings


@dataclass(frozen=True)
class ClassificationObjective:
    """Encoded texts with their label numbers; `label_smoothing` as in the settings."""

    train: EncodedTexts
    train_labels: NDArray[np.int64]
    dev: EncodedTexts
    dev_labels: NDArray[np.int64]
    label_smoothing: float

    @property
    def parts(self) -> dict[str, Part]:
        """Nothing is carried from step to step."""
        return {}

    def batches(self, epoch: int, settings: Settings) -> list[NDArray[np.int64]]:
        """Every text once, in random order, texts of like length together."""
        generator = np.random.default_rng((settings.seed, epoch))
        return shuffled_batches(self.train.lengths, settings.batch_size, generator)

    def loss(self, model: nn.Module, rows: NDArray[np.int64], device: torch.device) -> Tensor:
        """Mean cross-entropy over these training texts."""
        gold = torch.from_numpy(self.train_labels[rows]).to(device)
        logits = model(*classifier_inputs(self.train.batch(rows), device))
        return functional.cross_entropy(logits, gold, label_smoothing=self.label_smoothing)

    def evaluate(self, model: nn.Module, accelerator: Accelerator) -> Evaluation:
        """Dev accuracy, which weights are chosen by, and the loss at the best temperature."""
        logits = self._dev_logits(model, accelerator)
        scores = probabilities(logits, fit_temperature(logits, self.dev_labels))
        accuracy = float(np.mean(scores.argmax(axis=1) == self.dev_labels))
        loss = -float(np.mean(np.log(scores[np.arange(len(scores)), self.dev_labels] + 1e-12)))
        return Evaluation(accuracy, {"accuracy": accuracy, "loss": loss})

    @torch.no_grad()
    def _dev_logits(self, model: nn.Module, accelerator: Accelerator) -> NDArray[np.float32]:
        """The logits of all dev texts, in order, scored by all processes together."""
        batches = list(longest_first_batches(self.dev.lengths))
        mine = batches[accelerator.process_index :: accelerator.num_processes]
        scored = [
            (rows, model(*classifier_inputs(self.dev.batch(rows), accelerator.device)).float().cpu().numpy())
            for rows in mine
        ]
        parts = gather_object(scored)
        logits = np.empty((len(self.dev), parts[0][1].shape[1]), np.float32)
        for rows, part in parts:
            logits[rows] = part
        return logits
