"""The yardstick of a tagging run: every word gets the tag that it had most often in training."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from headgate.data import TaggedSentence
from headgate.tasks import spans_of, to_bio


class MostFrequentTags:
    """Each word's most frequent tag; for a word not seen in training, the most frequent of all words."""

    def __init__(self, sentences: Sequence[TaggedSentence], *, marks_spans: bool) -> None:
        self._marks_spans = marks_spans
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        overall: Counter[str] = Counter()
        for sentence in sentences:
            tags = self._in_one_scheme(sentence.tags)
            overall.update(tags)
            for token, tag in zip(sentence.tokens, tags, strict=True):
                counts[token][tag] += 1
        self._tags = {token: of_token.most_common(1)[0][0] for token, of_token in counts.items()}
        self._otherwise = overall.most_common(1)[0][0]

    def tags(self, tokens: Sequence[str]) -> list[str]:
        """The tag of each token, whatever stands beside it."""
        return [self._tags.get(token, self._otherwise) for token in tokens]

    def _in_one_scheme(self, tags: Sequence[str]) -> Sequence[str]:
        return to_bio(spans_of(tags), len(tags)) if self._marks_spans else tags
