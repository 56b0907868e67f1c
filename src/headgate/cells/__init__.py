"""The equations of recurrent networks: one cell a file, pure functions that run on NumPy and torch alike.

Read `rnn` first, then `lstm`, `gru` and `original_gru`; then the cells whose gates do not look at the state,
which need not be computed step by step: `parallel`, `mingru`, `minlstm`, `qrnn`. Every faster
path in Headgate is tested against them. `attention` is what a decoder looks back by.
"""

from headgate.cells.attention import ATTENTIONS, AttentionWeights, Memory, attention_named
from headgate.cells.cell import Cell, map_state
from headgate.cells.gru import GRU
from headgate.cells.lstm import LSTM
from headgate.cells.mingru import MINGRU
from headgate.cells.minlstm import MINLSTM
from headgate.cells.original_gru import ORIGINAL_GRU
from headgate.cells.parallel import ParallelCell
from headgate.cells.qrnn import QRNN
from headgate.cells.rnn import RNN
from headgate.cells.weights import InputWeights, Weights, project
from headgate.errors import ConfigError

__all__ = [
    "ATTENTIONS",
    "CELLS",
    "AttentionWeights",
    "Cell",
    "InputWeights",
    "Memory",
    "ParallelCell",
    "Weights",
    "attention_named",
    "cell_named",
    "map_state",
    "project",
]

CELLS: dict[str, Cell] = {cell.name: cell for cell in (RNN, LSTM, GRU, ORIGINAL_GRU, MINGRU, MINLSTM, QRNN)}
"""Every cell by the name that settings and the command line use."""


def cell_named(name: str) -> Cell:
    """The cell of this name; ConfigError lists the names there are."""
    if name not in CELLS:
        raise ConfigError(f"cell must be one of {', '.join(CELLS)}; got {name!r}")
    return CELLS[name]
