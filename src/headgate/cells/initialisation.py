"""First weights that make a recurrent network train.

- Recurrent matrices are orthogonal, gate by gate (Saxe et al. 2014): a product of orthogonal matrices
  neither shrinks nor stretches a vector, so a signal survives many steps before anything is learned.
- Input matrices are Glorot-uniform (Glorot & Bengio 2010), gate by gate.
- The forget gate starts open: bias 1 (Gers et al. 2000; Jozefowicz et al. 2015), so that an LSTM remembers
  by default. The update gate of a GRU, which decides how long it remembers, starts at that bias likewise,
  with the sign of its form.
- Chrono initialisation (Tallec & Ollivier 2018, section 3) sets these biases from the memory length T that
  the task is expected to need: b = log uniform(1, T - 1). A unit then forgets within 1 / (1 - sigmoid(b)) =
  1 + e^b steps, so that forgetting times are spread over 2 ... T.

Everything is drawn with NumPy, so one seed gives the same weights on every device.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.cells.cell import Cell
from headgate.cells.weights import Weights
from headgate.errors import ConfigError
from headgate.shapes import Float

FORGET_BIAS = 1.0


def initial_weights(
    cell: Cell,
    input_size: int,
    hidden_size: int,
    generator: np.random.Generator,
    *,
    memory_length: int | None = None,
) -> Any:
    """Fresh float32 weights for one direction of one layer: a record of the cell's `weights_type`.

    `memory_length`: steps that the task is expected to need to remember; switches chrono initialisation on.
    Raises ConfigError for a memory length below 3, which leaves chrono initialisation nothing to spread over.
    """
    if memory_length is not None and memory_length < 3:
        raise ConfigError(f"memory_length must be at least 3 steps; got {memory_length}")
    gates = len(cell.gate_names)
    inputs = cell.window * input_size
    bound = np.sqrt(6.0 / (inputs + hidden_size))
    arrays = {"weight_ih": generator.uniform(-bound, bound, (gates * hidden_size, inputs))}
    if cell.weights_type is Weights:
        arrays["weight_hh"] = np.concatenate([orthogonal(hidden_size, generator) for _ in range(gates)])
        arrays["bias_hh"] = np.zeros(gates * hidden_size)
    bias_ih = np.zeros((gates, hidden_size))
    for gate, bias in _memory_biases(cell, hidden_size, generator, memory_length).items():
        bias_ih[cell.gate_names.index(gate)] = bias
    arrays["bias_ih"] = bias_ih.ravel()
    return cell.weights_type(**{name: array.astype(np.float32) for name, array in arrays.items()})


def orthogonal(size: int, generator: np.random.Generator) -> Float[NDArray[np.float64], "size size"]:
    """A random orthogonal matrix, uniform over all of them (Mezzadri 2007: QR with the signs of R undone)."""
    q, r = np.linalg.qr(generator.standard_normal((size, size)))
    return q * np.sign(np.diag(r))


def _memory_biases(
    cell: Cell, hidden_size: int, generator: np.random.Generator, memory_length: int | None
) -> dict[str, NDArray[np.float64]]:
    """The biases of the gates that decide how long the cell remembers; empty for a cell without such."""
    if memory_length is None:
        keep = np.full(hidden_size, FORGET_BIAS)
    else:
        keep = np.log(generator.uniform(1.0, memory_length - 1.0, hidden_size))
    match cell.name:
        case "lstm":
            return {"forget": keep} if memory_length is None else {"forget": keep, "input": -keep}
        case "gru":
            return {"update": keep}
        case "original_gru" | "mingru":
            return {"update": -keep}
        case "minlstm":  # sigmoid(b) / (sigmoid(b) + sigmoid(-b)) = sigmoid(b)
            return {"forget": keep, "input": -keep}
        case "qrnn":
            return {"forget": keep}
        case _:
            return {}
