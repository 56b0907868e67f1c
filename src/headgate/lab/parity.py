"""Parity: say after every bit whether the ones so far are odd in number.

    read   1 0 1 1 0 1
    say    1 1 0 1 1 0

The smallest problem that needs a state which each input may turn round. A network whose step can look at its
state solves it, and then for any length. Where the gates look at inputs alone, the state is only ever
multiplied by numbers between 0 and 1; with such factors, at finite precision, no number of layers solves it
for all lengths (Sarrof et al. 2024; Grazzi et al. 2025). Networks are therefore also tested at lengths beyond
those they were trained on, with the share of right answers over all steps. Chance is one in two.
"""

from dataclasses import dataclass

import torch
from torch.nn import functional

from headgate.lab.problem import Batch, SymbolProblem

BEYOND = (1, 2, 4, 16)
"""Networks are tested at these multiples of the length they were trained on."""


@dataclass(frozen=True)
class Parity(SymbolProblem):
    """The running parity of `length` bits."""

    name = "parity"
    title = "Parity: are the ones so far odd in number?"
    chance = 0.5
    solved = 0.999
    enough = 0.9999
    input_size = 2
    output_size = 2

    @property
    def memory_length(self) -> None:
        """The state is turned over all the time: nothing is to be held but from one step to the next."""
        return None

    @property
    def test_lengths(self) -> tuple[int, ...]:
        """The length trained on, and longer ones."""
        return tuple(self.length * times for times in BEYOND)

    def draw(self, generator: torch.Generator, size: int) -> Batch:
        """Every string of bits is as likely as any other."""
        bits = torch.randint(2, (size, self.length), generator=generator)
        answer_mask = torch.ones_like(bits, dtype=torch.bool)
        return Batch(functional.one_hot(bits, 2).float(), bits.cumsum(1) % 2, answer_mask)
