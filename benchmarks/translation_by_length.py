"""How good are translators, and how does it change with the length of the source?

Sources are put into groups of as many as possible by their number of words; BLEU of every model is printed
for each group and for all pairs, and drawn on request.

    python benchmarks/translation_by_length.py runs/attention runs/none --test test.en,test.de
"""

import argparse
from pathlib import Path
from typing import Any

import altair
import numpy as np
from machine import describe_machine

from headgate.data import Pair, read_pairs
from headgate.plots.curves import HEIGHT, WIDTH, write_figure
from headgate.runtime import TextTranslator, load
from headgate.tasks import TranslationMetrics, measure_translations

COLOURS = ("#4e79a7", "#e15759", "#59a14f", "#b07aa1", "#f28e2b", "#499894")


def main() -> None:
    """Print a table, a row a group and a column a model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument(
        "--names", nargs="+", help="what to call the models; their folders' names if not said"
    )
    parser.add_argument("--test", required=True, help="SOURCE,TARGET: two line-aligned files")
    parser.add_argument("--groups", type=int, default=6)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    names = options.names or [Path(model).resolve().name for model in options.models]
    print(describe_machine("numpy", "sacrebleu"))
    pairs = list(read_pairs(options.test))
    groups = group_by_length(pairs, options.groups)
    written = {
        name: translate(model, pairs, options.beam) for name, model in zip(names, options.models, strict=True)
    }
    print("words     pairs  " + "  ".join(f"{name:>12}" for name in names))
    records: list[dict[str, Any]] = []
    for rows in groups:
        lengths = [words(pairs[row]) for row in rows]
        scores = [measure(pairs, written[name], rows).bleu for name in names]
        print_row(f"{min(lengths)}-{max(lengths)}", len(rows), scores)
        mean = float(np.mean(lengths))
        records += [
            {"model": name, "length": mean, "bleu": score} for name, score in zip(names, scores, strict=True)
        ]
    whole = [measure(pairs, written[name], list(range(len(pairs)))) for name in names]
    print_row("all", len(pairs), [metrics.bleu for metrics in whole])
    print(whole[0].signatures["bleu"])
    if options.picture:
        draw(options.picture, records, names)


def words(pair: Pair) -> int:
    """How many the source has, between blanks."""
    return len(pair.source.split())


def group_by_length(pairs: list[Pair], groups: int) -> list[list[int]]:
    """The rows of pairs, shortest sources first, in groups of like size; one length is in one group."""
    lengths = np.array([words(pair) for pair in pairs])
    edges = np.unique(np.quantile(lengths, np.arange(1, groups) / groups))
    group = np.searchsorted(edges, lengths)
    return [np.flatnonzero(group == number).tolist() for number in np.unique(group)]


def translate(model: str, pairs: list[Pair], beam: int) -> list[str]:
    """The best translation of every source."""
    translator = load(model)
    if not isinstance(translator, TextTranslator):
        raise SystemExit(f"{model} is not a translator")
    answers = translator.predict([pair.source for pair in pairs], beam=beam)
    assert isinstance(answers, list)
    return [answer.translation for answer in answers]


def measure(pairs: list[Pair], written: list[str], rows: list[int]) -> TranslationMetrics:
    """The metrics of these rows alone."""
    sources, targets = [pairs[row].source for row in rows], [pairs[row].target for row in rows]
    return measure_translations(sources, [written[row] for row in rows], targets)


def print_row(group: str, pairs: int, scores: list[float]) -> None:
    print(f"{group:<8}  {pairs:5d}  " + "  ".join(f"{score:12.2f}" for score in scores))


def draw(path: Path, records: list[dict[str, Any]], names: list[str]) -> None:
    """A PNG with a line for each model and a point for each group, at the mean length of its sources."""
    colours = altair.Scale(domain=names, range=COLOURS[: len(names)])
    chart = (
        altair.Chart(altair.Data(values=records), width=WIDTH, height=HEIGHT)
        .mark_line(point=altair.OverlayMarkDef(size=70, filled=True), strokeWidth=2.5)
        .encode(
            x=altair.X("length:Q", title="words of the source", scale=altair.Scale(zero=False)),
            y=altair.Y("bleu:Q", title="BLEU"),
            color=altair.Color("model:N", title=None, scale=colours),
        )
    )
    write_figure(path, lambda partial: chart.save(partial, format="png", scale_factor=2))


if __name__ == "__main__":
    main()
