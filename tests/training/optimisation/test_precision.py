"""In which arithmetic a run is trained."""

import pytest
import torch

from headgate.errors import ConfigError
from headgate.training.classification import ClassificationSettings, classification_defaults
from headgate.training.generation import GenerationSettings, generation_defaults
from headgate.training.optimisation import mixed_precision, precision, takes_bfloat16
from headgate.training.optimisation.precision import LARGE
from headgate.training.settings import Settings, make_settings
from headgate.training.translation import TranslationSettings, translation_defaults

CPU = torch.device("cpu")


def settings_of(task: str, **choices) -> Settings:
    kind, defaults = {
        "classification": (ClassificationSettings, classification_defaults(torch.ones(9).long().numpy(), 2)),
        "generation": (GenerationSettings, generation_defaults(1000, "char")),
        "translation": (TranslationSettings, translation_defaults(1000, "char", "char")),
    }[task]
    return make_settings(kind, defaults, choices)


@pytest.mark.parametrize("asked", ["float32", "bfloat16"])
def test_products_are_computed_as_asked_and_weights_stay_as_they_are(asked, monkeypatch):
    monkeypatch.setattr(precision, "_can_bfloat16", lambda device: True)
    layer, inputs = torch.nn.Linear(3, 2), torch.ones(1, 3)
    arithmetic = mixed_precision(settings_of("generation", precision=asked), CPU)
    for _ in range(2):
        with arithmetic:
            output = layer(inputs)
        assert output.dtype == getattr(torch, asked)
    assert layer(inputs).dtype == layer.weight.dtype == torch.float32


@pytest.mark.parametrize("instructions", [None, "avx512_bf16", "amx_bf16"])
@pytest.mark.parametrize(
    ("task", "hidden", "gains"),
    [
        ("generation", LARGE, True),
        ("translation", LARGE, True),
        ("generation", LARGE - 2, False),
        ("classification", LARGE, False),
    ],
)
def test_a_processor_takes_bfloat16_by_itself_where_it_is_faster(
    task, hidden, gains, instructions, monkeypatch
):
    known = {"avx512_bf16": False, "amx_bf16": False} | ({} if instructions is None else {instructions: True})
    monkeypatch.setattr(precision, "_capabilities", lambda: known)
    found = takes_bfloat16(settings_of(task, hidden=hidden), CPU)
    assert found == (gains and instructions is not None)


def test_bfloat16_is_refused_where_it_cannot_be_had(monkeypatch):
    monkeypatch.setattr(precision, "_can_bfloat16", lambda device: False)
    with pytest.raises(ConfigError, match="precision bfloat16 was asked for and this machine cannot"):
        takes_bfloat16(settings_of("translation", precision="bfloat16"), CPU)
