"""Probes as one safetensors file: the coefficients, and the rest as JSON in its metadata."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from probesteer.errors import ProbesteerError
from probesteer.files.tensors import read_tensors, write_tensors
from probesteer.places import Place
from probesteer.probes.probe import LogisticProbe


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
    write_tensors(path, tensors, {"probes": fields, "provenance": provenance})


def read_probes(path: Path) -> dict[Place, LogisticProbe]:
    """Read what `write_probes` wrote, equal to the bit and in the same order.

    Raises ProbesteerError where the file is missing or is none of ours.
    """
    tensors, metadata = read_tensors(path)
    try:
        return {
            Place(entry["site"], entry["layer"]): LogisticProbe(
                tensors[Place(entry["site"], entry["layer"]).stem],
                entry["intercept"],
                entry["C"],
                entry["converged"],
            )
            for entry in metadata["probes"]
        }
    except (KeyError, TypeError) as fault:
        raise ProbesteerError(f"{path}: holds no probes; delete it and run again") from fault
