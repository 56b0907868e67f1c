"""Where a command's lines go: standard output, or a file that appears when it is complete."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from headgate.errors import HeadgateError, OutputError

STANDARD_OUTPUT = "-"


@contextmanager
def line_writer(output: Path | None) -> Generator[Callable[[str], None]]:
    """A function that writes one line; None and "-" are standard output.

    A file is written under a temporary name and renamed at the end; when something fails half-way, what was
    written stays there, and a note on the error says where. Devices and pipes are written as they are.
    """
    if output is None or str(output) == STANDARD_OUTPUT:
        yield print
        return
    in_place = output.exists() and not output.is_file()
    partial = output if in_place else output.with_name(f"{output.name}.partial")
    try:
        # backslashreplace: half a character, as a broken command line may hold, is no UTF-8
        with partial.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            yield lambda line: print(line, file=file)
        if not in_place:
            partial.replace(output)
    except BaseException as error:
        kept = () if in_place or not partial.exists() else (f"what was written so far is in {partial}",)
        if isinstance(error, OSError) and not isinstance(error, HeadgateError):
            reason = error.strerror or str(error)
            raise OutputError("; ".join((f"{output}: cannot be written: {reason}", *kept))) from error
        for note in kept:
            error.add_note(note)
        raise
