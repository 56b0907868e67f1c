"""Encoder and decoder in one: a source and a target → a score for every unit that may come next."""

from typing import TypedDict, Unpack

from torch import Tensor, nn

from headgate.cells import Memory
from headgate.cells.cell import State
from headgate.errors import ConfigError
from headgate.models.decoder import Decoder
from headgate.models.encoder import Encoder
from headgate.shapes import Float, Int


class TranslatorOptions(TypedDict, total=False):
    """What may be said of a translator beside its sizes, all by keyword.

    - `cell`, `layers`, `dropout`, `weight_dropout`: of encoder and decoder alike
    - `bidirectional` (True): whether the encoder also reads backward
    - `attention`, `input_feeding`, `tied`: of the decoder, see `DecoderOptions`
    - `shared` (False): read source and target by the same vectors, for ids that both have in common
    """

    cell: str
    layers: int
    dropout: float
    weight_dropout: float
    bidirectional: bool
    attention: str
    input_feeding: bool
    tied: bool
    shared: bool


class Translator(nn.Module):
    """Sequence to sequence, without attention or with it.

    - `source_vocab_size`, `target_vocab_size`: numbers of ids, 0 being padding in both; `embedding_dim`,
      `hidden_dim`: as those of `Encoder` and `Decoder`
    - `options`: all else, see `TranslatorOptions`

        scores = translator(source_ids, target_ids)        # of what follows each target unit
    """

    def __init__(
        self,
        source_vocab_size: int,
        target_vocab_size: int,
        embedding_dim: int,
        hidden_dim: int,
        **options: Unpack[TranslatorOptions],
    ) -> None:
        super().__init__()
        shared = options.get("shared", False)
        if shared and source_vocab_size != target_vocab_size:
            raise ConfigError(
                "shared vectors need ids in common: source and target must have as many; "
                f"got {source_vocab_size} and {target_vocab_size}"
            )
        cell, layers = options.get("cell", "lstm"), options.get("layers", 1)
        dropout, weight_dropout = options.get("dropout", 0.0), options.get("weight_dropout", 0.0)
        self.encoder = Encoder(
            source_vocab_size,
            embedding_dim,
            hidden_dim,
            cell=cell,
            layers=layers,
            bidirectional=options.get("bidirectional", True),
            dropout=dropout,
            weight_dropout=weight_dropout,
        )
        self.decoder = Decoder(
            target_vocab_size,
            embedding_dim,
            hidden_dim,
            cell=cell,
            layers=layers,
            attention=options.get("attention", "none"),
            input_feeding=options.get("input_feeding", False),
            tied=options.get("tied", False),
            embedding=self.encoder.embedding if shared else None,
            dropout=dropout,
            weight_dropout=weight_dropout,
        )

    def forward(
        self, source_ids: Int[Tensor, "batch source"], target_ids: Int[Tensor, "batch target"]
    ) -> Float[Tensor, "batch target vocab"]:
        """The scores of what may follow each unit of a target, knowing the source and the units before."""
        return self.decoder.output(self.read(source_ids, target_ids))

    def read(
        self, source_ids: Int[Tensor, "batch source"], target_ids: Int[Tensor, "batch target"]
    ) -> Float[Tensor, "batch target hidden"]:
        """What the unit after each unit of a target is scored from."""
        return self.decoder.read(target_ids, *self.encode(source_ids))[0]

    def encode(self, source_ids: Int[Tensor, "batch source"]) -> tuple[list[State], Memory | None]:
        """The decoder's state before a target, and what it may look back at; None without attention."""
        encoded, attention = self.encoder.encode(source_ids), self.decoder.attention
        states = self._beginnings(encoded.states)
        if attention is None:
            return states, None
        return states, attention.remember(encoded.outputs, encoded.token_mask)

    def _beginnings(self, states: list[State]) -> list[State]:
        """The encoder's states as the decoder's; of a cell with a window, the last input is not its own."""
        cell, first = self.decoder.recurrent.cell, states[0].hidden
        if cell.window == 1:
            return states
        weights = [self.decoder.recurrent.weights(layer) for layer in range(len(states))]
        fresh = [cell.initial_state(len(first), of_layer, like=first) for of_layer in weights]
        return [
            type(state)(**(vars(state) | {"previous": new.previous}))
            for state, new in zip(states, fresh, strict=True)
        ]
