"""Probes as one safetensors file: the coefficients, and the rest as JSON in its metadata."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import atomic_path
from probesteer.files.digests import canonical_json
from probesteer.places import Place
from probesteer.probes.probe import LogisticProbe

# One key: the order of several would change from one run to the next, and the bytes with it.
METADATA_KEY = "probesteer"


def write_probes(
    path: Path, probes: Mapping[Place, LogisticProbe], provenance: dict[str, Any]
) -> None:
    """Write the probes of several places; `provenance` is any JSON value that names the origin.

    The tensor of a place is named by its stem, such as `resid_post.003`: float64 [d].
    """
    tensors = {place.stem: probe.coefficient for place, probe in probes.items()}
    fields = [
        {
            "site": place.site,
            "layer": place.layer,
            "intercept": probe.intercept,
            "C": probe.C,
            "converged": probe.converged,
        }
        for place, probe in probes.items()
    ]
    metadata = {METADATA_KEY: canonical_json({"probes": fields, "provenance": provenance})}
    with atomic_path(path) as partial:
        save_file(tensors, partial, metadata=metadata)


def read_probes(path: Path) -> dict[Place, LogisticProbe]:
    """Read what `write_probes` wrote, equal to the bit and in the same order.

    Raises ProbesteerError where the file is missing or is none of ours.
    """
    probes = {}
    tensors, fields = read_tensors(path, "probes")
    for entry in fields:
        place = Place(entry["site"], entry["layer"])
        probes[place] = LogisticProbe(
            tensors[place.stem], entry["intercept"], entry["C"], entry["converged"]
        )
    return probes


def read_tensors(
    path: Path, content: str
) -> tuple[dict[str, np.ndarray[Any, Any]], list[dict[str, Any]]]:
    """Tensors of a safetensors file by name, and the list `content` of its JSON metadata."""
    if not path.is_file():
        raise ProbesteerError(f"{path}: no such file; run the stage that makes it")
    try:
        with safe_open(path, framework="numpy") as opened:
            fields = json.loads(opened.metadata()[METADATA_KEY])[content]
            return {name: opened.get_tensor(name) for name in opened.keys()}, fields  # noqa: SIM118
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as fault:
        raise ProbesteerError(
            f"{path}: not a readable file of {content}; delete it and run again"
        ) from fault
