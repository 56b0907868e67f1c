"""The arithmetic of training: 32-bit floats, or bfloat16 in matrix products where a device is faster at it.

Weights, their averages and the optimisers' moments are 32-bit floats either way, and so are all measures on
dev (mixed precision, Micikevicius et al. 2018; bfloat16 has the exponents of float32 and needs no scaling of
the loss).
"""

import torch

from headgate.errors import ConfigError
from headgate.training.settings import Settings

LARGE = 256
"""Hidden units from which a processor takes bfloat16 by itself; gains were seen with 320 to 650."""


def mixed_precision(settings: Settings, device: torch.device) -> torch.autocast:
    """A context, for any number of times, in which products are computed as the settings ask.

    Raises ConfigError when they ask for what the device cannot do.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=takes_bfloat16(settings, device))


def takes_bfloat16(settings: Settings, device: torch.device) -> bool:
    """Whether products are in bfloat16; ConfigError when that was asked for and the device cannot."""
    if settings.precision == "auto":
        return _is_bfloat16_faster(settings, device)
    asked = settings.precision == "bfloat16"
    if asked and not _can_bfloat16(device):
        raise ConfigError("precision bfloat16 was asked for and this machine cannot (use precision=float32)")
    return asked


def _can_bfloat16(device: torch.device) -> bool:
    can = (
        torch.cuda.is_bf16_supported if device.type == "cuda" else torch.ops.mkldnn._is_mkldnn_bf16_supported
    )
    return bool(can())


def _is_bfloat16_faster(settings: Settings, device: torch.device) -> bool:
    """On a GPU that has it, always. On a processor with instructions for it, in large networks that score
    every unit of long texts; texts to classify or to tag are read by smaller ones."""
    if device.type == "cuda":
        return _can_bfloat16(device)
    large = settings.scores_every_unit and settings.hidden >= LARGE
    return large and any(map(_capabilities().get, ("avx512_bf16", "amx_bf16")))


def _capabilities() -> dict[str, object]:
    """What the processor can do; nothing known where torch is too old to say."""
    return dict(getattr(torch.cpu, "get_capabilities", dict)())
