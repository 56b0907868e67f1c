"""The learning curves of a training run, from its log."""

import json
from pathlib import Path
from typing import Any

from headgate.errors import DataError, MissingExtraError

try:
    import altair
except ImportError as error:
    raise MissingExtraError("drawing", "plot") from error

WIDTH, HEIGHT = 420, 260


def draw_curves(run: str | Path) -> tuple[Path, Path]:
    """Draw `curves.png` and `curves.html` in a run folder; the page needs no network.

    Loss on the training texts and on dev, and the dev measures that lie between 0 and 1, over epochs.
    Raises DataError when the run has no epoch in its log.
    """
    run = Path(run)
    epochs = _epochs(run / "log.jsonl")
    losses = [name for name in epochs[0] if name.endswith("loss")]
    measures = [name for name in epochs[0] if name.startswith("dev_") and name not in losses]
    chart = altair.hconcat(
        _panel(epochs, losses, "loss (nats)", zero=True), _panel(epochs, measures, "share", zero=False)
    ).properties(title=run.name)
    picture, page = run / "curves.png", run / "curves.html"
    chart.save(picture, scale_factor=2)
    chart.save(page, inline=True)
    return picture, page


def _panel(epochs: list[dict[str, Any]], names: list[str], title: str, *, zero: bool) -> altair.LayerChart:
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
    records = [json.loads(line) for line in log.read_text(encoding="utf-8").split("\n") if line]
    epochs = [record for record in records if record["event"] == "epoch"]
    if not epochs:
        raise DataError("no epoch in it yet, so there is nothing to draw", path=log)
    return epochs
