"""A module fits in the head, says what it is for, and shows what is public."""

import ast
import importlib
from pathlib import Path

import pytest

import headgate

ROOT = Path(headgate.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
PACKAGES = [path.parent for path in MODULES if path.name == "__init__.py"]
LONGEST_MODULE = 300
LONGEST_FUNCTION = 60


def named(path: Path) -> str:
    return str(path.relative_to(ROOT.parent))


def lines_of_body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function after its signature and docstring, which may explain many parameters."""
    first = function.body[1 if ast.get_docstring(function) and len(function.body) > 1 else 0]
    return function.end_lineno - first.lineno + 1


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_says_what_it_is_for_and_is_short(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert path.name == "__main__.py" or ast.get_docstring(tree)
    assert len(text.split("\n")) - 1 <= LONGEST_MODULE
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {function.name: lines_of_body(function) for function in functions}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_module_is_named_after_nothing(path):
    assert path.stem not in {"utils", "util", "helpers", "common", "misc"}


@pytest.mark.parametrize("folder", PACKAGES, ids=named)
def test_what_a_package_shows_is_sorted_and_there(folder):
    package = importlib.import_module(".".join(folder.relative_to(ROOT.parent).parts))
    shown = package.__all__

    def constants_then_classes_then_functions(name):  # the order that ruff keeps (RUF022)
        return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)

    assert shown == sorted(shown, key=constants_then_classes_then_functions)
    assert len(set(shown)) == len(shown)
    for name in shown:
        assert getattr(package, name) is not None
