"""The answers that a model gave when it was written, computed again when it is loaded."""

from collections.abc import Callable, Sequence

import numpy as np

from headgate.errors import ModelError
from headgate.modelfile import ModelFolder

TOLERANCE = 1e-4
"""How far a probability may be from the one recorded: wider than any rounding, narrower than any mistake."""


def check_golden_answers(folder: ModelFolder, scores: Callable[[str], Sequence[float]]) -> None:
    """Raise ModelError when the model's `scores` for its golden texts are not those that it records."""
    for pair in folder.config.golden:
        answer, recorded = np.array(scores(pair.text)), np.array(pair.scores)
        if answer.shape != recorded.shape or not np.all(np.abs(answer - recorded) <= TOLERANCE):
            raise ModelError(
                f"{folder.path}: the model does not give the answers it was written with: "
                "its words, config or weights have been changed"
            )
