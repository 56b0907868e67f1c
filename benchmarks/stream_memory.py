"""Does the memory of a language model's stream stay the same, however long the text grows?

One text after another of a file is pushed until so many characters are read; the peak of the process's memory
and the size of the saved state are printed as the stream goes on.

    python benchmarks/stream_memory.py MODEL --text text.txt --characters 10000000
"""

import argparse
import itertools
import resource
import time
from pathlib import Path

from machine import describe_machine

from headgate.runtime import TextGenerator, load

LINES = 200
"""Lines in a piece that is pushed at once."""
REPORTS = 10


def main() -> None:
    """Print memory and state as the stream goes on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--characters", type=int, default=10_000_000)
    options = parser.parse_args()
    model = load(options.model)
    if not isinstance(model, TextGenerator):
        parser.error(f"{options.model} is not a language model")
    print(describe_machine("numpy"))
    lines = options.text.read_text(encoding="utf-8").splitlines(keepends=True)
    pieces = itertools.cycle("".join(lines[at : at + LINES]) for at in range(0, len(lines), LINES))
    stream = model.stream()
    total = stream.push("")
    started = time.perf_counter()
    report = step = options.characters // REPORTS
    print("characters   peak memory MiB   state bytes   bits per character   characters/s")
    while total.characters < options.characters:
        total += stream.push(next(pieces))
        if total.characters >= report:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            size = len(stream.state.to_bytes())
            rate = total.characters / (time.perf_counter() - started)
            bits = total.bits_per_character or 0.0
            print(
                f"{total.characters:10d}   {peak:15.1f}   {size:11d}   {bits:18.4f}   {rate:12.0f}",
                flush=True,
            )
            report += step


if __name__ == "__main__":
    main()
