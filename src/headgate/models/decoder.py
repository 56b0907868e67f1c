"""The decoder of a translator: a state and the target so far → a score for every unit that may come next."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

import torch
from torch import Tensor, nn

from headgate.cells import Memory, attention_named
from headgate.cells.cell import State
from headgate.errors import ConfigError
from headgate.layers import (
    Attention,
    RecurrentStack,
    VariationalDropout,
    WordEmbedding,
    run_direction,
    unit_scores,
)
from headgate.models.encoder import as_tensors
from headgate.shapes import Float, Int


class DecoderOptions(TypedDict, total=False):
    """What may be said of a decoder beside its sizes, all by keyword.

    - `cell`: lstm (if not said) or any other of `headgate.cells`; `layers` (1): of the stack
    - `attention`: none (if not said), dot, general or additive (`headgate.cells.attention`)
    - `input_feeding` (False): read, beside each unit, what the unit before it was scored by (Luong et al.
      2015, section 3.3), so that the decoder knows where it has looked; needs attention, and goes step by
      step in training too
    - `tied` (False): score units by the very vectors that they are read by (Press & Wolf 2017), after a
      projection where `hidden_dim` is another than `embedding_dim`
    - `embedding`: a layer to read units by, in place of its own
    - `dropout`: of features of vectors, between layers and of what is scored from; `weight_dropout`: of the
      weights between hidden states
    """

    cell: str
    layers: int
    attention: str
    input_feeding: bool
    tied: bool
    embedding: WordEmbedding | None
    dropout: float
    weight_dropout: float


class Decoder(nn.Module):
    """Write a target, as the second half of sequence to sequence (Sutskever et al. 2014; Luong et al. 2015).

        output, hidden, cell = decoder(target_ids, hidden, cell)

    - `vocab_size`: number of target ids; `embedding_dim`: units of a target unit's vector; `hidden_dim`:
      units of the state, as many as the encoder's
    - `options`: all else, see `DecoderOptions`

    With attention, the bottom layer's hidden state asks; the layers above it read the context beside its
    output, and so does the readout (in between, after Wu et al. 2016, section 4, who ask a step earlier).
    So the bottom layer never waits for an answer, and a whole target is read at once.
    """

    def __init__(
        self, vocab_size: int, embedding_dim: int, hidden_dim: int, **options: Unpack[DecoderOptions]
    ) -> None:
        super().__init__()
        kind, dropout = attention_named(options.get("attention", "none")), options.get("dropout", 0.0)
        self.input_feeding = options.get("input_feeding", False)
        if self.input_feeding and kind == "none":
            raise ConfigError("input_feeding needs attention: what it feeds is the context (choose general)")
        shared = options.get("embedding")
        if shared is None:
            self.embedding = WordEmbedding(vocab_size, embedding_dim)
        # In a tuple: the weights of a shared layer belong to the encoder, and are listed there alone.
        self._embedding = (self.embedding if shared is None else shared,)
        self.embedding_dropout = VariationalDropout(dropout)
        self.attention = None if kind == "none" else Attention(kind, hidden_dim)
        self.recurrent = RecurrentStack(
            options.get("cell", "lstm"),
            embedding_dim + (hidden_dim if self.input_feeding else 0),
            hidden_dim,
            layers=options.get("layers", 1),
            bidirectional=False,
            dropout=dropout,
            weight_dropout=options.get("weight_dropout", 0.0),
            beside=0 if self.attention is None else hidden_dim,
        )
        self.output_dropout = VariationalDropout(dropout)
        table = self._embedding[0].words if options.get("tied", False) else None
        self.output = unit_scores(vocab_size, hidden_dim, table=table)

    def forward(
        self,
        target_ids: Int[Tensor, "batch *target"],
        hidden: Float[Tensor, "layer batch hidden"],
        cell: Float[Tensor, "layer batch hidden"] | None = None,
        memory: Memory | None = None,
    ) -> tuple[
        Float[Tensor, "batch *target vocab"],
        Float[Tensor, "layer batch hidden"],
        Float[Tensor, "layer batch hidden"] | None,
    ]:
        """The scores of what may follow each unit, and the state after the last one.

        `target_ids`: one unit of each target, or a whole target of each, which comes to the same. `hidden`
        and `cell`: the encoder's, or what this returned before; None for a cell without a cell state.
        `memory`: what attention looks back at (`Translator.encode`). Raises ConfigError where it is missing.
        """
        one_step = target_ids.dim() == 1
        ids = target_ids.unsqueeze(1) if one_step else target_ids
        outputs, states = self.read(ids, self._states(hidden, cell), memory)
        scores = self.output(outputs)
        return scores.squeeze(1) if one_step else scores, *as_tensors(states)

    def read(
        self,
        target_ids: Int[Tensor, "batch target"],
        states: Sequence[State],
        memory: Memory | None = None,
    ) -> tuple[Float[Tensor, "batch target hidden"], list[State]]:
        """What the unit after each of these is scored from, and each layer's state after the last."""
        if (memory is None) != (self.attention is None):
            missing = "needs a memory to look back at" if memory is None else "takes no memory"
            raise ConfigError(f"a decoder {'with' if memory is None else 'without'} attention {missing}")
        vectors = self.embedding_dropout(self._embedding[0](target_ids))
        if self.input_feeding:
            readouts, after = self._read_feeding(vectors, states, memory)
        else:
            readouts, after = self._read_at_once(vectors, states, memory)
        return self.output_dropout(readouts), after

    def look(
        self, target_ids: Int[Tensor, "batch target"], states: Sequence[State], memory: Memory
    ) -> Float[Tensor, "batch target source"]:
        """How much the decoder looks at each position of the source when it has read each of these units."""
        assert self.attention is not None, "without attention there is nothing to look at"
        if not self.input_feeding:
            bottom, _ = run_direction(
                self.recurrent.cell, self.recurrent.weights(0), self._embedding[0](target_ids), states[0]
            )
            return self.attention(bottom, memory)[1]
        looks: list[Tensor] = []
        for step in target_ids.split(1, dim=1):
            _, states = self.read(step, states, memory)
            looks.append(self.attention(states[0].hidden.unsqueeze(1), memory)[1])
        return torch.cat(looks, dim=1)

    def _read_at_once(
        self, vectors: Tensor, states: Sequence[State], memory: Memory | None
    ) -> tuple[Tensor, list[State]]:
        cell, context, after = self.recurrent.cell, None, list[State]()
        outputs = vectors
        for layer, state in enumerate(states):
            inputs = outputs if layer == 0 else self._with(self.recurrent.between(outputs), context)
            outputs, last = run_direction(
                cell, self.recurrent.weights(layer), inputs, state, fused=self.recurrent.fused
            )
            after.append(last)
            if layer == 0 and self.attention is not None and memory is not None:
                context, _ = self.attention(outputs, memory)
        return self._read_out(outputs, context), after

    def _read_feeding(
        self, vectors: Tensor, states: Sequence[State], memory: Memory | None
    ) -> tuple[Tensor, list[State]]:
        """Step by step. What is fed first is read out of the state itself, as any that comes after it is."""
        assert self.attention is not None and memory is not None
        weights = [self.recurrent.weights(layer) for layer in range(self.recurrent.layers)]
        after, readouts = list(states), list[Tensor]()
        # What is dropped between layers is drawn once, and is the same at every step.
        kept = [self.recurrent.between(torch.ones_like(state.hidden).unsqueeze(1)) for state in after[1:]]
        context, _ = self.attention(after[0].hidden.unsqueeze(1), memory)
        fed = self._read_out(after[-1].hidden.unsqueeze(1), context)
        for vector in vectors.split(1, dim=1):
            outputs = torch.cat((vector, fed), dim=2)
            for layer, of_layer in enumerate(weights):
                inputs = outputs if layer == 0 else self._with(outputs * kept[layer - 1], context)
                after[layer] = self.recurrent.cell.step(inputs[:, 0], after[layer], of_layer)
                outputs = after[layer].hidden.unsqueeze(1)
                if layer == 0:
                    context, _ = self.attention(outputs, memory)
            fed = self._read_out(outputs, context)
            readouts.append(fed)
        return torch.cat(readouts, dim=1), after

    def _with(self, outputs: Tensor, context: Tensor | None) -> Tensor:
        return outputs if context is None else torch.cat((outputs, context), dim=2)

    def _read_out(self, hidden: Tensor, context: Tensor | None) -> Tensor:
        if self.attention is None or context is None:
            return hidden
        return self.attention.read_out(hidden, context)

    def _states(self, hidden: Tensor, cell: Tensor | None) -> list[State]:
        kind = self.recurrent.cell
        if kind.window > 1:
            raise ConfigError(
                f"a decoder of the cell {kind.name} also keeps the unit before: use `read`, whose states do"
            )
        rows = [{"hidden": of_layer} for of_layer in hidden]
        if cell is not None:
            rows = [row | {"cell": of_layer} for row, of_layer in zip(rows, cell, strict=True)]
        try:
            return [kind.state_type(**row) for row in rows]
        except TypeError as error:
            form = (
                "no cell state: cell must be None" if cell is not None else "a cell state, which is missing"
            )
            raise ConfigError(f"a decoder of the cell {kind.name} has {form}") from error
