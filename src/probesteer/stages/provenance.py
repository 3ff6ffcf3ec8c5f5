"""Where a file comes from: what goes into its metadata. No time and no host, so that equal
inputs give equal bytes."""

import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from probesteer.errors import ProbesteerError
from probesteer.files.code import code_digest
from probesteer.files.digests import file_digest

PACKAGES = ("numpy", "pandas", "scikit-learn", "torch", "transformers", "probesteer")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide the numbers."""
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        **{package: version(package) for package in PACKAGES},
    }


def provenance_of(
    stage: str,
    settings: str,
    inputs: Mapping[str, Path | tuple[Path, ...]],
    code: str | None = None,
) -> dict[str, Any]:
    """Stage, settings slice, digests of code and input files, and versions.

    code: the digest of the stage's code where it is known; else it is made here.

    Raises ProbesteerError for an input that is not there or can't be read.
    """
    digests: dict[str, Any] = {}
    for name, paths in inputs.items():
        listed = [paths] if isinstance(paths, Path) else list(paths)
        digests[name] = [_digest(path) for path in listed]
    return {
        "stage": stage,
        "settings": json.loads(settings),
        "code": code or code_digest(f"probesteer.stages.{stage}"),
        "inputs": digests,
        "versions": versions(),
    }


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as fault:
        raise ProbesteerError(f"{path}: can't be read ({fault.strerror})") from fault
