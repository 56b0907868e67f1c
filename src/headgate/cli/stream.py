"""`headgate stream`: text in piece by piece on standard input, one JSON line out as soon as each is known."""

import json

from headgate.data import read_lines
from headgate.runtime import load


def stream(model: str) -> None:
    """Read standard input line by line; after each line, answer for all the text so far.

    An empty line ends a text: the next line begins a new one. Memory and time a word stay constant however
    long a text grows.

    Parameters
    ----------
    model
        A left-to-right model: a folder, the name of a bundled model or a hub id.
    """
    classifier = load(model)
    reader = classifier.stream()
    for line in read_lines("-"):
        if not line.strip():
            reader = classifier.stream()
            continue
        print(json.dumps(reader.push(line).to_json(line), ensure_ascii=False), flush=True)
