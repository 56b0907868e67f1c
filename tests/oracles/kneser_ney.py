"""Interpolated Kneser-Ney by its definition, one probability at a time, over dictionaries of grams."""

from collections import Counter


def counts_by_length(units: list[int], order: int) -> dict[int, Counter]:
    """The longest grams by how often they occur, shorter ones by how many units stood before them."""
    spans = {
        n: [tuple(units[end - n : end]) for end in range(n, len(units) + 1)] for n in range(1, order + 1)
    }
    counts = {order: Counter(spans[order])}
    for length in range(1, order):
        counts[length] = Counter(dict.fromkeys(spans[length], 0))
        for gram in set(spans[length + 1]):
            counts[length][gram[1:]] += 1
    return counts


def probability(unit: int, history: tuple[int, ...], counts: dict[int, Counter], vocab_size: int) -> float:
    """p(unit | history): the history's last units, as many as there are counts for."""
    if not counts:
        return 1.0 / vocab_size
    longest = max(counts)
    shorter = {length: of for length, of in counts.items() if length < longest}
    lower = probability(unit, history, shorter, vocab_size)
    if len(history) < longest - 1:
        return lower
    context = history[len(history) - (longest - 1) :]
    followers = {gram[-1]: count for gram, count in counts[longest].items() if gram[:-1] == context}
    total = sum(followers.values())
    if total == 0:
        return lower
    once = sum(count == 1 for count in counts[longest].values())
    twice = sum(count == 2 for count in counts[longest].values())
    discount = once / (once + 2 * twice) if once else 0.5
    kinds = sum(count > 0 for count in followers.values())
    own = max(followers.get(unit, 0) - discount, 0.0)
    return own / total + discount * kinds / total * lower
