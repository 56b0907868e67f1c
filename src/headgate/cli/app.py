"""The commands, and what happens when one fails: one line on standard error and exit status 2."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from headgate.errors import HeadgateError
from headgate.version import VERSION

FAILURE = 2
INTERRUPTED = 130
"""What a shell reports for a program ended by Ctrl-C."""

app = App(
    name="headgate",
    help="Natural language processing with recurrent networks: train on a laptop, run without PyTorch.",
    version=VERSION,
    help_epilogue="Any command takes --debug, which shows the traceback of an error.",
)
train = App(name="train", help="Train a model on your own data.")
app.command(train)
train.command("headgate.cli.train:classification", help="text → label, with a calibrated probability")
app.command("headgate.cli.demo:demo", help="Run every bundled model on one example.")
app.command("headgate.cli.models:models", help="List the bundled models.")
app.command("headgate.cli.predict:predict", help="Answer for texts, a file or standard input.")
app.command("headgate.cli.evaluate:evaluate", help="Measure a model on labelled data.")
app.command("headgate.cli.stream:stream", help="Read a text piece by piece, with an answer after each.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 2 for an error that is the user's to mend, 130 for Ctrl-C."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        app([word for word in words if word != "--debug"], exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except (HeadgateError, CycloptsError) as error:
        if debug:
            raise
        return _fail(str(error))
    except BrokenPipeError:
        # Whoever read our output has closed it (`headgate ... | head`): nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if debug:
            raise
        place = f"{error.filename}: " if error.filename else ""
        return _fail(f"{place}{error.strerror or error}")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def _fail(message: str) -> int:
    print(f"headgate: {' '.join(message.split())}", file=sys.stderr)
    return FAILURE
