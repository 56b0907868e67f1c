"""`headgate lab`: experiments on recurrent networks themselves, each one question."""

import json
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from headgate.cli.arguments import Device
from headgate.cli.writing import line_writer

if TYPE_CHECKING:
    from headgate.lab import Check, GradientCurve, Outcome, Question

LAGS = (1, 10, 30, 100, 300, 1_000)
"""The lags that the table of gradients shows."""

Several = Parameter(consume_multiple=True, negative="")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Trial:
    """What every problem takes."""

    cells: Annotated[tuple[str, ...] | None, Several] = None
    """The cells to try, of rnn, lstm, gru, original_gru, mingru, minlstm, qrnn."""
    lengths: Annotated[tuple[int, ...] | None, Several] = None
    """The lengths to train at; also the memory that the first weights are made for."""
    hidden: int | None = None
    """Units of a layer."""
    layers: int | None = None
    """Recurrent layers."""
    budget: int | None = None
    """Batches at the full length, at the most; shorter ones count by their steps."""
    batch: int | None = None
    """Sequences in a batch."""
    learning_rate: float | None = None
    """Of AdamW."""
    seed: int = 1
    """Decides everything random."""
    device: Device = "auto"
    """auto takes a GPU where there is one."""
    out: Path | None = None
    """The folder for the picture and the figures; runs/lab when not said."""


def copy(*, trial: Trial | None = None) -> None:
    """Copy memory: read ten symbols, wait for `length` steps, say them again."""
    _try("copy", trial)


def adding(*, trial: Trial | None = None) -> None:
    """The adding problem: of `length` numbers add up the two that are marked."""
    _try("adding", trial)


def selective_copy(*, trial: Trial | None = None) -> None:
    """Selective copying: find sixteen symbols in `length` steps, say them again in order."""
    _try("selective-copy", trial)


def parity(*, trial: Trial | None = None) -> None:
    """Parity: say after each of `length` bits whether the ones so far are odd in number."""
    _try("parity", trial)


def gradients(
    *,
    cells: Annotated[tuple[str, ...] | None, Several] = None,
    length: int = 100,
    hidden: int = 64,
    budget: int = 150,
    seed: int = 1,
    out: Path | None = None,
) -> None:
    """Gradients by lag: how much of dLoss/dh_t and dLoss/dc_t is left so many steps before the loss.

    Parameters
    ----------
    cells
        The cells to compare; all of them when not said.
    length
        The steps of a sequence.
    hidden
        Units of the one layer.
    budget
        Batches of training before the last panel, on the adding problem.
    seed
        Decides everything random.
    out
        The folder for the picture and the figures; runs/lab when not said.
    """
    from headgate.lab import GradientSettings, compare_gradients
    from headgate.plots.experiments import draw_gradients

    chosen = {} if cells is None else {"cells": cells}
    settings = GradientSettings(length=length, hidden=hidden, budget=budget, seed=seed, **chosen)
    folder = _folder(out)
    curves = compare_gradients(settings, lambda line: print(line, file=sys.stderr))
    records = [vars(curve) for curve in curves]
    _write(folder / "gradients.json", {"settings": vars(settings), "curves": records})
    draw_gradients(
        folder / "gradients.png", records, title=f"How far back a gradient reaches ({length} steps)"
    )
    _print_gradients(curves, length)
    print(f"picture  {folder / 'gradients.png'}")


def _try(name: str, trial: Trial | None) -> None:
    from headgate.lab import QUESTIONS, ask
    from headgate.plots.experiments import draw_scores

    trial = trial or Trial()
    question = _question(QUESTIONS[name], trial)
    folder = _folder(trial.out)
    picture = folder / f"{name}.png"
    problem = question.problem

    def keep(outcomes: "Sequence[Outcome]") -> None:
        """After every network, so that a run which is broken off leaves what it had."""
        records = [outcome.to_record() for outcome in outcomes]
        _write(folder / f"{name}.json", {"settings": vars(question.settings), "outcomes": records})
        draw_scores(
            picture,
            records,
            title=problem.title,
            measure=problem.measure,
            lines={"chance": problem.chance, "solved": problem.solved},
            logarithmic=problem.measure != "accuracy",
        )

    with _progress() as watch:
        outcomes = ask(question, watch=watch, done=keep)
    _print_scores(question, outcomes)
    print(f"picture  {picture}")


def _question(usual: "Question", trial: Trial) -> "Question":
    """The question as it was asked: what was not said is as usual."""
    names = ("hidden", "layers", "budget", "batch", "learning_rate")
    said = {name: getattr(trial, name) for name in names if getattr(trial, name) is not None}
    settings = replace(usual.settings, seed=trial.seed, device=trial.device, **said)
    cells, lengths = trial.cells or usual.cells, trial.lengths or usual.lengths
    return replace(usual, cells=cells, lengths=lengths, settings=settings)


def _folder(out: Path | None) -> Path:
    folder = Path("runs", "lab") if out is None else out
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(path: Path, record: dict[str, Any]) -> None:
    with line_writer(path) as write:
        write(json.dumps(record))


@contextmanager
def _progress() -> "Generator[Callable[[str, int, Check], None]]":
    """A bar a network with the time that is left, on a terminal; elsewhere a line now and then."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    bars: dict[tuple[str, int], TaskID] = {}
    with Progress(console=console, disable=not console.is_terminal) as progress:

        def watch(cell: str, length: int, check: "Check") -> None:
            state = (
                f"trained at {check.trained_length}: loss {check.loss:.4f}, at {length}: {check.score:.4f}"
            )
            if console.is_terminal:
                if (cell, length) not in bars:
                    bars[cell, length] = progress.add_task(cell, total=1.0)
                progress.update(bars[cell, length], completed=check.spent, description=f"{cell} {state}")
            else:
                console.print(f"{cell}  {check.spent:4.0%} of the budget  {state}  {check.seconds:.0f} s")

        yield watch


def _print_scores(question: "Question", outcomes: "Sequence[Outcome]") -> None:
    measure = question.problem.measure
    print(f"cell          trained at  tested at  {measure}  solved  batches  seconds  parameters")
    for outcome in outcomes:
        last = outcome.checks[-1]
        for length, score in outcome.scores.items():
            solved = "yes" if question.problem(length).is_solved(score) else "no"
            line = f"{outcome.cell:<12}  {outcome.length:>10}  {length:>9}  {score:{len(measure)}.4f}"
            print(f"{line}  {solved:<6}  {last.batches:>7}  {last.seconds:>7.0f}  {outcome.parameters:>10}")
    print(f"{measure} by chance: {question.problem.chance:.4f}")


def _print_gradients(curves: "Sequence[GradientCurve]", length: int) -> None:
    lags = [lag for lag in LAGS if lag < length] + [length]
    for place, curve in enumerate(curves):
        if not place or curves[place - 1].setting != curve.setting:
            print(f"{curve.setting}\n  network       by      " + "".join(f"  lag {lag:<5}" for lag in lags))
        norms = "".join(f"  {curve.norms[lag]:9.1e}" for lag in lags)
        print(f"  {curve.network:<12}  {curve.part:<6}  {norms}")
