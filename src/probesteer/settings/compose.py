"""Compose `config/` and the command line into one typed `Settings`."""

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from probesteer.errors import ProbesteerError
from probesteer.settings.schema import Settings
from probesteer.settings.validation import validate

# Keys that `snakemake --config` may carry besides the schema's own plain ones.
_NAME_LISTS = {"model": "models", "concept": "concepts", "models": "models", "concepts": "concepts"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def compose_settings(config_folder: Path, command_line: Mapping[str, Any]) -> Settings:
    """Compose the settings of one run.

    config_folder: the Hydra folder with `config.yaml` and its groups.
    command_line: what `snakemake --config` carried: plain keys of the schema, `model` and
        `concept` (one name, or several in `[a,b]`), `experiment`, and `set` with any dotted
        overrides, separated by spaces.

    Raises ProbesteerError, in one line, for an unknown key, group file or type.
    """
    choices, overrides = _overrides(command_line)
    experiment = choices.pop("experiment", None)
    if experiment is not None:
        _require_file(config_folder, "experiment", experiment)
        overrides.insert(0, f"experiment={experiment}")
    try:
        ConfigStore.instance().store(name="schema", node=Settings)
        with initialize_config_dir(str(config_folder.resolve()), version_base=None):
            chosen = compose("config", [o for o in overrides if not _of_one_member(o)])
            models = choices.get("models", list(chosen.models))
            concepts = choices.get("concepts", list(chosen.concepts))
            members = [*_members(config_folder, "model", models)]
            members += _members(config_folder, "concept", concepts)
            names = [f"models={_hydra_list(models)}", f"concepts={_hydra_list(concepts)}"]
            composed = compose("config", [*members, *overrides, *names])
            if composed.model_path is not None:
                _set_model_path(composed, models)
            settings = OmegaConf.to_object(composed)
    except (HydraException, OmegaConfBaseException) as fault:
        raise ProbesteerError(f"config: {_first_line(fault)}") from fault
    assert isinstance(settings, Settings)
    if experiment is not None:
        settings.experiment = experiment
    validate(settings)
    return settings


def _overrides(command_line: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Split the command line into choices of group files and Hydra overrides."""
    choices: dict[str, Any] = {}
    overrides: list[str] = []
    for key, value in command_line.items():
        if key in _NAME_LISTS:
            choices[_NAME_LISTS[key]] = _names(key, value)
        elif key == "experiment":
            choices["experiment"] = _names(key, value)[0]
        elif key == "set":
            overrides += shlex.split(str(value))
        elif key == "model_path":
            overrides.append(f"model_path={_quoted(str(value))}")
        else:
            overrides.append(f"{key}={value}")
    return choices, overrides


def _names(key: str, value: Any) -> list[str]:
    listed = value if isinstance(value, list) else str(value).strip("[] ").split(",")
    names = [str(name).strip() for name in listed]
    for name in names:
        if not _NAME.fullmatch(name):
            raise ProbesteerError(
                f"config: {key}={name!r} is not a name; use letters, digits, '_', '-' and '.'"
            )
    return names


def _members(config_folder: Path, group: str, names: Iterable[str]) -> Iterable[str]:
    """Hydra overrides that put `config/GROUP/NAME.yaml` at the key `GROUP.NAME`."""
    for name in _names(f"{group}s", list(names)):
        _require_file(config_folder, group, name)
        yield f"+{group}@{group}.{name}={name}"


def _of_one_member(override: str) -> bool:
    """True for overrides such as `model.demo.dtype=…`, which need the member composed first."""
    return re.match(r"[+~]*(model|concept)\.", override) is not None


def _require_file(config_folder: Path, group: str, name: str) -> None:
    if not (config_folder / group / f"{name}.yaml").is_file():
        known = sorted(file.stem for file in (config_folder / group).glob("*.yaml"))
        raise ProbesteerError(
            f"config: there is no config/{group}/{name}.yaml; known: {', '.join(known)}"
        )


def _set_model_path(composed: Any, models: list[str]) -> None:
    if len(models) != 1:
        raise ProbesteerError(
            f"config: model_path names one folder, but {len(models)} models are chosen; "
            "choose one with model=NAME"
        )
    composed.model[models[0]].path = composed.model_path


def _hydra_list(names: Iterable[str]) -> str:
    return "[" + ",".join(names) + "]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _first_line(fault: BaseException) -> str:
    """The cause's first line: Hydra wraps what OmegaConf found wrong."""
    cause = fault
    while cause.__cause__ is not None:
        cause = cause.__cause__
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    key = next((line for line in lines if line.startswith("full_key:")), "")
    first = lines[0] if lines else type(cause).__name__
    return f"{first} ({key.removeprefix('full_key:').strip()})" if key else first
