"""Attention: what a decoder looks back at, so that one vector need not hold a whole source.

At each step t the decoder's hidden state, the query q_t, is matched with the key k_j of every position j of
the source, and the outputs m_j that the encoder gave there, the memory, are averaged by how well they match:

    a_tj = exp(score(q_t, k_j)) / sum_i exp(score(q_t, k_i))       weights, over the real positions
    c_t  = sum_j a_tj m_j                                          context

with one of three scores:

    dot        q . m                        k_j = m_j                     (Luong et al. 2015, eq. 8)
    general    q . (W m)                    k_j = W m_j                   (the same)
    additive   v . tanh(U q + W m + b)      k_j = W m_j + b               (Bahdanau et al. 2015, A.1.2)

Keys do not depend on the step, so they are computed once for each source. What is made of the context is
Luong's eq. 5, the readout that the next unit is scored from:

    r_t = tanh(R [q'_t, c_t] + d)

for the hidden state q'_t of the top layer, which is q_t where there is but one.

Deviation from Bahdanau et al.: the query is the state at the step itself and not the one before it, as in
Luong et al., so that a whole target is attended for at once.
"""

from dataclasses import dataclass

from headgate.cells.arrays import Array, affine, concatenate, masked_softmax, tanh
from headgate.errors import ConfigError
from headgate.shapes import Bool, Float

ATTENTIONS = ("none", "dot", "general", "additive")
"""The kinds of attention, as settings name them."""


@dataclass(frozen=True)
class AttentionWeights:
    """The parameters of attention, by the names above; those that a kind has no use for are None."""

    key_weight: Float[Array, "key memory"] | None = None
    key_bias: Float[Array, " key"] | None = None
    query_weight: Float[Array, "key query"] | None = None
    score_weight: Float[Array, " key"] | None = None


@dataclass(frozen=True)
class Memory:
    """What there is to look back at: the encoder's outputs, their keys, and which positions are real."""

    outputs: Float[Array, "batch source memory"]
    keys: Float[Array, "batch source key"]
    mask: Bool[Array, "batch source"]


def attention_named(name: str) -> str:
    """The name itself, of a kind of attention that there is; ConfigError lists them."""
    if name not in ATTENTIONS:
        raise ConfigError(f"attention must be one of {', '.join(ATTENTIONS)}; got {name!r}")
    return name


def remember(
    outputs: Float[Array, "batch source memory"],
    mask: Bool[Array, "batch source"],
    weights: AttentionWeights,
) -> Memory:
    """The memory of these outputs, at least one of them real in each row."""
    keys = outputs
    if weights.key_weight is not None:
        keys = outputs @ weights.key_weight.T
    if weights.key_bias is not None:
        keys = keys + weights.key_bias
    return Memory(outputs, keys, mask)


def scores(
    queries: Float[Array, "batch target query"],
    keys: Float[Array, "batch source key"],
    weights: AttentionWeights,
) -> Float[Array, "batch target source"]:
    """How well each query matches each key."""
    if weights.score_weight is None:
        return queries @ keys.swapaxes(1, 2)
    assert weights.query_weight is not None, "an additive score looks at both"
    pairs = (queries @ weights.query_weight.T)[:, :, None] + keys[:, None]  # batch target source key
    return tanh(pairs) @ weights.score_weight


def attend(
    queries: Float[Array, "batch target query"], memory: Memory, weights: AttentionWeights
) -> tuple[Float[Array, "batch target memory"], Float[Array, "batch target source"]]:
    """The context of each query, and the weights that it was averaged by."""
    matches = masked_softmax(scores(queries, memory.keys, weights), memory.mask[:, None])
    return matches @ memory.outputs, matches


def read_out(
    hidden: Float[Array, "*rows hidden"],
    context: Float[Array, "*rows memory"],
    weight: Float[Array, "hidden hidden_memory"],
    bias: Float[Array, " hidden"],
) -> Float[Array, "*rows hidden"]:
    """What the next unit is scored from: the hidden state and its context in one."""
    return tanh(affine(concatenate(hidden, context), weight, bias))
