"""The objects of a jsonl file, one a line, with their lines. Blank lines are skipped."""

import json
from collections.abc import Iterable, Iterator
from typing import cast

from headgate.errors import DataError


def json_objects(lines: Iterable[str], path: str) -> Iterator[tuple[int, dict[str, object]]]:
    """Each line's number, counted from 1, and its object, all of whose text can be written as UTF-8.

    DataError names the line of what is no JSON object; a file of blank lines is one, too.
    """
    has_objects = False
    for line, text in enumerate(lines, start=1):
        if not text.isspace():
            has_objects = True
            yield line, _object(text, path, line)
    if not has_objects:
        raise DataError("only blank lines; one JSON object a line is needed", path=path, line=1)


def _object(text: str, path: str, line: int) -> dict[str, object]:
    try:
        found: object = json.loads(text)
        if "\\u" in text:
            # Half a surrogate pair is no character: let through, it would fail wherever it is next written.
            json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        problem = f"not JSON: {error.msg} at character {error.pos + 1} (one JSON object a line is needed)"
        raise DataError(problem, path=path, line=line) from error
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        problem = f"{half} is half a character (an escape beyond U+FFFF needs both its halves)"
        raise DataError(problem, path=path, line=line) from error
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, thousands of brackets
        raise DataError(f"JSON that cannot be read: {error}", path=path, line=line) from error
    if not isinstance(found, dict):
        problem = f"a JSON {type(found).__name__}, not an object (one JSON object a line is needed)"
        raise DataError(problem, path=path, line=line)
    return cast(dict[str, object], found)
