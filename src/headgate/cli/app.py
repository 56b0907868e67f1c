"""The commands, and what happens when one fails: one line on standard error and exit status 2."""

import os
import sys
from collections.abc import Callable, Sequence

from cyclopts import App, CycloptsError, UnknownOptionError

from headgate.cli.arguments import OPTIONS, refusal
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
    result_action="return_none",  # a command prints what it has to say; leaving is for `main` to do
    exit_on_error=False,
    print_error=False,
    suppress_keyboard_interrupt=False,
)
train = App(name="train", help="Train a model on your own data.")
app.command(train)
train.command("headgate.cli.train:classification", help="text → label, with a calibrated probability")
train.command("headgate.cli.train:tagging", help="tokens → tags: named entities, parts of speech")
train.command("headgate.cli.train:translation", help="text → text: sentences, spellings, corrections")
train.command("headgate.cli.train:generation", help="text → what comes next: a language model")
app.command("headgate.cli.demo:demo", help="Run every bundled model on one example.")
app.command("headgate.cli.models:models", help="List the bundled models.")
app.command("headgate.cli.predict:predict", help="Answer for texts, a file or standard input.")
app.command("headgate.cli.evaluate:evaluate", help="Measure a model on labelled data.")
app.command("headgate.cli.stream:stream", help="Read a text piece by piece, with an answer after each.")
lab = App(name="lab", help="Experiments on recurrent networks themselves, each one question.")
app.command(lab)
lab.command("headgate.cli.lab:gradients", help="How far back does a gradient reach?")
lab.command("headgate.cli.lab:copy", help="For how long can ten symbols be held while nothing comes?")
lab.command("headgate.cli.lab:adding", help="Can two marked numbers of many be found and added up?")
lab.command("headgate.cli.lab:selective_copy", help="Can sixteen symbols be picked out of noise?")
lab.command("headgate.cli.lab:parity", help="Can a state be followed that each input may turn round?")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    0, 2 for an error that is the user's to mend, or 130 for Ctrl-C.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        _print_utf8()
        _describe(words)
        app([word for word in words if word != "--debug"])
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has closed it (`headgate ... | head`): nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (HeadgateError, CycloptsError, OSError) as error:
        if debug:
            raise
        return _fail(error)
    except KeyboardInterrupt as error:
        _say("interrupted", error)
        return INTERRUPTED
    return 0


def _describe(words: Sequence[str]) -> None:
    """Let the help of the command in `words` be its docstring, not the line that lists it among others."""
    _, path, _ = app.parse_commands([word for word in words if not word.startswith("-")])
    if path[-1].default_command is not None:
        path[-1].help = path[-1].default_command.__doc__ or ""


def _print_utf8() -> None:
    """Whatever the locale, lines are UTF-8; half a character is escaped, in JSON as JSON has it."""
    reconfigure: Callable[..., None] | None = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:  # whoever calls from Python may have put anything in its place
        reconfigure(encoding="utf-8", errors="backslashreplace")


def _fail(error: Exception) -> int:
    message = str(error)
    if isinstance(error, UnknownOptionError):
        message = str(_refusal(error) or error)
    if isinstance(error, OSError) and not isinstance(error, HeadgateError):
        message = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or message
    _say(message, error)
    return FAILURE


def _refusal(error: UnknownOptionError) -> Exception | None:
    """What to say of an option of training that is for another task."""
    task = (error.command_chain or ("",))[-1]
    return refusal((error.token.keyword or "").partition("=")[0], task) if task in OPTIONS else None


def _say(message: str, error: BaseException) -> None:
    """One line, with what was noted on the error on its way."""
    whole = "; ".join((message, *getattr(error, "__notes__", ())))
    print(f"headgate: {' '.join(whole.split())}", file=sys.stderr)
