"""What a translator is trained for: each unit of a target, from the source and the units before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from headgate.data import IndexedPairs
from headgate.data.bucketing import longest_first_batches, shuffled_batches
from headgate.models import Translator
from headgate.shapes import Int
from headgate.text import PADDING_ID, PairUnits, Ragged, SubwordUnits, Units
from headgate.training.checkpoints import Part
from headgate.training.loop import Evaluation
from headgate.training.settings import Settings
from headgate.training.translation.settings import TranslationSettings

Ints = NDArray[np.int64]


class Progress:
    """The epoch, from 0, that training is in: scheduled sampling and left-out merges go by it."""

    def __init__(self) -> None:
        self.epoch = 0


@dataclass(frozen=True)
class TranslationObjective:
    """Pairs to learn from and pairs to choose by, and the units of both sides."""

    train: IndexedPairs
    dev: IndexedPairs
    units: PairUnits
    settings: TranslationSettings
    progress: Progress

    @property
    def parts(self) -> dict[str, Part]:
        """Nothing: what changes follows from seed and epoch."""
        return {}

    def batches(self, epoch: int, settings: Settings) -> list[Ints]:
        """Pairs of like length together, in random order."""
        self.progress.epoch = epoch
        return shuffled_batches(
            self._train_lengths, settings.batch_size, np.random.default_rng((settings.seed, epoch))
        )

    def loss(self, model: nn.Module, rows: Ints, device: torch.device) -> Tensor:
        """The mean loss over the target units of these pairs, in nats."""
        translator = cast("Translator", model)
        source, before, after = self._tensors(self.train, rows, device, self._dropping(rows))
        before = self._own_answers(translator, source, before)
        scores = translator(source, before).float()
        return functional.cross_entropy(
            scores.flatten(0, 1),
            after.flatten(),
            ignore_index=PADDING_ID,
            label_smoothing=self.settings.label_smoothing,
        )

    @torch.no_grad()
    def evaluate(self, model: nn.Module, accelerator: Accelerator) -> Evaluation:
        """The share of dev units foretold right, each from the true ones before it, which weights are chosen
        by."""
        translator = cast("Translator", model)
        nats = right = units = whole = 0.0
        for rows in longest_first_batches(self._dev_lengths):
            source, before, after = self._tensors(self.dev, rows, accelerator.device, None)
            scores, is_real = translator(source, before).float(), after != PADDING_ID
            losses = functional.cross_entropy(scores.flatten(0, 1), after.flatten(), reduction="none")
            correct = (scores.argmax(2) == after) | ~is_real
            nats += losses[is_real.flatten()].sum().item()
            right += (correct & is_real).sum().item()
            whole += correct.all(1).sum().item()
            units += is_real.sum().item()
        measures = {
            "loss": nats / units,
            "units_right": right / units,
            "targets_right": whole / len(self.dev),
        }
        return Evaluation(right / units, measures)

    @cached_property
    def _train_lengths(self) -> Ints:
        return longer_sides(self.train, self.units)

    @cached_property
    def _dev_lengths(self) -> Ints:
        return longer_sides(self.dev, self.units)

    def _own_answers(self, translator: Translator, source: Tensor, before: Tensor) -> Tensor:
        """What the decoder reads: now and then its own answer in place of the true unit.

        Own answers are made from the true units before them, all at once (Duckworth et al. 2019 mix in the
        same way, in as many passes as one likes; this is one).
        """
        share = self.progress.epoch / max(1, self.settings.epochs - 1)
        forced = 1.0 - share * (1.0 - self.settings.teacher_forcing)
        if forced >= 1.0:
            return before
        with torch.no_grad():
            answers = translator(source, before).argmax(2)
        own = torch.rand(before[:, 1:].shape, device=before.device) >= forced
        own &= before[:, 1:] != PADDING_ID
        return torch.cat((before[:, :1], torch.where(own, answers[:, :-1], before[:, 1:])), dim=1)

    def _dropping(self, rows: Ints) -> "np.random.Generator | None":
        """The chance by which merges are left out; the same for the same batch of the same epoch."""
        if not self.settings.subword_dropout:
            return None
        return np.random.default_rng((self.settings.seed, self.progress.epoch, int(rows[0])))

    def _tensors(
        self, pairs: IndexedPairs, rows: Ints, device: torch.device, dropping: "np.random.Generator | None"
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Sources, what the decoder reads of the targets, and what it is to say, each padded."""
        chosen = [pairs[row] for row in rows.tolist()]
        sources = [self._ids(self.units.source, pair.source, dropping) for pair in chosen]
        targets = [self._ids(self.units.target, pair.target, dropping) for pair in chosen]
        end = np.array([self.units.end], np.int64)
        begun = [np.concatenate((end, target[:-1])) for target in targets]
        source, before, after = (_padded(side, device) for side in (sources, begun, targets))
        return source, before, after

    def _ids(self, units: Units, text: str, dropping: "np.random.Generator | None") -> Ints:
        text = PairUnits.line(text)
        if dropping is not None and isinstance(units, SubwordUnits):
            return units.encode_with_dropout(text, self.settings.subword_dropout, dropping)
        return units.encode(text)


def longer_sides(pairs: IndexedPairs, units: PairUnits) -> Int[Ints, " pairs"]:
    """The units of each pair's longer side: what a batch is padded to follows that one."""
    lengths = (max(len(units.source_ids(source)), len(units.target_ids(target))) for source, target in pairs)
    return np.fromiter(lengths, np.int64, len(pairs))


def _padded(sides: Sequence[Ints], device: torch.device) -> Int[Tensor, "batch time"]:
    return torch.from_numpy(Ragged.joined(sides).padded()).to(device)
