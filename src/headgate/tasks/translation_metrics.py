"""How good translations are: BLEU and chrF by the line, exact matches and error rates by the source."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from headgate.errors import DataError, MissingExtraError


@dataclass(frozen=True)
class TranslationMetrics:
    """How close translations come to the right answers.

    By the line, the target of each being its only reference:

    - `bleu`, `chrf`: scores of the whole corpus, from 0 to 100, as sacrebleu computes them (Post 2018);
      `signatures` says with which settings. BLEU cuts words by its rule "13a", which finds none in scripts
      without blanks: there chrF is the measure.

    By the distinct source, the targets of all its lines being its right answers, as a word may be pronounced
    in several ways; its first translation counts, once:

    - `exact_match`: the share of sources whose translation is a right answer. 1 - exact_match is what work on
      spelling to sound calls the word error rate.
    - `token_error_rate`: edits (insertions, deletions, substitutions) from the translation to the nearest
      right answer, in tokens between blanks, of all sources together, for each token of these answers; of
      equally near ones the longest. The word error rate of sentences, the phoneme error rate of
      pronunciations. It may exceed 1.
    - `character_error_rate`: the same in characters, blanks included.

    A rate is None where all these answers are empty: there is nothing to divide by.
    """

    bleu: float
    chrf: float
    exact_match: float
    token_error_rate: float | None
    character_error_rate: float | None
    pairs: int
    sources: int
    signatures: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """The record that `evaluate --json` prints and `metrics.json` holds."""
        return asdict(self)


def measure_translations(
    sources: Sequence[str], translations: Sequence[str], targets: Sequence[str]
) -> TranslationMetrics:
    """Compare the translation of each source with its target; all three have a text a line, in order.

    Raises DataError where there are no lines, and MissingExtraError without sacrebleu and rapidfuzz.
    """
    if not sources:
        raise DataError("there are no pairs to measure translations on")
    try:
        from rapidfuzz.distance import Levenshtein
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as error:
        raise MissingExtraError("measuring translations", "train") from error
    # force: no warning that a text looks tokenised. Where it is, so is what it is compared with.
    bleu, chrf = BLEU(force=True), CHRF()
    first: dict[str, str] = {}
    answers: dict[str, dict[str, None]] = {}
    for source, translation, target in zip(sources, translations, targets, strict=True):
        first.setdefault(source, translation)
        answers.setdefault(source, {})[target] = None
    judged = [(translation, list(answers[source])) for source, translation in first.items()]
    tokens = [(translation.split(), [answer.split() for answer in right]) for translation, right in judged]
    return TranslationMetrics(
        bleu=bleu.corpus_score(translations, [targets]).score,
        chrf=chrf.corpus_score(translations, [targets]).score,
        exact_match=sum(translation in right for translation, right in judged) / len(judged),
        token_error_rate=_error_rate(tokens, Levenshtein.distance),
        character_error_rate=_error_rate(judged, Levenshtein.distance),
        pairs=len(sources),
        sources=len(judged),
        signatures={"bleu": str(bleu.get_signature()), "chrf": str(chrf.get_signature())},
    )


def _error_rate(
    judged: Iterable[tuple[Sequence[str], Sequence[Sequence[str]]]],
    distance: Callable[[Sequence[str], Sequence[str]], int],
) -> float | None:
    """Edits from each translation to the nearest of its right answers, by the length of these answers."""
    edits = length = 0
    for translation, answers in judged:
        nearest = min(answers, key=lambda answer: (distance(translation, answer), -len(answer)))
        edits += distance(translation, nearest)
        length += len(nearest)
    return edits / length if length else None
