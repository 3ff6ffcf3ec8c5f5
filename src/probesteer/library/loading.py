"""Load a model by its name in `config/model`, its folder, or its repository on the hub."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from probesteer.errors import ProbesteerError
from probesteer.library.project import config_folder
from probesteer.models.fetching import fetch_model
from probesteer.models.loading import LoadedModel, load_model
from probesteer.models.record import ModelRecord
from probesteer.settings.schema import ModelSettings

_EMBEDDED = Path(__file__).parent.parent / "models" / "demo" / "weights"


@dataclass(frozen=True)
class Model(LoadedModel):
    """A loaded model, and where it came from."""

    record: ModelRecord | None = None
    dtype: str = "float32"  # of weights and arithmetic


def load(name: str | Path, config: str | Path | None = None, **settings: Any) -> Model:
    """Load a model, ready to be read and steered.

    name: a file of `config/model`, such as "gpt2"; a folder that `save_pretrained` wrote; a
    repository on the hub, such as "openai-community/gpt2"; or "demo", the embedded model.
    config: the project's `config/`; without it, the one of the working directory or of a folder
    above it, if there is one. settings: keys of `config/model`, such as dtype or device.

    Raises ProbesteerError where there is no such model, or it can't be loaded.
    """
    chosen = _overridden(_settings_of(str(name), config), settings)
    called = Path(name).name or str(name)
    record = fetch_model(called, chosen, Path.cwd())
    loaded = load_model(record, chosen)
    known = {each.name: getattr(loaded, each.name) for each in fields(loaded)}
    return Model(**known, record=record, dtype=chosen.dtype)


def _settings_of(name: str, config: str | Path | None) -> ModelSettings:
    folder = config_folder(config)
    if folder is not None and (folder / "model" / f"{name}.yaml").is_file():
        # Hydra is imported for a project's settings alone.
        from probesteer.settings.compose import compose_settings

        return compose_settings(folder, {"model": name}).model[name]
    if Path(name).is_dir():
        return ModelSettings(path=str(Path(name).resolve()))
    if name == "demo":
        return ModelSettings(path=str(_EMBEDDED))
    if name.count("/") == 1 and not name.startswith((".", "/")):
        return ModelSettings(hub=name)
    where = "there is no config/ here" if folder is None else f"not in {folder / 'model'}"
    raise ProbesteerError(
        f"model {name!r}: {where}, and no folder; give a name of config/model, a folder, or a "
        "repository on the hub"
    )


def _overridden(chosen: ModelSettings, settings: dict[str, Any]) -> ModelSettings:
    known = [each.name for each in fields(ModelSettings)]
    for key in settings:
        if key not in known:
            raise ProbesteerError(f"model: {key!r} is no setting; use some of {', '.join(known)}")
    return replace(chosen, **settings)
