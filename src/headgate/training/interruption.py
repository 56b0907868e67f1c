"""Ctrl-C and a polite kill, taken note of and acted on at the end of a step."""

import signal
import threading
from types import FrameType
from typing import Any

import torch
from accelerate import Accelerator


class Interruption:
    """Within the block, the first SIGINT or SIGTERM only sets a flag; a second one interrupts at once."""

    def __init__(self) -> None:
        self._noted = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():  # signals can be handled nowhere else
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def requested(self, accelerator: Accelerator) -> bool:
        """Whether any process has been told to stop; the same answer on all of them."""
        if accelerator.num_processes == 1:
            return self._noted
        flag = torch.tensor([int(self._noted)], device=accelerator.device)
        return bool(accelerator.reduce(flag, "sum").item())

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._noted = True
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
