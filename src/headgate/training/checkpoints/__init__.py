"""What a run leaves on disk, so that it can go on to the very same model."""

from headgate.training.checkpoints.run_folder import RunFolder
from headgate.training.checkpoints.run_state import Part, RunState

__all__ = [
    "Part",
    "RunFolder",
    "RunState",
]
