"""What a run says while it goes on: JSON lines in a file always, and progress for whoever watches."""

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from headgate.errors import OutputError


class Reporter:
    """Writes `log.jsonl` and shows progress on standard error.

    On a terminal: a bar with the time that is left. Elsewhere: one plain line an epoch. `quiet`: the log
    alone. Of several processes only the `main` one reports.
    """

    def __init__(self, log: Path, *, quiet: bool = False, main: bool = True) -> None:
        self._log = log if main else None
        quiet = quiet or not main
        self._console = Console(stderr=True, highlight=False, quiet=quiet, soft_wrap=True)
        self._bar: Progress | None = None
        if self._console.is_terminal and not quiet:
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f}%"))
            self._bar = Progress(*columns, TimeRemainingColumn(), console=self._console, transient=True)
        self._started = time.perf_counter()

    def __enter__(self) -> "Reporter":
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def say(self, line: str) -> None:
        """A plain line for whoever watches."""
        self._console.print(line, markup=False)

    def record(self, event: str, **values: Any) -> None:
        """One line in the log; raises OutputError when it cannot be written."""
        if self._log is None:
            return
        seconds = round(time.perf_counter() - self._started, 3)
        line = json.dumps({"event": event, "seconds": seconds, **values}, ensure_ascii=False)
        try:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise OutputError(f"{self._log}: cannot write the log: {error.strerror or error}") from error

    def start(self, step: int, total_steps: int) -> None:
        """Training begins, or goes on, at this step."""
        self.record("start", step=step, total_steps=total_steps)
        if self._bar is not None:
            self._task = self._bar.add_task("training", total=total_steps, completed=step)

    def step(self, step: int, loss: float) -> None:
        """A step was taken."""
        if self._bar is not None:
            self._bar.update(self._task, completed=step, description=f"loss {loss:.3f}")

    def epoch(self, epoch: int, epochs: int, loss: float, measures: dict[str, float]) -> None:
        """An epoch is over and the dev set was scored."""
        self.record(
            "epoch",
            epoch=epoch,
            train_loss=loss,
            **{f"dev_{name}": value for name, value in measures.items()},
        )
        shown = "  ".join(f"dev {name.replace('_', ' ')} {value:.4f}" for name, value in measures.items())
        elapsed = time.perf_counter() - self._started
        self.say(f"epoch {epoch} of at most {epochs}  loss {loss:.4f}  {shown}  {elapsed:.0f} s")

    def finish(self, best_epoch: int) -> None:
        """Training is over."""
        self.record("finish", best_epoch=best_epoch)
