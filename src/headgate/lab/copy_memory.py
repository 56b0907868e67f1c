"""Copy memory: read ten symbols, wait, and on a cue say them again.

    read   4 7 1 1 0 3 5 2 6 6 . . . . . . . . . : . . . . . . . . . .
    say                                            4 7 1 1 0 3 5 2 6 6

Hochreiter & Schmidhuber 1997 (section 5) in the form of Arjovsky et al. 2016 (section 5.1): eight symbols, a
blank and a cue; at length T there are T - 1 blanks before the cue, T + 20 steps in all. Each symbol must be
held for T + 10 steps while nothing comes in. A network without a memory has one chance in eight.

Deviation: training and test look at the ten answers alone; in the papers also at the blanks before them,
which any network learns to say at once.
"""

from dataclasses import dataclass

import torch
from torch.nn import functional

from headgate.lab.problem import Batch, SymbolProblem

SYMBOLS = 8
BLANK, CUE = SYMBOLS, SYMBOLS + 1
ITEMS = 10


@dataclass(frozen=True)
class CopyMemory(SymbolProblem):
    """Copy memory over `length` steps of waiting."""

    name = "copy"
    title = "Copy memory: ten symbols, held while nothing comes"
    chance = 1.0 / SYMBOLS
    input_size = SYMBOLS + 2
    output_size = SYMBOLS

    @property
    def steps(self) -> int:
        """The symbols, the waiting with the cue, the answers."""
        return self.length + 2 * ITEMS

    def draw(self, generator: torch.Generator, size: int) -> Batch:
        """Every symbol is as likely as any other, at every place."""
        symbols = torch.randint(SYMBOLS, (size, ITEMS), generator=generator)
        read = torch.full((size, self.steps), BLANK)
        read[:, :ITEMS] = symbols
        read[:, ITEMS + self.length - 1] = CUE
        targets = torch.zeros_like(read)
        targets[:, -ITEMS:] = symbols
        answer_mask = torch.zeros_like(read, dtype=torch.bool)
        answer_mask[:, -ITEMS:] = True
        return Batch(functional.one_hot(read, self.input_size).float(), targets, answer_mask)
