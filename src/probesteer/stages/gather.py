"""Put the activations together that several jobs have read."""

from pathlib import Path
from typing import Any

from probesteer.activations.merging import merge_caches, remove_part
from probesteer.settings.slices.reading import ActivationsSlice
from probesteer.stages.interface import InputPaths, OutputPath


def run(
    settings: ActivationsSlice,
    provenance: dict[str, Any],
    *,
    parts: InputPaths,
    manifest: OutputPath,
) -> None:
    """Write one file a layer beside the manifest, and the manifest last.

    parts: the manifests of the jobs, in the order of the examples; their files are removed.
    """
    merge_caches(parts, Path(manifest).parent)
    for part in parts:
        remove_part(part)
