"""Byte pairs merged within a word by chance: BPE dropout (Provilkov et al. 2020, algorithm 1).

A word begins as its bytes. At each step it has its choices: every two neighbours that a merge is known for,
each occurrence by itself. Each choice is skipped with probability `dropout`; of the others that of the
earliest merge is taken, among equals that furthest left. The word is done when all choices of a step are
skipped, or there are none. Without dropout that is byte pair encoding itself.

As choices are skipped independently, the number skipped before the first that is not is geometric. So one
number decides a step, and what a word can become is a tree whose branches are these numbers. As far as words
have walked it, the tree is kept: a merge is computed the first time, and looked up from then on.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

IDS_KEPT = 1 << 20
"""Ids in all trees before they are felled and grow anew: some 70 MB."""


class _Split:
    """One way to cut a word: its ids, and its choices, best first.

    A choice is the place of the first of the two that are merged, or, once taken, the split it leads to.
    """

    __slots__ = ("choices", "ids")

    def __init__(self, ids: tuple[int, ...], choices: "list[int | _Split]") -> None:
        self.ids = ids
        self.choices = choices


class Merging:
    """Merges the symbols of words; a symbol is a character that stands for a byte.

    `ids`: of every symbol and of all that is merged from them; `merges`: pairs of its keys that together are
    a key as well, the earliest first.
    """

    def __init__(self, ids: Mapping[str, int], merges: Iterable[tuple[str, str]]) -> None:
        self._symbols = ids
        self._made = {
            (ids[left], ids[right]): (rank, ids[left + right]) for rank, (left, right) in enumerate(merges)
        }
        self._trees: dict[str, _Split] = {}
        self._ids_kept = 0

    def merge(self, word: str, skips: Iterator[int]) -> tuple[int, ...]:
        """The ids that a word of symbols becomes.

        `skips` says for each step how many choices are skipped; a word of n symbols takes n - 1 at most.
        """
        if self._ids_kept > IDS_KEPT:
            self._trees.clear()
            self._ids_kept = 0
        split = self._trees.get(word)
        if split is None:
            split = self._trees[word] = self._split(tuple([self._symbols[symbol] for symbol in word]))
        while split.choices:
            skipped = next(skips)
            if skipped >= len(split.choices):
                break
            choice = split.choices[skipped]
            if isinstance(choice, int):
                choice = self._split(self._merged(split.ids, choice))
                split.choices[skipped] = choice
            split = choice
        return split.ids

    def _split(self, ids: tuple[int, ...]) -> _Split:
        self._ids_kept += len(ids)
        pairs = enumerate(pairwise(ids))
        ranked = sorted([(self._made[pair][0], place) for place, pair in pairs if pair in self._made])
        return _Split(ids, [place for _, place in ranked])

    def _merged(self, ids: tuple[int, ...], place: int) -> tuple[int, ...]:
        _, made = self._made[ids[place], ids[place + 1]]
        return (*ids[:place], made, *ids[place + 2 :])
