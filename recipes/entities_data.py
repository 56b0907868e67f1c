"""Write the training sentences of the bundled model `entities`: news, posts and everyday notes in one file.

CoNLL-2003 has the names of 1996's news alone, where what stands after "at" is mostly a place. WNUT-17
(posts), the notes in examples/data and sixty sentences about people at work (entities-at-work.conll, written
for this) bring newer names and plainer sentences. Their labels become CoNLL's; dates, which it does not mark,
are left out.

    python recipes/entities_data.py conll2003/train.conll.gz wnut17/train.conll > entities-train.conll
"""

import sys
from pathlib import Path

from headgate.data import read_tagged
from headgate.tasks import Span, spans_of, to_bio

LABELS = {
    "PER": "PER",
    "ORG": "ORG",
    "LOC": "LOC",
    "MISC": "MISC",
    "person": "PER",
    "corporation": "ORG",
    "group": "ORG",
    "location": "LOC",
    "product": "MISC",
    "creative-work": "MISC",
    "PERSON": "PER",
    "ORGANISATION": "ORG",
    "PLACE": "LOC",
}
HERE = Path(__file__).parent
OURS = (HERE.parent / "examples" / "data" / "notes-train.conll", HERE / "entities-at-work.conll")


def main() -> None:
    """Print the sentences of all files, with CoNLL's labels, in BIO."""
    for path in [*sys.argv[1:], *OURS]:
        for sentence in read_tagged(path):
            spans = [
                Span(span.start, span.end, LABELS[span.label])
                for span in spans_of(sentence.tags)
                if span.label in LABELS
            ]
            for token, tag in zip(sentence.tokens, to_bio(spans, len(sentence.tokens)), strict=True):
                print(f"{token}\t{tag}")
            print()


if __name__ == "__main__":
    main()
