"""What `snakemake --config` carried, as choices of files and as Hydra overrides."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from probesteer.errors import ProbesteerError

# Keys that choose files of config/model and config/concept.
_NAME_LISTS = {"model": "models", "concept": "concepts", "models": "models", "concepts": "concepts"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass
class Wishes:
    """What the command line asks for."""

    names: dict[str, list[str]] = field(default_factory=dict)  # "models", "concepts" -> names
    experiment: str | None = None
    overrides: list[str] = field(default_factory=list)  # for Hydra
    # Of one model's or concept's keys, such as model.gpt2.dtype=float16; Hydra can't read names
    # with a dot in them.
    of_members: list[str] = field(default_factory=list)


def read_command_line(command_line: Mapping[str, Any]) -> Wishes:
    """Sort the command line's keys.

    Raises ProbesteerError for what is no name where a name is wanted, and for a `set` whose
    quotes don't close.
    """
    wishes = Wishes()
    for key, value in command_line.items():
        if key == "set":
            for assignment in _assignments(value):
                _take(wishes, assignment)
        elif key in _NAME_LISTS:
            wishes.names[_NAME_LISTS[key]] = names(key, value)
        elif key == "experiment":
            wishes.experiment = _one_name(key, value)
        else:
            wishes.overrides += _flat(str(key), value)
    return wishes


def names(key: str, value: Any) -> list[str]:
    """The names in a list or in the text `[a,b]`. Raises ProbesteerError for what is none."""
    listed = value if isinstance(value, list | tuple) else str(value).strip("[] ").split(",")
    if value == "[]":
        return []
    found = [str(name).strip() for name in listed]
    for name in found:
        if not _NAME.fullmatch(name):
            raise ProbesteerError(
                f"config: {key}={name!r} is not a name; use letters, digits, '_', '-' and '.'"
            )
    return found


def _one_name(key: str, value: Any) -> str:
    found = names(key, value)
    if len(found) != 1:
        raise ProbesteerError(f"config: {key}={value!r}: choose exactly one")
    return found[0]


def _assignments(value: Any) -> list[str]:
    pieces = value if isinstance(value, list | tuple) else [value]
    try:
        return [word for piece in pieces for word in shlex.split(str(piece))]
    except ValueError as fault:
        raise ProbesteerError(f"config: set={value!r}: {fault}; close the quotes") from fault


def _take(wishes: Wishes, assignment: str) -> None:
    """Put one `key=value` of `set` where it belongs."""
    key, _, value = assignment.partition("=")
    if key in _NAME_LISTS:
        wishes.names[_NAME_LISTS[key]] = names(key, value)
    elif key == "experiment":
        wishes.experiment = _one_name(key, value)
    elif re.match(r"[+~]*(model|concept)\.", key):
        wishes.of_members.append(assignment)
    else:
        wishes.overrides.append(assignment)


def _flat(key: str, value: Any) -> Iterator[str]:
    """Hydra overrides that set `key`; a mapping sets each of its keys."""
    if isinstance(value, Mapping):
        for inner, inner_value in value.items():
            yield from _flat(f"{key}.{inner}", inner_value)
    else:
        yield f"{key}={_hydra_value(value)}"


def _hydra_value(value: Any) -> str:
    """A value that YAML has parsed, in Hydra's grammar."""
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_hydra_value, value)) + "]"
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", str(value))
    # Backslashes before the closing quote are the only others that the grammar doubles.
    escaped = re.sub(r"(\\+)$", r"\1\1", escaped)
    return f"'{escaped}'"
