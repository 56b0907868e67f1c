"""The command line: one command a file, each of which parses, calls and prints."""

from headgate.cli.app import main

__all__ = ["main"]
