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


def mingru_step(x, h, weights) -> list[float]:
    """Feng et al. 2024, section 3.1, with the biases that it leaves out: z renews, h is the candidate's."""
    new_h = []
    for j in range(len(h)):
        z = sigmoid(weighted_sum(weights["W_z"][j], x) + weights["b_z"][j])
        candidate = weighted_sum(weights["W_h"][j], x) + weights["b_h"][j]
        new_h.append((1.0 - z) * h[j] + z * candidate)
    return new_h


def minlstm_step(x, h, weights) -> list[float]:
    """Feng et al. 2024, section 3.2, with biases: both gates are divided by their sum."""
    new_h = []
    for j in range(len(h)):
        f = sigmoid(weighted_sum(weights["W_f"][j], x) + weights["b_f"][j])
        i = sigmoid(weighted_sum(weights["W_i"][j], x) + weights["b_i"][j])
        candidate = weighted_sum(weights["W_h"][j], x) + weights["b_h"][j]
        new_h.append(f / (f + i) * h[j] + i / (f + i) * candidate)
    return new_h


def qrnn_sequence(inputs, weights) -> tuple[list[list[float]], list[float]]:
    """Bradbury et al. 2016, eqs. 2 and 4 (fo-pooling), with biases: every h of a sequence, and the last c.

    W1_* meets the input before, of zeros before the first, and W2_* the input of the step.
    """
    before = [0.0] * len(inputs[0])
    c = [0.0] * len(weights["b_z"])
    hidden = []
    for x in inputs:
        z, f, o = (
            [
                weighted_sum(weights[f"W1_{gate}"][j], before)
                + weighted_sum(weights[f"W2_{gate}"][j], x)
                + weights[f"b_{gate}"][j]
                for j in range(len(c))
            ]
            for gate in "zfo"
        )
        c = [sigmoid(f[j]) * c[j] + (1.0 - sigmoid(f[j])) * tanh(z[j]) for j in range(len(c))]
        hidden.append([sigmoid(o[j]) * c[j] for j in range(len(c))])
        before = x
    return hidden, c
