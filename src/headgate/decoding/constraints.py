"""Which tag may follow which: the grammar of the BIO and BIOES schemes, read off the names of the tags.

Both write a segment (a person's name, say) as one tag a token, `B-PER`, `I-PER`, ...; `O` is outside.

    BIO      B begins a segment; I goes on with the segment before it.
    BIOES    the same, and E ends a segment of several tokens; S is a segment of a single one.

(Ramshaw & Marcus 1995 for the idea; B on every first token as in CoNLL-2002.)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Bool

_IN_SCHEME = re.compile(r"(?P<outside>O)|(?P<part>[BIES])(?:-(?P<label>.+))?")


@dataclass(frozen=True)
class AllowedMoves:
    """What a scheme allows: `between[one, next]`, to start with a tag, and to end with it."""

    between: Bool[NDArray[Any], "tag tag"]
    first: Bool[NDArray[Any], " tag"]
    last: Bool[NDArray[Any], " tag"]


def allowed_moves(tags: Sequence[str]) -> AllowedMoves:
    """The moves that the scheme of these tags allows; all of them, where the tags are of no such scheme.

    Tags are of a scheme when each is `O`, or one of B, I, E and S, alone or followed by "-" and a label, and
    when every segment that they can begin can be gone on with: I needs a B of its label; B needs an E and E
    a B where there is an E or S at all, which makes the scheme BIOES. So `NOUN`, `X` and `O-foo` are plain
    tags, and so are IO tags and the `I-PER` that begins a segment in the oldest CoNLL files, where no tag is
    `B-PER`. In files that have both, I after O would be forbidden: they want rewriting to BIO first.
    """
    parts = _parts(tags)
    if not parts:
        everywhere = np.ones(len(tags), np.bool_)
        return AllowedMoves(np.ones((len(tags), len(tags)), np.bool_), everywhere, everywhere)
    ends_marked = any(part in "ES" for part, _ in parts)
    outside = ("O", "")
    between = [[_may_follow(one, following, ends_marked) for following in parts] for one in parts]
    first = [_may_follow(outside, part, ends_marked) for part in parts]
    last = [_may_follow(part, outside, ends_marked) for part in parts]
    return AllowedMoves(np.array(between, np.bool_), np.array(first, np.bool_), np.array(last, np.bool_))


def _parts(tags: Sequence[str]) -> list[tuple[str, str]] | None:
    """Each tag as its part of a segment and the label, if together they are of a scheme."""
    matches = [_IN_SCHEME.fullmatch(tag) for tag in tags]
    parts = [(match["outside"] or match["part"], match["label"] or "") for match in matches if match]
    labels = {letter: {label for part, label in parts if part == letter} for letter in "BIES"}
    whole = labels["I"] <= labels["B"]
    if labels["E"] or labels["S"]:
        whole = whole and labels["B"] == labels["E"]
    return parts if whole and len(parts) == len(tags) else None


def _may_follow(one: tuple[str, str], following: tuple[str, str], ends_marked: bool) -> bool:
    """Whether a tag may follow another; before the first tag and after the last one is as good as outside."""
    part, label = one
    next_part, next_label = following
    goes_on = next_part in "IE"
    if goes_on:
        return part in "BI" and label == next_label
    return not ends_marked or part not in "BI"
