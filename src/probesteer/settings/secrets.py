"""Hub tokens are read from the environment alone; none may stand in settings, which are shown."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from probesteer.errors import ProbesteerError
from probesteer.settings.schema import Settings

_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
_SHORTEST = 8  # of a token: shorter values also stand in harmless words
_TOKEN = re.compile(r"\bhf_[A-Za-z0-9]{30,}")


def refuse_tokens(settings: Settings) -> None:
    """Raise ProbesteerError, without the token, for a key or value that holds one.

    An interpolation such as `${oc.env:HF_TOKEN}` is found too, as it is resolved by now.
    """
    known = [os.environ.get(name, "") for name in _VARIABLES]
    known = [token for token in known if len(token) >= _SHORTEST]
    for key, text in _texts("", asdict(settings)):
        if _TOKEN.search(text) or any(token in text for token in known):
            shown = "a key" if _holds(key, known) else key
            raise ProbesteerError(
                f"config: {shown}: holds a hub token, and settings are written into every table; "
                "take it out and set HF_TOKEN in the environment"
            )


def _holds(key: str, known: list[str]) -> bool:
    return bool(_TOKEN.search(key)) or any(token in key for token in known)


def _texts(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text in the settings with its key; a key is a text too."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield f"{key}.{name}".lstrip("."), str(name)
            yield from _texts(f"{key}.{name}".lstrip("."), inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(key, inner)
    elif isinstance(value, str):
        yield key, value
