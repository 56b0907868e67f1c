"""The learning curves of a training run, from its log."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headgate.errors import DataError, MissingExtraError, OutputError

try:
    import altair
except ImportError as error:
    raise MissingExtraError("drawing", "plot") from error

WIDTH, HEIGHT = 420, 260


def draw_curves(run: str | Path) -> tuple[Path, Path]:
    """Draw `curves.png` and `curves.html` in a run folder; the page needs no network.

    Loss on the training texts and on dev, and the other dev measures, over epochs.
    Raises DataError when the run has no log or no epoch in it, OutputError when a file cannot be written.
    """
    run = Path(run)
    epochs = _epochs(run / "log.jsonl")
    losses = [name for name in epochs[0] if name.endswith("loss")]
    measures = [name for name in epochs[0] if name.startswith("dev_") and name not in losses]
    unit = "bits" if measures == ["dev_bits_per_character"] else "share"
    chart = altair.hconcat(
        _panel(epochs, losses, "loss (nats)", zero=True), _panel(epochs, measures, unit, zero=False)
    ).properties(title=run.resolve().name)
    picture, page = run / "curves.png", run / "curves.html"
    write_figure(picture, lambda path: chart.save(path, format="png", scale_factor=2))
    write_figure(page, lambda path: chart.save(path, format="html", inline=True))
    return picture, page


def write_figure(path: Path, save: Callable[[Path], object]) -> None:
    """Write under a temporary name, then rename: no file is ever half a picture. Raises OutputError."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        save(partial)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _panel(
    epochs: list[dict[str, Any]], names: list[str], title: str, *, zero: bool
) -> altair.LayerChart | altair.FacetChart:
    rows = [
        {"epoch": record["epoch"], "value": record[name], "of": name.replace("_", " ")}
        for record in epochs
        for name in names
    ]
    base = altair.Chart(altair.Data(values=rows)).encode(
        x=altair.X("epoch:Q", title="epoch", axis=altair.Axis(tickMinStep=1, format="d")),
        y=altair.Y("value:Q", title=title, scale=altair.Scale(zero=zero)),
        color=altair.Color("of:N", title=None, legend=altair.Legend(orient="top")),
        tooltip=["of:N", "epoch:Q", altair.Tooltip("value:Q", format=".4f")],
    )
    return (base.mark_line() + base.mark_point(filled=True)).properties(width=WIDTH, height=HEIGHT)


def _epochs(log: Path) -> list[dict[str, Any]]:
    """The epochs in a log, in order; of one that was done twice, after an interruption, the second counts."""
    try:
        lines = log.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"no log that can be read ({error})", path=log) from error
    epochs: dict[int, dict[str, Any]] = {}
    for number, line in enumerate(lines, start=1):
        try:
            record: Any = json.loads(line) if line else {"event": None}
            if record["event"] == "epoch":
                epochs[record["epoch"]] = record
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"not a line of a training log ({error!r})", path=log, line=number) from error
    if not epochs:
        raise DataError("no epoch in it yet, so there is nothing to draw", path=log)
    return [epochs[epoch] for epoch in sorted(epochs)]
