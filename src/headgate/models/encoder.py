"""The encoder of a translator: a source → a decoder's first state, and what it may look back at."""

from dataclasses import dataclass, fields
from typing import TypedDict, Unpack, cast

import torch
from torch import Tensor, nn

from headgate.cells import cell_named
from headgate.cells.cell import State
from headgate.errors import ConfigError
from headgate.models.reader import Reader
from headgate.shapes import Bool, Float, Int


class EncoderOptions(TypedDict, total=False):
    """What may be said of an encoder beside its sizes, all by keyword; as in `ReaderOptions`.

    - `bidirectional` (False): read the source backward as well, each direction with half of `hidden_dim`
    """

    cell: str
    layers: int
    bidirectional: bool
    dropout: float
    weight_dropout: float


@dataclass(frozen=True)
class Encoded:
    """Sources as they were read: each layer's state at the end, and the top layer's output at each unit.

    `token_mask` is True at the real units, which come first.
    """

    states: list[State]
    outputs: Float[Tensor, "batch source hidden"]
    token_mask: Bool[Tensor, "batch source"]


class Encoder(Reader):
    """Read a source, as the first half of sequence to sequence (Sutskever et al. 2014; Cho et al. 2014).

        hidden, cell = encoder(source_ids)

    - `vocab_size`: number of source ids, 0 being padding, which changes no answer; `embedding_dim`: units of
      a source unit's vector; `hidden_dim`: units of the state, in all
    - `options`: all else, see `EncoderOptions`

    Where it reads in two directions, the states of both are bridged to those of a decoder, layer by layer: an
    affine map of the two side by side, and tanh for the hidden state, as Bahdanau et al. (2015) begin theirs.
    """

    def __init__(
        self, vocab_size: int, embedding_dim: int, hidden_dim: int, **options: Unpack[EncoderOptions]
    ) -> None:
        bidirectional = options.get("bidirectional", False)
        if bidirectional and hidden_dim % 2:
            raise ConfigError(
                f"hidden_dim must be even for a bidirectional encoder, which halves it; got {hidden_dim}"
            )
        super().__init__(
            vocab_size,
            embedding_dim,
            hidden_dim // 2 if bidirectional else hidden_dim,
            **{**options, "bidirectional": bidirectional},
        )
        parts = _carried(options.get("cell", "lstm")) if bidirectional else ()
        self.bridge = nn.ModuleList(
            nn.ModuleDict({name: nn.Linear(hidden_dim, hidden_dim) for name in parts})
            for _ in range(self.recurrent.layers)
        )

    def forward(
        self, source_ids: Int[Tensor, "batch source"]
    ) -> tuple[Float[Tensor, "layer batch hidden"], Float[Tensor, "layer batch hidden"] | None]:
        """The state that a decoder starts from: hidden, and cell, which is None for a cell without one."""
        return as_tensors(self.encode(source_ids).states)

    def encode(self, source_ids: Int[Tensor, "batch source"]) -> Encoded:
        """All that is known of the sources."""
        vectors, token_mask = self.embed(source_ids)
        outputs, ends = self.recurrent.read_to_ends(vectors, token_mask)
        return Encoded([self._bridged(layer, end) for layer, end in enumerate(ends)], outputs, token_mask)

    def _bridged(self, layer: int, end: State) -> State:
        maps = cast("nn.ModuleDict", self.bridge[layer])
        if not maps:
            return end
        bridged: dict[str, Tensor] = {name: maps[name](getattr(end, name)) for name in maps}
        return type(end)(**(vars(end) | bridged | {"hidden": bridged["hidden"].tanh()}))


def _carried(cell: str) -> tuple[str, ...]:
    """The parts of a state that go from the encoder to the decoder: hidden and, where there is one, cell."""
    return tuple(field.name for field in fields(cell_named(cell).state_type) if field.name != "previous")


def as_tensors(
    states: list[State],
) -> tuple[Float[Tensor, "layer batch hidden"], Float[Tensor, "layer batch hidden"] | None]:
    """The layers' states in PyTorch's form: hidden, and cell or None."""
    hidden = torch.stack([state.hidden for state in states])
    has_cell = hasattr(states[0], "cell")
    return hidden, torch.stack([state.cell for state in states]) if has_cell else None
