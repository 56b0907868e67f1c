"""What the processes of one run share: a batch, its loss, their chance and a word to stop.

Every one of them has the whole data and meets the same batches; each takes its part of every batch. With one
process all of this is the identity.
"""

from typing import cast

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import PartialState
from accelerate.utils import gather_object
from numpy.typing import NDArray
from torch import Tensor

RandomState = dict[str, Tensor]


def is_main_process() -> bool:
    """Whether this process is the one that writes files and tells what happens."""
    return PartialState().is_main_process


def part_of_batch(rows: NDArray[np.int64], accelerator: Accelerator) -> tuple[NDArray[np.int64], float]:
    """This process's rows of a batch, and the factor of their mean loss.

    Gradients are averaged over processes; the factor makes that the mean over the batch, also where parts
    differ in size. A process that is left without a row takes one at factor 0, for the others wait for it.
    """
    part = rows[accelerator.process_index :: accelerator.num_processes]
    factor = len(part) * accelerator.num_processes / len(rows)
    return (part if len(part) else rows[:1]), factor


def mean_over_processes(value: Tensor, accelerator: Accelerator) -> float:
    """The mean of a number that each process has one of; the same on all of them."""
    return cast(Tensor, accelerator.reduce(value.detach(), "mean")).item()


def any_process(flag: bool, accelerator: Accelerator) -> bool:
    """Whether the flag is set in any process; the same answer in all of them."""
    if accelerator.num_processes == 1:
        return flag
    return mean_over_processes(torch.tensor(float(flag), device=accelerator.device), accelerator) > 0


def random_states(accelerator: Accelerator) -> list[RandomState]:
    """The state of every process's generators of random numbers, in the order of the processes."""
    states = {"cpu": torch.get_rng_state()}
    if accelerator.device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(accelerator.device)
    return cast(list[RandomState], gather_object([states]))


def restore_random_state(states: list[RandomState], accelerator: Accelerator) -> None:
    """Set this process's generators to what `random_states` gave."""
    mine = states[accelerator.process_index]
    torch.set_rng_state(mine["cpu"])
    if accelerator.device.type == "cuda":
        torch.cuda.set_rng_state(mine["cuda"], accelerator.device)
