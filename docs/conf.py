"""Sphinx configuration: `sphinx-build -W docs docs/_build` (extra `docs`)."""

import tomllib
from pathlib import Path

_project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))

project = _project["project"]["name"].capitalize()
author = _project["project"]["authors"][0]["name"]
project_copyright = f"2026, {author}"
version = release = _project["project"]["version"]

extensions = ["myst_parser", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "furo"
html_title = f"{project} {version}"
