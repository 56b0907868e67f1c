"""Where a command's lines go: standard output, or a file that appears when it is complete."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from headgate.errors import OutputError


@contextmanager
def line_writer(output: Path | None) -> Iterator[Callable[[str], None]]:
    """A function that writes one line.

    A file is written under a temporary name and renamed at the end; when something fails half-way, what was
    written stays there, and the OutputError for a write that failed says where.
    """
    if output is None:
        yield lambda line: print(line)
        return
    partial = output.with_name(f"{output.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:

            def write(line: str) -> None:
                file.write(line + "\n")

            yield write
        os.replace(partial, output)
    except OSError as error:
        kept = f"; what was written so far is in {partial}" if partial.exists() else ""
        raise OutputError(f"{output}: cannot be written: {error.strerror or error}{kept}") from error
    except BaseException:
        print(f"headgate: what was written so far is in {partial}", file=sys.stderr)
        raise
