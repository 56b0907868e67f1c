"""Headgate: language processing with recurrent networks that train on a laptop and run without PyTorch.

    headgate.load(name)         a model: a folder, a bundled name or a hub id
    headgate.cells              the equations
    headgate.text, data         text → tokens → ids; readers and batches
    headgate.tasks              what each task is: answers and metrics
    headgate.modelfile          the model folder
    headgate.runtime            models in NumPy, streams
    headgate.layers, models     torch modules              (headgate[train])
    headgate.training           train()                    (headgate[train])
    headgate.plots              pictures                   (headgate[plot])
    headgate.lab                experiments on networks    (headgate[train])
    headgate.cli                the command line
    headgate.errors             everything raised on purpose

Importing this package imports neither torch nor anything else that is heavy.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from headgate.version import VERSION

if TYPE_CHECKING:
    from headgate.runtime import Model

__all__ = ["__version__", "load"]

__version__ = VERSION


def load(name: "str | Path") -> "Model":
    """Load a model, without torch: a folder, the name of a bundled model, or a hub id (`owner/name`).

    Raises `headgate.errors.ModelError` when there is no such model, or it is damaged, changed or too new.
    """
    from headgate.runtime import load

    return load(name)
