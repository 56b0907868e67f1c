"""Two toolkits beside each other: a process for each, in its own environment, asked for work in turns.

So both meet the same machine; the other one waits meanwhile. Nothing here needs more than Python itself.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

Jobs = Mapping[str, Callable[[], int]]
"""Each job by its name; it returns how many tokens it went through."""


class Worker:
    """One side, in a process of its own: `script` again, with `--worker NAME` and these arguments."""

    def __init__(self, script: str, name: str, python: Path, arguments: Sequence[str]) -> None:
        command = [str(python), script, "--worker", name, *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, job: str) -> float:
        """Tokens a second over one block of this job."""
        asked, said = self._process.stdin, self._process.stdout
        assert asked is not None and said is not None
        print(job, file=asked, flush=True)
        return _answer(said)


def _answer(said: IO[str]) -> float:
    """The next line that is an answer: libraries print lines of their own."""
    for line in said:
        if line.startswith('{"rate"'):
            return float(json.loads(line)["rate"])
    raise SystemExit("a worker has died; its error is above")


def serve(jobs: Jobs) -> None:
    """Do one block for every line of standard input."""
    for line in sys.stdin:
        job = jobs[line.strip()]
        started = time.perf_counter()
        tokens = job()
        print(json.dumps({"rate": tokens / (time.perf_counter() - started)}), flush=True)


def compare(workers: Mapping[str, Worker], job: str, blocks: int) -> None:
    """Print the tokens a second of both sides, medians over blocks, and their ratio."""
    rates: dict[str, list[float]] = {name: [] for name in workers}
    for block in range(blocks + 1):
        for name, worker in workers.items():
            rate = worker.ask(job)
            if block:  # the first block warms up
                rates[name].append(rate)
    first, second = rates.values()
    ratios = [one / other for one, other in zip(first, second, strict=True)]
    medians = ", ".join(
        f"{name} {statistics.median(of_side):8.0f} tokens/s" for name, of_side in rates.items()
    )
    spread = f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
    print(f"{job:<16}  {medians}; ratio {spread}")
