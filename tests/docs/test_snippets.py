"""What README and tutorials tell users to type is typed here, block after block, in a fresh folder."""

import os
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch

from headgate.cli import main
from headgate.modelfile import bundled_models
from tests.docs.snippets import PYTHON, Snippet, snippets_of

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("tutorial", "tagging", "generation", "translation")),
)
SNIPPETS = [snippet for page in PAGES for snippet in snippets_of(page)]
SHELL_SYNTAX = set("|<>&;$`(*")
"""A command with any of these is bash's to read; any other is run in this process, which is quicker."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """For each page: a folder as a user finds it after a clone, its Python names, and its first failure."""
    made: dict[str, tuple[Path, dict[str, object], list[str]]] = {}
    for page in PAGES:
        folder = tmp_path_factory.mktemp(page.stem)
        shutil.copytree(ROOT / "examples", folder / "examples")
        made[page.name] = (folder, {"__name__": "__main__"}, [])
    return made


@pytest.fixture(autouse=True)
def two_threads():
    """A runner's cores are shared: more threads than two only wait for one another."""
    threads = torch.get_num_threads()
    torch.set_num_threads(min(2, threads))
    yield
    torch.set_num_threads(threads)


TRAINED: dict[str, Path] = {}
"""Command → run folder: a training that two pages show alike is done once, and its folder copied."""


def run_command(command: str) -> None:
    words = [] if SHELL_SYNTAX & set(command) else shlex.split(command)
    if words[:2] == ["headgate", "train"] and "--out" in words:
        run = Path(words[words.index("--out") + 1])
        if command in TRAINED:
            shutil.copytree(TRAINED[command], run)
            return
        TRAINED[command] = run.resolve()
    if words[:1] == ["headgate"]:
        assert main(words[1:]) == 0, command
        return
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_a_snippet_runs(snippet: Snippet, folders, monkeypatch):
    if snippet.skip is not None:
        pytest.skip(snippet.skip or "the page says so")
    folder, names, failed = folders[snippet.page]
    if failed:
        pytest.skip(f"an earlier snippet did not run: {failed[0]}")
    monkeypatch.chdir(folder)
    failed.append(snippet.name)  # until it is known to have run
    if "sentiment" in snippet.code and "sentiment" not in bundled_models():
        pytest.skip("the sentiment model is not bundled yet")
    if snippet.language in PYTHON:
        exec(compile(textwrap.dedent(snippet.code), snippet.name, "exec"), names)
    else:
        for command in snippet.commands:
            run_command(command)
    failed.clear()


def test_the_blocks_of_a_page_are_found_in_order(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        textwrap.dedent(
            """
            ```sh
            scripts/install      # not for tests
            headgate predict model \\
                "a film"   # what it prints stands below
            ```
            Some text.
            <!-- test: skip, it takes an hour -->
            ```console
            $ headgate lab
            an answer
            $ headgate models
            ```

            ```text
            no code
            ```
            ```python
            print("hello")
            ```
            """
        ),
        encoding="utf-8",
    )
    found = snippets_of(page)
    assert [snippet.language for snippet in found] == ["sh", "console", "python"]
    assert found[0].commands == ['headgate predict model      "a film"']
    assert found[1].commands == ["headgate lab", "headgate models"]
    assert [snippet.skip for snippet in found] == [None, "it takes an hour", None]
    assert [snippet.line for snippet in found] == [2, 9, 18]
    assert found[1].name == "page.md:9 (skip: it takes an hour)"
    assert snippets_of(tmp_path / "missing.md") == []


def test_an_options_dollar_or_pipe_goes_through_bash(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_command("printf 'one\\ntwo\\n' | wc -l > lines.txt")
    assert (tmp_path / "lines.txt").read_text(encoding="utf-8").strip() == "2"
    with pytest.raises(AssertionError, match="headgate predict no-such"):
        run_command("headgate predict no-such-model text | cat")
