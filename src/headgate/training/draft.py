"""A trained network on its way to a model folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.cells import cell_named
from headgate.modelfile import (
    Golden,
    ModelConfig,
    ModelFolder,
    Shape,
    checksum,
    gru_form,
    model_card,
    pack_weights,
    unpack_weights,
    write_model,
)
from headgate.text import PairUnits, TextEncoder, Units
from headgate.text.vocabulary import FIRST_WORD_ID
from headgate.training.run import Provenance
from headgate.version import VERSION

GOLDEN_WORDS = 20

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ModelDraft:
    """All that a model folder will hold, but for what is still to be fitted and measured.

    Whatever is fitted or measured on the way is so with the weights as they will be read back (`half`: from
    16-bit floats), run as they will be run: by the runtime, without torch.
    """

    task: str
    shape: Shape
    weights: dict[str, Floats]
    encoder: TextEncoder | Units | PairUnits
    labels: tuple[str, ...]
    half: bool
    temperature: float = 1.0
    golden: tuple[Golden, ...] = ()

    def folder(self) -> ModelFolder:
        """The model folder as it would be read, were it written now."""
        packed = pack_weights(self.weights, half=self.half)
        weights = unpack_weights(packed)
        return ModelFolder(Path("(unwritten)"), self._config(packed), weights, self.encoder.to_json())

    @property
    def golden_texts(self) -> list[str]:
        """Texts whose answers loading will check: none, known and unknown words."""
        return ["", self._known_text(), "Unheard-of wordings, too!"]

    def write(self, path: Path, metrics: dict[str, Any], provenance: Provenance) -> None:
        """Write the model folder, with its card and metrics."""
        packed = pack_weights(self.weights, half=self.half)
        config = self._config(packed)
        card = model_card(
            config,
            metrics,
            name=provenance.name,
            training_data=provenance.training_data,
            licence=provenance.licence,
        )
        write_model(path, config, packed, self.encoder.to_json(), card, metrics)

    def _known_text(self) -> str:
        if isinstance(self.encoder, TextEncoder):
            return " ".join(self.encoder.vocabulary.words[:GOLDEN_WORDS])
        units = self.encoder.source if isinstance(self.encoder, PairUnits) else self.encoder
        known = range(FIRST_WORD_ID, len(units))
        return units.decode(known[:GOLDEN_WORDS])

    def _config(self, packed: bytes) -> ModelConfig:
        return ModelConfig(
            headgate_version=VERSION,
            task=self.task,
            labels=self.labels,
            temperature=self.temperature,
            network=self.shape,
            gate_order=cell_named(self.shape.cell).gate_names,
            gru_form=gru_form(self.shape.cell),
            weights_sha256=checksum(packed),
            golden=self.golden,
        )
