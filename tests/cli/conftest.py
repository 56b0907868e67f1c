import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from rich.console import Console

from headgate.cli.app import app, main


@dataclass(frozen=True)
class Outcome:
    """What a command did: its exit status and what it printed."""

    status: int
    out: str
    err: str


def records(out: str) -> list[dict]:
    """The JSON objects of a command's lines."""
    return [json.loads(line) for line in out.splitlines()]


def assert_one_line(done: Outcome, *parts: object) -> None:
    """An error that is the user's to mend: one line that says all this, and nothing else."""
    assert (done.status, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert done.err.startswith("headgate: ")
    assert "Traceback" not in done.err
    for part in parts:
        assert str(part) in done.err


@pytest.fixture
def headgate(capsys, monkeypatch) -> Callable[..., Outcome]:
    """A function that runs a command line in this process, with `stdin` on its standard input."""

    def run(*arguments: object, stdin: str | bytes = b"") -> Outcome:
        content = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return run


@pytest.fixture
def wide_pages() -> Iterator[None]:
    """Help pages with an option a line, whatever the terminal."""
    app.console = Console(width=500)
    yield
    app.console = None
