"""What a sweep has measured so far, on disk: a stopped one goes on from there.

The cells of a sweep, a batch under the edits at one place each, add to the same arrays in a fixed
order, so that a sweep that was taken up gives the bytes of one that was never stopped.
"""

import logging
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.files.digests import json_digest
from probesteer.files.tensors import payload_checksum, read_tensors, write_tensors

_log = logging.getLogger(__name__)

Arrays = dict[str, NDArray[Any]]


class Checkpoint:
    """The file of one sweep."""

    def __init__(self, path: Path, request: Any, every: float = 30.0) -> None:
        """request: any JSON value that the sweep's numbers depend on; a file of another request is
        not taken up. every: seconds between two writes, so that they cost little; a sweep that
        was done in less than a tenth of them is not worth one.
        """
        self.path, self.every = path, every
        self._request = json_digest(request)
        self._begun = self._written = time.monotonic()

    def taken_up(self) -> tuple[int, Arrays, dict[str, Any]]:
        """Cells that are done, the arrays then, and notes; 0 and nothing where there is no file.

        A file that was truncated or altered is named in a warning, and not taken up.
        """
        if not self.path.is_file():
            return 0, {}, {}
        try:
            arrays, metadata = read_tensors(self.path)
        except ProbesteerError as fault:
            _log.warning("%s; the sweep starts anew", fault)
            return 0, {}, {}
        if metadata.get("request") != self._request:
            return 0, {}, {}
        if metadata.get("sha256") != payload_checksum(self.path):
            _log.warning("%s: altered; the sweep starts anew", self.path)
            return 0, {}, {}
        _log.info("%s: %d cells are done already", self.path.name, metadata["cells"])
        return int(metadata["cells"]), arrays, metadata["notes"]

    def keep(
        self, cells: int, arrays: Arrays, notes: dict[str, Any], finished: bool = False
    ) -> None:
        """Write the state after `cells` cells if the last write is long ago, or the sweep ends."""
        now = time.monotonic()
        worth = finished and now - self._begun >= self.every / 10
        if now - self._written < self.every and not worth:
            return
        metadata = {"request": self._request, "cells": cells, "notes": notes}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        whole = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
        write_tensors(self.path, whole, metadata)
        # The checksum is over the bytes as stored, so that they are written first.
        checksum = payload_checksum(self.path)
        write_tensors(self.path, whole, {**metadata, "sha256": checksum})
        self._written = time.monotonic()


class Checkpoints:
    """Those of all sweeps of a job, in a folder of its own; without a folder nothing is kept."""

    def __init__(self, folder: Path | None = None, request: Any = None) -> None:
        self._folder, self._request = folder, request

    def of(self, sweep: str) -> Checkpoint | None:
        """The checkpoint of the sweep of this name, which no other sweep of the job has."""
        if self._folder is None:
            return None
        path = self._folder / f"{sweep.replace(' ', '_')}.safetensors"
        return Checkpoint(path, [self._request, sweep])

    def remove(self) -> None:
        """Call it when what the sweeps were for is written."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


NOT_KEPT = Checkpoints()
"""Of sweeps that start anew when they were stopped."""
