"""`headgate demo`: every bundled model on one example, without torch."""

import time

from headgate.modelfile import bundled_models
from headgate.runtime import Classifier, Model, Tagger, TextTranslator, load

EXAMPLES = {
    "sentiment": "This movie was great",
    "entities": "John works at Google in California",
    "pronounce": "headgate",
    "shakespeare": "ROMEO:\n",
}
DEMO_LENGTH = 120
"""Characters that a language model writes."""


def demo() -> None:
    """Run every bundled model on one example each, and say how long it took."""
    for name in bundled_models():
        started = time.perf_counter()
        model = load(name)
        loaded = time.perf_counter()
        text = EXAMPLES[name]
        shown = _answer(model, text)
        seconds = time.perf_counter() - loaded
        print(f'{name}: "{text}" -> {shown}')
        print(
            f"  loaded in {1000 * (loaded - started):.0f} ms, answered in {1000 * seconds:.1f} ms, no PyTorch"
        )


def _answer(model: Model, text: str) -> str:
    if isinstance(model, Classifier):
        answer = model.predict(text)
        return f"{answer.label} {answer.score:.2f}"
    if isinstance(model, Tagger):
        return " ".join(model.predict(text).tags)
    if isinstance(model, TextTranslator):
        return next(model.predict_each([text])).translation
    return "".join(model.write(text, length=DEMO_LENGTH, temperature=0.7))
