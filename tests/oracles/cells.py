"""Gated cells written a second time, slowly: unit after unit, product after product, in Python floats.

Nothing here is shared with `headgate.cells`: no stacked gates, no matrix product, no NumPy in the arithmetic.
Each weight matrix of the papers is a list of rows: `weights["W_r"][unit][feature]`.
"""

from math import exp, tanh


def weighted_sum(row, vector) -> float:
    total = 0.0
    for weight, value in zip(row, vector, strict=True):
        total = total + weight * value
    return total


def sigmoid(x: float) -> float:
    return 1.0 / (1.0 + exp(-x))


def original_gru_step(x, h, weights) -> list[float]:
    """Chung et al. 2014, eqs. 4 to 7, and the biases that they leave out.

    W_* meets the input, U_* the old state, b_* is the bias; r resets, z updates.
    """
    units = range(len(h))
    # eq. 7: r^j = sigma(W_r x + U_r h)^j
    r = [
        sigmoid(weighted_sum(weights["W_r"][j], x) + weighted_sum(weights["U_r"][j], h) + weights["b_r"][j])
        for j in units
    ]
    # eq. 5: z^j = sigma(W_z x + U_z h)^j
    z = [
        sigmoid(weighted_sum(weights["W_z"][j], x) + weighted_sum(weights["U_z"][j], h) + weights["b_z"][j])
        for j in units
    ]
    # eq. 6: candidate^j = tanh(W x + U (r * h))^j
    reset_state = [r[k] * h[k] for k in units]
    candidate = [
        tanh(weighted_sum(weights["W"][j], x) + weighted_sum(weights["U"][j], reset_state) + weights["b"][j])
        for j in units
    ]
    # eq. 4: h^j = (1 - z^j) h^j + z^j candidate^j
    return [(1.0 - z[j]) * h[j] + z[j] * candidate[j] for j in units]


def lstm_step(x, h, c, weights) -> tuple[list[float], list[float]]:
    """Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000: the new h, and the new c.

    W_* meets the input, U_* the old hidden state, b_* is the bias; i writes, f keeps, o shows, g is the
    candidate.
    """
    new_h, new_c = [], []
    for j in range(len(h)):
        affine = {
            gate: weighted_sum(weights[f"W_{gate}"][j], x)
            + weighted_sum(weights[f"U_{gate}"][j], h)
            + weights[f"b_{gate}"][j]
            for gate in "ifgo"
        }
        memory = sigmoid(affine["f"]) * c[j] + sigmoid(affine["i"]) * tanh(affine["g"])
        new_c.append(memory)
        new_h.append(sigmoid(affine["o"]) * tanh(memory))
    return new_h, new_c
