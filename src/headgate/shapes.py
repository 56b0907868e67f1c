"""Array shapes in signatures: `Float[Array, "batch time hidden"]`.

The words are jaxtyping's, and where jaxtyping is loaded first, as in the tests, they are checked at every
call. Where it is not, they are plain words: importing it takes longer than answering, and running a model
needs no check.
"""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from jaxtyping import Bool, Float, Int
else:

    class _Unchecked:
        def __class_getitem__(cls, shape: Any) -> Any:
            return Any

    Bool = Float = Int = _Unchecked

__all__ = ["Bool", "Float", "Int"]
