"""Pooling one output at a time: what `pool` computes over a whole text, from constant memory."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Float
from headgate.tasks.pooling import pooling_kinds

Floats = NDArray[np.float32]
LOWEST = np.float32(-1e30)


@dataclass(frozen=True)
class RunningPool:
    """The sums that mean, max and attention need.

    - `count`: outputs so far; `total`: their sum; `highest`: their maximum, feature by feature
    - `peak`: the highest attention score so far; `weight` and `attended`: the sums of e^(score - peak) and of
      e^(score - peak) · output (the running softmax of Milakov & Gimelshein 2018)
    """

    kind: str
    query: Floats | None
    count: Float[Floats, "1 1"]
    total: Float[Floats, "1 features"]
    highest: Float[Floats, "1 features"]
    peak: Float[Floats, "1 1"]
    weight: Float[Floats, "1 1"]
    attended: Float[Floats, "1 features"]

    @classmethod
    def empty(cls, kind: str, features: int, query: Floats | None) -> "RunningPool":
        """Nothing read yet."""
        one, many = np.zeros((1, 1), np.float32), np.zeros((1, features), np.float32)
        return cls(kind, query, one, many, many + LOWEST, one + LOWEST, one, many)

    def include(self, output: Float[Floats, "1 features"]) -> "RunningPool":
        """The sums with one more output."""
        after = replace(
            self, count=self.count + 1, total=self.total + output, highest=np.maximum(self.highest, output)
        )
        if self.query is None:
            return after
        score = (output @ self.query)[:, None]
        peak = np.maximum(self.peak, score)
        kept, added = np.exp(self.peak - peak), np.exp(score - peak)
        return replace(
            after,
            peak=peak,
            weight=self.weight * kept + added,
            attended=self.attended * kept + added * output,
        )

    def value(self, last: Float[Floats, "1 features"]) -> Float[Floats, "1 pooled"]:
        """The pooled vector of everything so far; zeros before the first output."""
        if self.count[0, 0] == 0:
            return np.zeros((1, last.shape[1] * len(pooling_kinds(self.kind))), last.dtype)
        values = {"last": last, "mean": self.total / self.count, "max": self.highest}
        if self.query is not None:
            values["attention"] = self.attended / self.weight
        return np.concatenate([values[kind] for kind in pooling_kinds(self.kind)], axis=1)

    def arrays(self) -> dict[str, Floats]:
        """The sums by name, to be stored."""
        return {name: value for name, value in vars(self).items() if name not in ("kind", "query")}

    def restored(self, arrays: dict[str, Floats]) -> "RunningPool":
        """The pool with the sums that `arrays` gave."""
        return replace(self, **{name: np.array(array) for name, array in arrays.items()})
