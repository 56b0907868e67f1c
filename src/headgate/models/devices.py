"""The device that a user asks for."""

import torch

from headgate.errors import ConfigError


def device_named(name: str) -> torch.device:
    """The torch device of this name; ConfigError when there is none."""
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device cuda was asked for and there is none (leave --device out)")
    return torch.device(name)
