"""Try the probes of every concept on the examples of its family, in one model."""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from probesteer.activations.cache import open_cache
from probesteer.files.tables import read_table, write_table
from probesteer.probes.storage import read_probes
from probesteer.probes.transfer import ProbedConcept, evaluate_transfer
from probesteer.settings.slices.probes import TransferSlice
from probesteer.stages.interface import InputPaths, OutputPath
from probesteer.stages.keys import keyed

_log = logging.getLogger(__name__)


def run(
    settings: TransferSlice,
    provenance: dict[str, Any],
    *,
    manifests: InputPaths,
    examples: InputPaths,
    probes: InputPaths,
    table: OutputPath,
) -> None:
    """The paths are in the order of the sorted names of the settings' concepts."""
    files = zip(sorted(settings.families), manifests, examples, probes, strict=True)
    probed = [
        concept
        for name, *paths in files
        if (concept := _probed(name, settings.families[name], *paths)) is not None
    ]
    tried = evaluate_transfer(probed, settings.bootstrap_draws, settings.seed)
    write_table(table, keyed(tried, settings.model), provenance)


def _probed(
    name: str, family: str, manifest: Path, examples: Path, probes: Path
) -> ProbedConcept | None:
    """A concept with its probes; None where its labels are not two, which AUROC needs."""
    cache = open_cache(manifest)
    rows = read_table(examples).iloc[cache.example]
    labels = rows["label"].to_numpy()
    if not np.isin(labels, (0, 1)).all():
        _log.info("%s: its labels are not 0 and 1; no probes are tried on it", name)
        return None
    return ProbedConcept(
        name=name,
        family=family,
        places=cache.places,
        read_layer=cache.read,
        probes=read_probes(probes),
        labels=labels.astype(np.int64),
        groups=rows["group"].to_numpy(dtype=str),
        splits=rows["split"].to_numpy(dtype=str),
        texts=rows["text"].to_numpy(dtype=str),
    )
