"""Does the memory of training a translator stay the same, however many pairs there are?

Pairs are made up, numbers in words and in digits, and a tiny translator reads all of them once. The process's
own memory at its peak is printed (pages of mapped files are left out: the system takes them back when it
needs them), and how long all took.

    python benchmarks/million_pairs.py --pairs 100000 1000000
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import describe_machine

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TINY = ("--hidden", "16", "--layers", "1", "--epochs", "1")
SETTINGS = (
    "embedding=16",
    "batch_size=512",
    "patience=1",
    "source_unit=word",
    "target_unit=char",
    "joint=false",
)


def main() -> None:
    """Print seconds and memory for each number of pairs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, nargs="+", default=[100_000, 1_000_000])
    options = parser.parse_args()
    print(describe_machine("torch", "numpy"))
    for pairs in options.pairs:
        with tempfile.TemporaryDirectory() as folder:
            train = Path(folder, "train.tsv")
            write_pairs(train, pairs)
            started = time.perf_counter()
            peak = peak_of_training(train, Path(folder, "run"))
            seconds = time.perf_counter() - started
            size = train.stat().st_size / 2**20
        print(f"{pairs:9d} pairs of {size:6.1f} MiB: {seconds:6.0f} s, at most {peak:6.1f} MiB", flush=True)


def write_pairs(path: Path, pairs: int) -> None:
    """Numbers of up to twelve digits in words, and in digits."""
    chance = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        for _ in range(pairs):
            digits = [chance.randrange(10) for _ in range(chance.randint(1, 12))]
            file.write(" ".join(DIGITS[digit] for digit in digits) + "\t" + "".join(map(str, digits)) + "\n")


def peak_of_training(train: Path, run: Path) -> float:
    """The most memory of its own, in MiB, that a process has which trains on these pairs."""
    command = [
        sys.executable,
        "-m",
        "headgate",
        "train",
        "translation",
        "--train",
        str(train),
        "--out",
        str(run),
    ]
    command += [*TINY, *(word for setting in SETTINGS for word in ("--set", setting))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, own_memory(process.pid))
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit("training has failed; its error is above")
    return peak


def own_memory(process: int) -> float:
    """The memory of a process, in MiB, that is not of files; 0 once it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    sizes = [line.split()[1] for line in status.split("\n") if line.startswith("RssAnon")]
    return int(sizes[0]) / 1024 if sizes else 0.0


if __name__ == "__main__":
    main()
