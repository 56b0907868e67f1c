"""How well does a tagger find names that training never showed it?

Spans of a test file are split by whether the same words, in any case, are a span of some label in training.
For each part its share of all spans and its recall are printed, and how many of the missed ones have a word
that the model's vocabulary does not have.

    python benchmarks/unseen_mentions.py runs/wnut --train train.conll --test test.conll
"""

import argparse
from pathlib import Path

from headgate.data import TaggedSentence, read_tagged
from headgate.runtime import Tagger, load
from headgate.tasks import Span, spans_of
from headgate.text import UNKNOWN_ID, word_key


def main() -> None:
    """Print a line for the spans seen in training and one for the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    options = parser.parse_args()
    tagger = load(options.model)
    assert isinstance(tagger, Tagger)
    seen = {
        _words(sentence, span) for sentence in read_tagged(options.train) for span in spans_of(sentence.tags)
    }
    sentences = list(read_tagged(options.test))
    answers = tagger.decode([sentence.tokens for sentence in sentences])
    spans = [
        (sentence, span, span in answer.spans)
        for sentence, answer in zip(sentences, answers, strict=True)
        for span in spans_of(sentence.tags)
    ]
    for title, wanted in (("seen in training", True), ("not seen", False)):
        part = [one for one in spans if (_words(one[0], one[1]) in seen) == wanted]
        found = sum(right for *_, right in part)
        missed = [(sentence, span) for sentence, span, right in part if not right]
        unknown = sum(_has_unknown_word(tagger, sentence, span) for sentence, span in missed)
        share = unknown / max(1, len(missed))
        print(
            f"{title:<17} {len(part):5d} spans ({len(part) / len(spans):.1%}), "
            f"recall {found / len(part):.3f}; {share:.1%} of the missed have an unknown word"
        )


def _words(sentence: TaggedSentence, span: Span) -> str:
    return " ".join(sentence.tokens[span.start : span.end]).lower()


def _has_unknown_word(tagger: Tagger, sentence: TaggedSentence, span: Span) -> bool:
    keys = (
        word_key(token, fold_digits=tagger.encoder.fold_digits)
        for token in sentence.tokens[span.start : span.end]
    )
    return any(tagger.encoder.vocabulary.id(key) == UNKNOWN_ID for key in keys)


if __name__ == "__main__":
    main()
