"""The cache as files: a manifest, the tokens, and one safetensors file a place.

Reading needs no torch. A layer's file names the request that it answers, so a cache is never
taken for another; a fill that was stopped goes on where its journal ends.
"""

import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import write_text, written_at
from probesteer.files.digests import json_digest
from probesteer.files.tensors import (
    map_tensor,
    payload_checksum,
    read_metadata,
    write_tensors,
)
from probesteer.places import Place

_log = logging.getLogger(__name__)

MANIFEST = "manifest.json"
UNTRAINED = "untrained"  # folder of the cache inside a cache
NO_BASELINE: dict[str, str | None] = {"manifest": None, "reason": None}  # not asked for
_TOKENS = "tokens.safetensors"
LAYER = "activations"  # the tensor in a layer's file


@dataclass(frozen=True)
class Request:
    """Everything that the stored numbers depend on."""

    model: str  # digest of the model's files
    model_dtype: str  # of weights and arithmetic
    tokenizer: str  # its class
    template: str  # of chat models; empty: the text as it is
    position: str
    dtype: str  # of the stored numbers
    texts: str  # digest of the texts, in order
    code: str = ""  # digest of the code that reads them
    weights: str = "trained"  # or how they were drawn

    @property
    def digest(self) -> str:
        """Digest over all fields."""
        return json_digest(asdict(self))


