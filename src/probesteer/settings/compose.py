"""Compose `config/` and the command line into one typed `Settings`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from probesteer.errors import ProbesteerError
from probesteer.settings.command_line import Wishes, names, read_command_line
from probesteer.settings.drift_checks import compared_models
from probesteer.settings.faults import missing_file, settings_error
from probesteer.settings.schema import ConceptSettings, ModelSettings, Settings
from probesteer.settings.secrets import refuse_tokens
from probesteer.settings.validation import validate

# RecursionError: brackets by the thousand, or an alias of what it stands in.
_FAULTS = (
    *(HydraException, OmegaConfBaseException, yaml.YAMLError),
    *(ValueError, OSError, RecursionError),
)
_MEMBERS: dict[str, type] = {"model": ModelSettings, "concept": ConceptSettings}


@dataclass
class _OpenSettings(Settings):
    """The schema for Hydra, in which an experiment may give some keys of a model or concept."""

    model: dict[str, Any] = field(default_factory=dict)
    concept: dict[str, Any] = field(default_factory=dict)


def compose_settings(config_folder: Path, command_line: Mapping[str, Any]) -> Settings:
    """Compose the settings of one run.

    config_folder: the Hydra folder with `config.yaml` and its groups.
    command_line: what `snakemake --config` carried: plain keys of the schema, `model` and
        `concept` (one name, or several in `[a,b]`), `experiment`, and `set` with any dotted
        overrides, separated by spaces.

    Relative paths start at the folder that holds `config_folder`; they become absolute where
    that is not the working directory.

    Raises ProbesteerError, in one line, for an unknown key, group file, type or value, and for
    a file that isn't YAML.
    """
    config_folder = config_folder.resolve()
    if not (config_folder / "config.yaml").is_file():
        raise ProbesteerError(f"{config_folder}: holds no config.yaml; name the project's config/")
    wishes = read_command_line(command_line)
    try:
        content = _composed(config_folder, wishes)
        for group in _MEMBERS:
            content[f"{group}s"] = names(f"{group}s", content[f"{group}s"])
            chosen = content[f"{group}s"] + (compared_models(content) if group == "model" else [])
            content[group] = _members(config_folder, group, chosen, content, wishes.of_members)
        # Merged anew, so that keys which Hydra was told to add (`+key=value`) are checked too.
        typed = OmegaConf.merge(OmegaConf.structured(Settings), OmegaConf.create(content))
        settings = OmegaConf.to_object(typed)
    except _FAULTS as fault:
        raise settings_error(fault, config_folder) from fault
    assert isinstance(settings, Settings)
    _set_model_path(settings)
    refuse_tokens(settings)
    validate(settings)
    if Path.cwd() != config_folder.parent:
        _start_paths_at(config_folder.parent, settings)
    return settings


def _composed(config_folder: Path, wishes: Wishes) -> dict[str, Any]:
    """Everything but the chosen models' and concepts' own files, as plain containers."""
    overrides = list(wishes.overrides)
    if wishes.experiment is not None:
        overrides.insert(0, f"experiment={wishes.experiment}")
    _check_choices(config_folder, overrides)
    ConfigStore.instance().store(name="schema", node=_OpenSettings)
    with initialize_config_dir(str(config_folder), version_base=None):
        composed = compose("config", overrides, return_hydra_config=True)
    # Whatever chose the experiment, also config.yaml itself: its file's name is its name.
    chosen = composed.hydra.runtime.choices.get("experiment")
    container = OmegaConf.to_container(composed)
    assert isinstance(container, dict)
    content = {str(key): value for key, value in container.items() if key != "hydra"}
    content["experiment"] = chosen or "default"
    return {**content, **wishes.names}


def _check_choices(config_folder: Path, overrides: Sequence[str]) -> None:
    """Overrides that choose a file, such as `probe=default`, choose one that is there."""
    for override in overrides:
        key, sign, value = override.partition("=")
        if not key:
            raise ProbesteerError(f"config: {override!r} is not understood; write KEY=VALUE")
        chosen = value.strip("'")
        of_group = sign and "/" not in key and (config_folder / key).is_dir() and chosen != "null"
        if of_group and not (config_folder / key / f"{chosen}.yaml").is_file():
            raise missing_file(config_folder, f"{key}/{chosen}")


def _members(
    config_folder: Path,
    group: str,
    chosen: Sequence[str],
    content: Mapping[str, Any],
    overrides: Sequence[str],
) -> dict[str, Any]:
    """`config/GROUP/NAME.yaml` of every chosen name; the experiment's keys win over the file's."""
    prefixes = tuple(f"{group}.{name}." for name in chosen)
    for assignment in overrides:
        if assignment.startswith(f"{group}.") and not assignment.startswith(prefixes):
            raise ProbesteerError(
                f"config: {assignment!r} is of no chosen {group}; chosen: {', '.join(chosen)}"
            )
    of_experiment = content.get(group) or {}
    members = {}
    for name, prefix in zip(chosen, prefixes, strict=True):
        try:
            member = OmegaConf.merge(
                OmegaConf.structured(_MEMBERS[group]),
                _group_file(config_folder, group, name),
                of_experiment.get(name) or {},
            )
            for assignment in overrides:
                if assignment.startswith(prefix):
                    _assign(member, assignment.removeprefix(prefix))
        except (HydraException, OmegaConfBaseException) as fault:
            raise settings_error(fault, config_folder, prefix) from fault
        members[name] = OmegaConf.to_container(member)
    return members


def _group_file(config_folder: Path, group: str, name: str) -> DictConfig:
    path = config_folder / group / f"{name}.yaml"
    if not path.is_file():
        raise missing_file(config_folder, f"{group}/{name}")
    loaded = OmegaConf.load(path)
    if not isinstance(loaded, DictConfig):
        raise ProbesteerError(f"config/{group}/{name}.yaml: a list; write keys and values")
    if "labels" in loaded:
        # As they are written: else YAML makes one of `false`, `no` and `off`.
        written = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506
        labels = written["labels"]
        if not (isinstance(labels, list) and all(isinstance(label, str) for label in labels)):
            raise ProbesteerError(
                f"config: {group}.{name}.labels: {labels!r}; name label 0 and label 1"
            )
        loaded.labels = labels
    return loaded


def _assign(member: Any, assignment: str) -> None:
    [override] = OverridesParser.create().parse_overrides([assignment])
    OmegaConf.update(member, override.key_or_group, override.value())


def _set_model_path(settings: Settings) -> None:
    if settings.model_path is None:
        return
    if len(settings.models) != 1:
        raise ProbesteerError(
            f"config: model_path names one folder, but {len(settings.models)} models are chosen; "
            "choose one with model=NAME"
        )
    settings.model[settings.models[0]].path = settings.model_path


def _start_paths_at(project: Path, settings: Settings) -> None:
    """Make the paths of the data and of the models' folders absolute."""

    def absolute(path: str) -> str:
        # What rules make lies where they run.
        return path if Path(path).parts[:1] == ("results",) else str(project / path)

    for model in settings.model.values():
        if model.path is not None:
            model.path = absolute(model.path)
    if settings.model_path is not None:
        settings.model_path = absolute(settings.model_path)
    if settings.directions.file is not None:
        settings.directions.file = absolute(settings.directions.file)
    if settings.geometry.shuffled_labels is not None:
        settings.geometry.shuffled_labels = absolute(settings.geometry.shuffled_labels)
    for concept in settings.concept.values():
        if concept.examples:
            concept.examples = absolute(concept.examples)
        if concept.dataset.name and (project / concept.dataset.name).exists():
            concept.dataset.name = str(project / concept.dataset.name)
        concept.prompts = absolute(concept.prompts)
        concept.neutral = absolute(concept.neutral)
