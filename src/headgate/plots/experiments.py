"""The pictures of the lab: how cells learn a problem and how well they solve it, and gradients by lag."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import altair

from headgate.plots.curves import HEIGHT, WIDTH, write_figure

Record: TypeAlias = Mapping[str, Any]

COLOURS = {
    "rnn": "#e15759",
    "lstm": "#4e79a7",
    "gru": "#59a14f",
    "original_gru": "#9c755f",
    "mingru": "#f28e2b",
    "minlstm": "#b07aa1",
    "qrnn": "#499894",
}
"""A cell has one colour in all pictures."""
SCALED = ("#f4a582", "#e15759", "#b2182b", "#67001f")
"""For networks that are no cell of their own, from light to dark in their order."""
GREY = "#666"
POWER = "format(datum.value, datum.value < 0.001 || datum.value > 1000 ? '~e' : '~g')"
FLOOR = 1e-8
"""Gradients smaller than this are not drawn."""


def draw_scores(
    path: Path,
    records: Sequence[Record],
    *,
    title: str,
    measure: str,
    lines: Mapping[str, float],
    logarithmic: bool,
) -> None:
    """Draw a PNG: on the left scores at the full length while training, on the right what came of it.

    Each record has a `cell`, the `length` it was trained at, `checks` with `batches` and `score`, and `tests`
    with `length` and `score`. `lines` are values to compare with, by what they are called. Raises OutputError
    when the file cannot be written.
    """
    scores = [made["score"] for record in records for made in (*record["checks"], *record["tests"])]
    axis = _powers_of_ten("score:Q", measure, [*scores, *lines.values()]) if logarithmic else _shares(measure)
    several = len({record["length"] for record in records}) > 1
    colour = _colour([record["cell"] for record in records])
    compared = _compared(lines, axis)
    left = _learning(records, axis, colour, several) + compared
    right = _tests(records, axis, colour, several) + compared
    chart = altair.hconcat(left, right).properties(title=title)
    write_figure(path, lambda partial: chart.save(partial, format="png", scale_factor=2))


def _learning(records: Sequence[Record], axis: altair.Y, colour: altair.Color, several: bool) -> altair.Chart:
    rows = [
        {"of": record["cell"], "length": record["length"], **check}
        for record in records
        for check in record["checks"]
    ]
    title = "while training, at the full length"
    chart = altair.Chart(altair.Data(values=rows), width=WIDTH, height=HEIGHT, title=title)
    batches = altair.X("batches:Q", title="batches, short ones first", scale=altair.Scale(zero=True))
    chart = chart.mark_line(point=True).encode(x=batches, y=axis, color=colour)
    return chart.encode(strokeDash=altair.StrokeDash("length:O", title="length")) if several else chart


def _tests(records: Sequence[Record], axis: altair.Y, colour: altair.Color, several: bool) -> altair.Chart:
    rows: list[dict[str, Any]] = []
    for record in records:
        for test in record["tests"]:
            own = not several or test["length"] == record["length"]
            name = str(test["length"]) if own else f"{test['length']} after {record['length']}"
            rows.append({"of": record["cell"], "tested": name, "score": test["score"]})
    lengths: list[str] = list(dict.fromkeys(row["tested"] for row in rows))
    cells: list[str] = list(dict.fromkeys(row["of"] for row in rows))
    return (
        altair.Chart(altair.Data(values=rows), width=WIDTH, height=HEIGHT, title="when trained")
        .mark_point(filled=True, size=110, opacity=1)
        .encode(
            x=altair.X("tested:N", title="length tested at", sort=lengths, axis=altair.Axis(labelAngle=0)),
            xOffset=altair.XOffset("of:N", sort=cells),
            y=axis,
            color=colour,
        )
    )


def _compared(lines: Mapping[str, float], axis: altair.Y) -> altair.LayerChart | altair.FacetChart:
    rows = [{"name": name, "score": value} for name, value in lines.items()]
    base = altair.Chart(altair.Data(values=rows)).encode(y=axis)
    label = base.mark_text(align="left", baseline="bottom", dx=4, dy=-2, color=GREY)
    return base.mark_rule(strokeDash=[6, 4], color=GREY) + label.encode(x=altair.value(0), text="name:N")


def draw_gradients(path: Path, records: Sequence[Record], *, title: str) -> None:
    """Draw a PNG with a panel for each `setting`: the relative norms of gradients by lag.

    Each record has its `setting`, the `network`, the `part` of the state (hidden or cell) and `norms`, one a
    lag from 0 on. Raises OutputError when the file cannot be written.
    """
    settings = list(dict.fromkeys(record["setting"] for record in records))
    panels = [_panel([record for record in records if record["setting"] == name], name) for name in settings]
    rows = [altair.hconcat(*panels[start : start + 2]) for start in range(0, len(panels), 2)]
    chart = altair.vconcat(*(row.resolve_scale(color="independent") for row in rows)).properties(title=title)
    write_figure(path, lambda partial: chart.save(partial, format="png", scale_factor=2))


def _panel(records: Sequence[Record], title: str) -> altair.Chart:
    rows = [
        {"of": record["network"], "part": record["part"], "lag": lag, "norm": norm}
        for record in records
        for lag, norm in enumerate(record["norms"])
        if norm >= FLOOR
    ]
    return (
        altair.Chart(altair.Data(values=rows), width=WIDTH, height=HEIGHT, title=title)
        .mark_line(strokeWidth=2)
        .encode(
            x=altair.X("lag:Q", title="steps back from the loss"),
            y=_powers_of_ten("norm:Q", "gradient, share of the last step's", [row["norm"] for row in rows]),
            color=_colour([record["network"] for record in records]),
            strokeDash=altair.StrokeDash(
                "part:N",
                title=None,
                scale=altair.Scale(domain=["hidden", "cell"], range=[[1, 0], [6, 3]]),
                legend=altair.Legend(
                    orient="right",
                    labelExpr="datum.label == 'hidden' ? 'by the hidden state' : 'by the memory cell'",
                ),
            ),
        )
    )


def _colour(names: Sequence[str]) -> altair.Color:
    """Cells in their own colours, in the order they are given; other names from light to dark."""
    domain = list(dict.fromkeys(names))
    colours = [COLOURS.get(name, SCALED[place % len(SCALED)]) for place, name in enumerate(domain)]
    return altair.Color(
        "of:N",
        title=None,
        scale=altair.Scale(domain=domain, range=colours),
        legend=altair.Legend(orient="right"),
    )


def _shares(title: str) -> altair.Y:
    return altair.Y("score:Q", title=title, scale=altair.Scale(domain=[0, 1]))


def _powers_of_ten(field: str, title: str, values: Sequence[float]) -> altair.Y:
    """A logarithmic axis around these values, with a line at whole powers of ten, twelve at the most."""
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    last = max(last, first + 1)
    ticks = [10.0**power for power in range(first, last + 1, 1 + (last - first) // 12)]
    scale = altair.Scale(type="log", domain=[10.0**first, 10.0**last])
    return altair.Y(field, title=title, scale=scale, axis=altair.Axis(values=ticks, labelExpr=POWER))
