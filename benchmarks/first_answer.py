"""How long from pressing return to the first answer, and where does that time go?

Times whole processes, one after the other in rounds: Python alone, Python with NumPy, `headgate --help` and
`headgate predict MODEL TEXT`. Wall time is what a user waits for; processor time tells a slow program from a
busy machine. Then lists what `predict` imports, by distribution, with the time each takes to import.

    python benchmarks/first_answer.py sentiment
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from machine import describe_machine

BOUND = 0.5
"""Seconds in which the first answer must come."""
IMPORT_RUNS = 5
"""The least time of so many runs is shown: a busy machine adds to some of them."""
STANDARD_LIBRARY = "standard library"


def main() -> None:
    """Print a row for each command, then a row for each package that is imported on the way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", help="a model folder or the name of a bundled model")
    parser.add_argument("--text", default="This movie was great")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--packages", type=int, default=20, help="rows of the list of imports (20)")
    options = parser.parse_args()

    headgate = str(Path(sys.executable).with_name("headgate"))
    predict = ["predict", options.model, options.text]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
        "headgate --help": [headgate, "--help"],
        "headgate predict": [headgate, *predict],
    }
    print(describe_machine("numpy"))
    # An installed package has its bytecode beside it; one that is being worked on gets it in the first run.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for command in commands.values():
        run(command)  # once unmeasured: files are read from disk, modules compiled
    timings: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            timings[name].append(run(command))

    print(f"\nseconds, {options.rounds} runs       wall: median    least     most   processor: median")
    for name, pairs in timings.items():
        wall = [seconds for seconds, _ in pairs]
        processor = statistics.median(seconds for _, seconds in pairs)
        median = statistics.median(wall)
        print(f"{name:<28} {median:11.3f} {min(wall):8.3f} {max(wall):8.3f} {processor:19.3f}")
    median = statistics.median(seconds for seconds, _ in timings["headgate predict"])
    print(f"the first answer must come within {BOUND} s: {'it does' if median <= BOUND else 'IT DOES NOT'}")

    command = [sys.executable, "-X", "importtime", "-m", "headgate", *predict]
    samples = [imports(command) for _ in range(IMPORT_RUNS)]
    modules = samples[0][1]
    times = Counter({package: min(sample[package] for sample, _ in samples) for package in modules})
    print("\nimported by predict          modules    own milliseconds")
    for package, microseconds in times.most_common(options.packages):
        print(f"{package:<28} {modules[package]:7d} {microseconds / 1000:19.1f}")
    others = sorted(set(times) - {STANDARD_LIBRARY, "headgate"})
    print(f"from outside: {', '.join(others)}")


def run(command: list[str]) -> tuple[float, float]:
    """Wall time and processor time of one process from start to end, in seconds."""
    before, started = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, getrusage(RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def imports(command: list[str]) -> tuple[Counter[str], Counter[str]]:
    """By package: microseconds of importing, what a module imports in turn left out; and how many modules."""
    errors = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    installed = {"headgate", *packages_distributions()}  # an editable install does not list its packages
    times: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for line in errors.split("\n"):
        fields = line.removeprefix("import time:").split("|")
        if not line.startswith("import time:") or not fields[0].strip().isdigit():
            continue
        package = fields[2].strip().partition(".")[0]
        if package not in installed:
            package = STANDARD_LIBRARY
        times[package] += int(fields[0])
        modules[package] += 1
    return times, modules


if __name__ == "__main__":
    main()
