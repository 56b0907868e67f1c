"""Every error that Headgate raises on purpose.

    HeadgateError
    ├── ConfigError          a parameter, setting or command-line value breaks its rule
    ├── DataError            a data file cannot be read as asked: names the file and, where known, the line
    ├── ModelError           a model folder is missing, damaged, tampered with or too new
    ├── OutputError          a result could not be written (full disk, no permission)
    └── MissingExtraError    an optional dependency is not installed: names the command that installs it

The command line prints any of these as one line and exits with status 2.
A message says what is wrong, where, the rule, the value got and the fix.
"""

from __future__ import annotations

from pathlib import Path


class HeadgateError(Exception):
    """The base of every error that Headgate raises on purpose."""


class ConfigError(HeadgateError, ValueError):
    """A parameter, setting or command-line value breaks its rule."""


class DataError(HeadgateError, ValueError):
    """A data file cannot be read as asked.

    `problem` is the sentence after the place; `path` and `line` (counted from 1) are the place.
    """

    def __init__(self, problem: str, *, path: str | Path | None = None, line: int | None = None) -> None:
        self.problem = problem
        self.path = path
        self.line = line
        place = "" if path is None else f"{path}: " if line is None else f"{path} line {line}: "
        super().__init__(f"{place}{problem}")


class ModelError(HeadgateError):
    """A model folder is missing, damaged, tampered with or too new."""


class OutputError(HeadgateError, OSError):
    """A result could not be written; what was there before is untouched."""


class MissingExtraError(HeadgateError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f'{what} needs an optional dependency: pip install "headgate[{extra}]"')
