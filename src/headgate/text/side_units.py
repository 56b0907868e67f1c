"""Which kind of units suits one side of translation data, where nobody says."""

from collections.abc import Iterable

SINGLE = 1.1
"""Tokens a line, on average, up to which lines are taken to be single."""

SHORT = 40
"""Characters a line, on average, up to which single lines are short."""

SYMBOLS = 256
"""Distinct tokens, up to which they may be symbols."""

SYMBOL_COUNT = 50
"""How often each symbol occurs at least, on average."""


def choose_unit(lines: Iterable[str]) -> str:
    """The kind of `headgate.text.UNITS` for one side, from its lines or a fair sample of 1000 or more.

    - "char" where a line is one token (at most 1.1 between blanks, on average) of at most 40 characters:
      spellings, names, short lines of a script without blanks, whose characters say as much as subwords do
    - "word" where a line has more tokens, from a small set (at most 256, each seen 50 times on average):
      phonemes, tags, characters written apart
    - "subword" otherwise: sentences. Those of a script without blanks are among them where they are long:
      merged characters make fewer steps, and bytes can write the rare characters that no line has shown

    Blank lines say nothing; without any other the answer is "subword".
    """
    spoken = characters = tokens = 0
    distinct: set[str] = set()
    for line in lines:
        found = line.split()
        if not found:
            continue
        spoken += 1
        characters += len(line.strip())
        tokens += len(found)
        if len(distinct) <= SYMBOLS:  # beyond that the number matters no more
            distinct.update(found)
    if spoken and tokens <= SINGLE * spoken:
        return "char" if characters <= SHORT * spoken else "subword"
    return "word" if 0 < SYMBOL_COUNT * len(distinct) <= tokens and len(distinct) <= SYMBOLS else "subword"
