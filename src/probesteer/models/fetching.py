"""Bring a model's files to this disk: from the hub, or from a folder that is there."""

import json
import os
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from probesteer.errors import ProbesteerError
from probesteer.files.digests import file_digest
from probesteer.models.kinds import kind_of
from probesteer.models.record import ModelRecord
from probesteer.settings.schema import ModelSettings

# Weights are safetensors; everything else that loading needs is small text.
_WANTED = ["*.json", "*.safetensors", "tokenizer*", "*.model", "vocab*", "merges*", "*.jinja"]
_IMAGE_FILES = ("preprocessor_config.json", "processor_config.json")
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")


def fetch_model(name: str, settings: ModelSettings, project: Path) -> ModelRecord:
    """Download or look up the files of a model and record them.

    project: the folder that a relative `settings.path` starts from.

    Raises ProbesteerError, in one line, where the hub or the folder can't be read, or where
    the files lack a config, a tokenizer, or weights that can be read without unpickling.
    """
    if settings.path is not None:
        folder, revision = (project / settings.path).resolve(), ""
        if not folder.is_dir():
            raise ProbesteerError(f"model {name}: {folder} is not a folder; correct its path")
        source = settings.path
    else:
        assert settings.hub is not None
        folder, source = _download(name, settings), settings.hub
        revision = folder.name
    return _record(name, settings, folder, source, revision)


def _download(name: str, settings: ModelSettings) -> Path:
    patterns = list(_WANTED)
    if settings.trust_remote_code:
        patterns.append("*.py")
    if settings.allow_pickle_weights:
        patterns.append("*.bin")
    where = f"model {name}: {settings.hub} at {settings.revision}"
    try:
        return Path(
            snapshot_download(
                str(settings.hub), revision=settings.revision, allow_patterns=patterns
            )
        )
    except GatedRepoError as fault:
        raise ProbesteerError(
            f"{where}: access is gated; accept its licence on the hub and set HF_TOKEN"
        ) from fault
    except (RepositoryNotFoundError, RevisionNotFoundError) as fault:
        raise ProbesteerError(f"{where}: not on the hub; correct hub or revision") from fault
    except (LocalEntryNotFoundError, OfflineModeIsEnabled) as fault:
        endpoint = os.environ.get("HF_ENDPOINT", "the hub")
        raise ProbesteerError(
            f"{where}: {endpoint} can't be reached; fetch it where there is a network, "
            "or give a folder with model=local model_path=…"
        ) from fault
    # A proxy, a full disk, a name that the hub does not allow: each library has its own errors.
    except Exception as fault:
        first = str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__
        raise ProbesteerError(
            f"{where}: can't be fetched: {first}; mend that, "
            "or give a folder with model=local model_path=…"
        ) from fault


def _record(
    name: str, settings: ModelSettings, folder: Path, source: str, revision: str
) -> ModelRecord:
    config_file = folder / "config.json"
    try:
        config = json.loads(config_file.read_text(encoding="utf-8"))
    except OSError as fault:
        raise ProbesteerError(
            f"model {name}: {folder} has no config.json; name a folder that save_pretrained wrote"
        ) from fault
    except ValueError as fault:
        raise ProbesteerError(f"model {name}: {config_file} is not JSON; fetch it anew") from fault
    if not isinstance(config, dict):
        raise ProbesteerError(f"model {name}: {config_file} holds no settings; fetch it anew")
    architecture = (config.get("architectures") or ["unknown"])[0]
    kind = kind_of(architecture)
    reader = "image processor" if kind == "image" else "tokenizer"
    reader_files = _IMAGE_FILES if kind == "image" else _TOKENIZER_FILES
    if not any((folder / file).is_file() for file in reader_files):
        raise ProbesteerError(
            f"model {name}: {folder} has no {reader}; add it with its save_pretrained"
        )
    weights = sorted(folder.glob("*.safetensors"))
    if not weights and settings.allow_pickle_weights:
        weights = sorted(folder.glob("*.bin"))
    if not weights:
        raise ProbesteerError(
            f"model {name}: {folder} has no *.safetensors; convert its weights with "
            "save_pretrained, or set allow_pickle_weights in the model's YAML"
        )
    files = [
        file
        for pattern in _WANTED
        for file in folder.glob(pattern)
        if file.is_file() and file.suffix != ".safetensors"
    ]
    return ModelRecord(
        name=name,
        # As the settings name it: a project that is moved or cloned keeps its record.
        folder=settings.path or str(folder),
        source=source,
        revision=revision,
        architecture=architecture,
        kind=kind,
        files={file.name: file_digest(file) for file in sorted({*files, *weights})},
    )
