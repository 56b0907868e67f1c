"""The snippets of a Markdown page, in order, and how each is run."""

import re
from dataclasses import dataclass
from pathlib import Path

PYTHON = ("python",)
SHELL = ("console", "bash", "sh", "shell")

NOT_RUN = (
    *("#", "pip ", "python -m pip", "python3 -m venv", "source ", ". ", "git ", "cd ", "curl ", "scripts/"),
    *("conda ", "uv ", "torchrun "),
)
"""What a command that installs, fetches or moves begins with: this much of a page is not for tests to run."""

_BLOCK = re.compile(
    r"(?:<!--\s*test:\s*skip(?P<why>.*?)-->\s*\n+)?"
    r"^(?P<fence>```+)(?P<language>\w*)[^\n]*\n(?P<code>.*?)^(?P=fence)[ ]*$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Snippet:
    """One block of code; `skip` is the page's own reason not to run it, None where there is none."""

    page: str
    line: int
    language: str
    code: str
    skip: str | None

    @property
    def name(self) -> str:
        """Where it stands, with the reason where it is not run."""
        why = "" if self.skip is None else f" (skip: {self.skip or 'no reason given'})"
        return f"{self.page}:{self.line}{why}"

    @property
    def commands(self) -> list[str]:
        """The command lines of a shell block that are run, as one line each.

        In a block with prompts ("$ ") only lines after a prompt are commands, the others what they print.
        """
        lines = self.code.replace("\\\n", " ").split("\n")
        if any(line.startswith("$ ") for line in lines):
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        commands = [re.sub(r"\s{2,}#\s.*$", "", line).strip() for line in lines]
        return [line for line in commands if line and not line.startswith(NOT_RUN)]


def snippets_of(page: Path) -> list[Snippet]:
    """The Python and shell blocks of a page; none for a page that does not exist."""
    if not page.is_file():
        return []
    text = page.read_text(encoding="utf-8")
    return [
        Snippet(
            page.name,
            text.count("\n", 0, found.start("fence")) + 1,
            found["language"],
            found["code"],
            None if found["why"] is None else found["why"].strip(" :,"),
        )
        for found in _BLOCK.finditer(text)
        if found["language"] in PYTHON + SHELL
    ]
