"""Selective copying: find sixteen symbols among noise, and say them again in order at the end.

    read   . 5 . . . 2 . 14 . . . 7 . . 2 .  : : : : :          (here with five symbols)
    say                                      5 2 14 7 2

Gu & Dao 2023 (section 3.1): sixteen different symbols, sixteen of them at random places among blanks, over
`length` steps; then sixteen cues, one an answer. Nothing but what it reads tells a network what to keep and
what to pass over, so that gates which do not look at their inputs cannot solve it. Chance is one in sixteen.

Deviation: none is known; the noise is one blank symbol, as in the authors' code.
"""

from dataclasses import dataclass

import torch
from torch.nn import functional

from headgate.lab.problem import Batch, SymbolProblem

SYMBOLS = 16
BLANK, CUE = SYMBOLS, SYMBOLS + 1
ITEMS = 16


@dataclass(frozen=True)
class SelectiveCopy(SymbolProblem):
    """Selective copying out of `length` steps."""

    name = "selective-copy"
    title = "Selective copying: sixteen symbols among noise"
    chance = 1.0 / SYMBOLS
    input_size = SYMBOLS + 2
    output_size = SYMBOLS
    shortest = ITEMS

    @property
    def steps(self) -> int:
        """What is read, and the answers."""
        return self.length + ITEMS

    def draw(self, generator: torch.Generator, size: int) -> Batch:
        """Every choice of places is as likely as any other, and so is every symbol."""
        symbols = torch.randint(SYMBOLS, (size, ITEMS), generator=generator)
        shuffled = torch.rand(size, self.length, generator=generator).argsort(1)
        read = torch.full((size, self.length), BLANK).scatter_(1, shuffled[:, :ITEMS].sort(1).values, symbols)
        read = torch.cat((read, torch.full((size, ITEMS), CUE)), dim=1)
        targets = torch.cat((torch.zeros(size, self.length, dtype=torch.long), symbols), dim=1)
        answer_mask = (read == CUE).clone()
        return Batch(functional.one_hot(read, self.input_size).float(), targets, answer_mask)
