"""What may be given as the tokens of a text."""

from typing import Any

from headgate.errors import ConfigError


def check_tokens(tokens: Any) -> None:
    """Raise ConfigError for anything but a sequence of texts, none of them empty."""
    if isinstance(tokens, str):
        raise ConfigError(f"tokens must be a list of texts; got one text, {tokens!r} (push it as text)")
    for token in tokens:
        if not isinstance(token, str) or not token:
            raise ConfigError(f"each token must be a text of one character at least; got {token!r}")