@dataclass(frozen=True)
class ActivationCache:
    """A filled cache: the activations of one concept in one model."""

    folder: Path
    places: list[Place]
    causal: bool  # an activation depends on no later token
    example: NDArray[np.int64]  # [rows]: the example that a row was read from
    token: NDArray[np.int64]  # [rows]: its token, counted without padding; -1: a mean
    ids: NDArray[np.int64]  # [total]: the token ids of all examples, one after the other
    lengths: NDArray[np.int64]  # [examples]
    untrained: "ActivationCache | None" = None  # the same rows of the model with random weights
    checksums: Mapping[str, str] = field(default_factory=dict)  # SHA-256 by name of file

    def read(self, place: Place) -> NDArray[Any]:
        """The activations at `place`, [rows, d], memory-mapped.

        All bytes are read once a process, to compare them with the manifest.

        Raises ProbesteerError where the place isn't in the cache, or its file isn't whole or not
        as it was written.
        """
        if place not in self.places:
            raise ProbesteerError(f"{self.folder}: {place.label} is not in the cache")
        path = layer_file(self.folder, place)
        mapped = map_tensor(path, LAYER)
        _require_checksum(path, self.checksums.get(path.name))
        return mapped

    def tokens_seen(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Token ids and lengths of what the activations can depend on: [total], [examples].

        In a causal model those are the tokens up to the last one that is read.
        """
        if not self.causal:
            return self.ids, self.lengths
        last = np.full(len(self.lengths), -1)
        np.maximum.at(last, self.example, self.token)
        seen = np.where(last < 0, self.lengths, last + 1)
        starts = np.cumsum(self.lengths) - self.lengths
        counted = np.arange(len(self.ids)) - np.repeat(starts, self.lengths)
        return self.ids[counted < np.repeat(seen, self.lengths)], seen


def layer_file(folder: Path, place: Place) -> Path:
    """Where the activations at `place` lie."""
    return folder / f"{place.stem}.safetensors"


def open_cache(manifest: Path) -> ActivationCache:
    """Open a filled cache. Raises ProbesteerError where the manifest or the tokens are bad."""
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        places = [Place(entry["site"], entry["layer"]) for entry in content["places"]]
        causal = bool(content["causal"])
        inner = _inner(manifest, content)
        checksums = {entry["file"]: entry["sha256"] for entry in content["places"]}
        of_tokens = content["tokens_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise ProbesteerError(f"{manifest}: not a manifest; delete it and run again") from fault
    tokens = manifest.parent / _TOKENS
    _require_checksum(tokens, of_tokens)
    columns = {name: map_tensor(tokens, name) for name in ("example", "token", "ids", "lengths")}
    untrained = None if inner is None else open_cache(inner)
    return ActivationCache(
        manifest.parent, places, causal, **columns, untrained=untrained, checksums=checksums
    )


@cache
def _require_checksum(path: Path, checksum: str | None) -> None:
    """Raise ProbesteerError where the numbers in a file are not those that the manifest names."""
    if checksum is not None and payload_checksum(path) != checksum:
        raise ProbesteerError(f"{path}: not what its manifest names; delete it and run again")


def _inner(manifest: Path, content: dict[str, Any]) -> Path | None:
    """The manifest of the cache that is inside a cache, if it has one."""
    named = content.get("untrained", NO_BASELINE)["manifest"]
    if named not in (None, f"{UNTRAINED}/{MANIFEST}"):
        raise ValueError(f"{named!r} is not inside the cache")
    return None if named is None else manifest.parent / str(named)


def _beside(manifest: Path, name: str) -> Path:
    """A file that a manifest names. It's removed with the cache, so it must lie in its folder."""
    if Path(name).name != name or name in ("", ".."):
        raise ValueError(f"{name!r} is not in the folder of the manifest")
    return manifest.parent / name


def has_layer(folder: Path, place: Place, request: Request) -> bool:
    """True if the file of `place` is whole and answers `request`.

    A file that was truncated or altered is named in a warning.
    """
    path = layer_file(folder, place)
    if not path.exists():
        return False
    try:
        metadata = read_metadata(path)
        if metadata.get("request") not in (None, request.digest):
            return False
        layer_width(path)  # raises where the header has no such tensor
        # The checksum is over the bytes as stored, bfloat16 too.
        whole = "request" in metadata and metadata.get("sha256") == payload_checksum(path)
    except ProbesteerError:
        whole = False
    if not whole:
        _log.warning("%s: truncated or altered; it is made again", path)
    return whole


def layer_width(path: Path) -> int:
    """Width d of the activations in a layer's file, of which only the header is read.

    Raises ProbesteerError where the file is not whole or holds no activations.
    """
    try:
        with safe_open(path, "numpy") as stored:
            _, width = stored.get_slice(LAYER).get_shape()
    except (OSError, ValueError, SafetensorError) as fault:
        raise ProbesteerError(
            f"{path}: holds no readable activations; delete it and run again"
        ) from fault
    return int(width)


def layer_metadata(request: Request, checksum: str) -> dict[str, str]:
    """What a layer's file says of itself; `checksum` is that of the tensor's bytes."""
    return {"request": request.digest, "sha256": checksum}


def write_tokens(folder: Path, columns: dict[str, NDArray[np.int64]]) -> None:
    """Write `example`, `token` [rows], `ids` [total] and `lengths` [examples]."""
    write_tensors(folder / _TOKENS, columns, {})


def write_manifest(
    folder: Path, request: Request, places: list[Place], details: dict[str, Any]
) -> None:
    """Write the manifest; it comes last, so its presence says that the cache is full."""
    content = {
        "request": asdict(request),
        "request_digest": request.digest,
        "places": [
            {
                "site": place.site,
                "layer": place.layer,
                "file": layer_file(folder, place).name,
                "sha256": read_metadata(layer_file(folder, place))["sha256"],
            }
            for place in places
        ],
        **details,
        "tokens_sha256": payload_checksum(folder / _TOKENS),
    }
    write_text(folder / MANIFEST, json.dumps(content, indent=2, sort_keys=True) + "\n")


def named_files(manifest: Path) -> list[Path]:
    """The files that a manifest names, those of the cache inside too.

    Raises what an unreadable one does.
    """
    content = json.loads(manifest.read_text(encoding="utf-8"))
    layers = [_beside(manifest, entry["file"]) for entry in content["places"]]
    inner = _inner(manifest, content)
    within = [] if inner is None else [inner, *(named_files(inner) if inner.is_file() else [])]
    return [manifest.parent / _TOKENS, *layers, *within]


def faulty_files(manifest: Path) -> list[tuple[Path, str]]:
    """Files that a manifest names and that are missing or altered, each with what is wrong.

    All their bytes are read. Raises what an unreadable manifest does.
    """
    content = json.loads(manifest.read_text(encoding="utf-8"))
    faulty = []
    sums = [(_TOKENS, content["tokens_sha256"])]
    for name, checksum in [*sums, *((each["file"], each["sha256"]) for each in content["places"])]:
        path = _beside(manifest, name)
        try:
            described = {} if name == _TOKENS else read_metadata(path)
            stands = described.get("request", content["request_digest"])
            if payload_checksum(path) != checksum or stands != content["request_digest"]:
                faulty.append((path, "altered"))
        except ProbesteerError:
            faulty.append((path, "altered" if path.is_file() else "missing"))
    inner = _inner(manifest, content)
    return [*faulty, *(faulty_files(inner) if inner is not None else [])]


def missing_files(manifest: Path) -> list[Path]:
    """Files that a manifest names and that are not there. Reads no tensors.

    An unreadable manifest counts as one that names itself.
    """
    try:
        named = named_files(manifest)
    except (OSError, ValueError, KeyError, TypeError):
        return [manifest]
    return [path for path in named if not path.is_file()]


def discard_incomplete(manifest: Path) -> list[Path]:
    """Remove a manifest that names files which are gone, so that the cache is filled up again.

    Returns the files that are missing; layers that are there are kept and found again.
    Raises ProbesteerError where a manifest can't be removed, such as a folder in its place.
    """
    missing = missing_files(manifest) if manifest.is_file() else []
    if missing:
        for path in (manifest.parent / UNTRAINED / MANIFEST, manifest):
            with written_at(path):
                path.unlink(missing_ok=True)
    return missing


def discard(folder: Path) -> None:
    """Remove a cache, if there is one, whatever it holds."""
    if folder.is_dir():
        shutil.rmtree(folder)
