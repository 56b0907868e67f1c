"""How many sentences does a translator translate in a second, without PyTorch?

Greedy and with a beam in turns, over all sources of a file; medians over rounds, the first of which warms up.

    python benchmarks/translation_rate.py runs/attention --sources test.en
"""

import argparse
import statistics
import time
from pathlib import Path

from machine import describe_machine

from headgate.runtime import TextTranslator, load


def main() -> None:
    """Print sentences a second for each width of the beam."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--sources", type=Path, required=True, help="a text file, a source a line")
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    translator = load(options.model)
    if not isinstance(translator, TextTranslator):
        parser.error(f"{options.model} is not a translator")
    print(describe_machine("numpy"))
    sources = options.sources.read_text(encoding="utf-8").splitlines()
    rates: dict[int, list[float]] = {beam: [] for beam in options.beams}
    for round_number in range(options.rounds + 1):
        for beam, of_beam in rates.items():
            started = time.perf_counter()
            translator.predict(sources, beam=beam)
            if round_number:
                of_beam.append(len(sources) / (time.perf_counter() - started))
    for beam, of_beam in rates.items():
        print(
            f"beam {beam}: {statistics.median(of_beam):.0f} sentences/s "
            f"({min(of_beam):.0f} to {max(of_beam):.0f}; {len(sources)} sources)"
        )


if __name__ == "__main__":
    main()
