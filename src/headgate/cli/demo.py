"""`headgate demo`: every bundled model on one example, without torch."""

import time

from headgate.modelfile import bundled_models
from headgate.runtime import load
from headgate.tasks import Tagging

EXAMPLES = {
    "sentiment": "This movie was great",
    "entities": "John works at Google in California",
}


def demo() -> None:
    """Run every bundled model on one example each, and say how long it took."""
    for name in bundled_models():
        started = time.perf_counter()
        model = load(name)
        loaded = time.perf_counter()
        text = EXAMPLES[name]
        answer = model.predict(text)
        seconds = time.perf_counter() - loaded
        shown = " ".join(answer.tags) if isinstance(answer, Tagging) else f"{answer.label} {answer.score:.2f}"
        print(f'{name}: "{text}" -> {shown}')
        print(
            f"  loaded in {1000 * (loaded - started):.0f} ms, answered in {1000 * seconds:.1f} ms, no PyTorch"
        )
