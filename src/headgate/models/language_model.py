"""A language model: embedding → recurrent stack → a score for every unit that may come next."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from torch import Tensor

from headgate.cells.cell import State
from headgate.layers import UnitDropout, VariationalDropout, unit_scores
from headgate.models.reader import Reader
from headgate.shapes import Float, Int


class LanguageModelOptions(TypedDict, total=False):
    """What may be said of a language model beside its sizes, all by keyword.

    The ways of dropping out are those of AWD-LSTM (Merity et al. 2018, section 4), in training alone; masks
    stay the same over all steps of a stretch.

    - `cell`: lstm (if not said) or any other of `headgate.cells`; `layers` (1): of the stack
    - `tied` (True): score units by the very vectors that they are read by (Press & Wolf 2017; Inan et al.
      2017), after a projection where `hidden_dim` is another than `embedding_dim`
    - `cutoffs`: of an adaptive softmax for large vocabularies (`headgate.tasks.unit_clusters`); not tied
    - `dropout`: of features between layers; `input_dropout`: of the units' vectors; `output_dropout`: of what
      is scored from; `unit_dropout`: of whole units, wherever they stand; `weight_dropout`: of the weights
      between hidden states
    - `memory_length`: units to be remembered, for chrono initialisation; None for forget bias 1
    """

    cell: str
    layers: int
    tied: bool
    cutoffs: Sequence[int]
    dropout: float
    input_dropout: float
    output_dropout: float
    unit_dropout: float
    weight_dropout: float
    memory_length: int | None


class LanguageModel(Reader):
    """Score, at each unit of a text, every unit that may come next.

    - `vocab_size`: number of unit ids; `embedding_dim`, `hidden_dim`: units of a vector and of the state
    - `options`: all else, see `LanguageModelOptions`

    It reads left to right, and goes on from a state: texts of any length are read stretch by stretch, with
    the gradient cut between them (truncated back-propagation through time) and the state carried over:

        scores, states = model(token_ids)
        scores, states = model(next_token_ids, states)
    """

    def __init__(
        self, vocab_size: int, embedding_dim: int, hidden_dim: int, **options: Unpack[LanguageModelOptions]
    ) -> None:
        super().__init__(
            vocab_size,
            embedding_dim,
            hidden_dim,
            cell=options.get("cell", "lstm"),
            layers=options.get("layers", 1),
            bidirectional=False,
            dropout=options.get("dropout", 0.0),
            weight_dropout=options.get("weight_dropout", 0.0),
            memory_length=options.get("memory_length"),
        )
        self.unit_dropout = UnitDropout(options.get("unit_dropout", 0.0))
        self.embedding_dropout = VariationalDropout(options.get("input_dropout", 0.0))
        self.output_dropout = VariationalDropout(options.get("output_dropout", 0.0))
        self.output = unit_scores(
            vocab_size,
            hidden_dim,
            table=self.embedding.words if options.get("tied", True) else None,
            cutoffs=options.get("cutoffs", ()),
        )

    def forward(
        self, token_ids: Int[Tensor, "batch time"], states: Sequence[State] | None = None
    ) -> tuple[Float[Tensor, "batch time vocab"], list[State]]:
        """What may follow each unit, as unnormalised log-probabilities, and the state after the last one.

        `states`: each layer's state before the first unit, as an earlier call returned them; None for zeros.
        No unit is padding: rows are stretches of equal length.
        """
        outputs, after = self.read_on(token_ids, states)
        return self.output(outputs), after

    def loss(
        self,
        token_ids: Int[Tensor, "batch time"],
        targets: Int[Tensor, "batch time"],
        states: Sequence[State] | None = None,
    ) -> tuple[Float[Tensor, "batch time"], list[State]]:
        """-log of the probability of each target, in nats, and the state after the last unit.

        `targets` are the units that did come next. Cheaper than `forward` with an adaptive softmax.
        """
        outputs, after = self.read_on(token_ids, states)
        return self.output.loss(outputs, targets), after

    def read_on(
        self, token_ids: Int[Tensor, "batch time"], states: Sequence[State] | None = None
    ) -> tuple[Float[Tensor, "batch time hidden"], list[State]]:
        """The outputs of the top layer, as they are scored from, and the state after the last unit."""
        vectors = self.unit_dropout(self.embedding(token_ids), token_ids)
        outputs, after = self.recurrent.read_on(self.embedding_dropout(vectors), states)
        return self.output_dropout(outputs), after
