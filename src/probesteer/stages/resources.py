"""Time, memory and device of a job, left beside its results."""

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from probesteer.files.atomic import write_text


@contextmanager
def record_resources(stage: str, path: Path | None) -> Iterator[None]:
    """Write wall time, CPU time and peak memory of the process to `path`, as JSON.

    Times are in seconds from the process's start of work, CPU time with that of processes which
    it started; memory in MB; the peak on the GPU is 0 without one. Beside them the device ("cpu"
    or the GPU's name) and when the job finished: in no table, as equal jobs give equal bytes.
    """
    started = time.monotonic()
    yield
    if path is not None:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        helpers = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = sum((use.ru_utime + use.ru_stime for use in (usage, helpers)), 0.0)
        kilobytes = usage.ru_maxrss if sys.platform != "darwin" else usage.ru_maxrss / 1024
        content = {
            "stage": stage,
            "wall_s": round(time.monotonic() - started, 3),
            "cpu_s": round(seconds, 3),
            "peak_rss_mb": round(kilobytes / 1024, 1),
            "peak_gpu_mb": _peak_gpu_mb(),
            "device": _device(),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_text(path, json.dumps(content, sort_keys=True) + "\n")


def _peak_gpu_mb() -> float:
    return float(round(torch.cuda.max_memory_allocated() / 2**20, 1)) if (torch := _cuda()) else 0.0


def _device() -> str:
    return str(torch.cuda.get_device_name()) if (torch := _cuda()) else "cpu"


def _cuda() -> Any:
    """torch, where it is loaded and sees a GPU: a stage that needs no torch has none either."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and torch.cuda.is_available() else None
