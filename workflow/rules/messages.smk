# What a run says at its end.
import atexit
import sys
import time
from pathlib import Path

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import reserve, written_at

STARTED = time.time()


def made_now(path):
    """True for a file that this run wrote."""
    return path.is_file() and path.stat().st_mtime >= STARTED


def failures():
    """What the stages that failed in this run said, each message once, with its log."""
    said = {}
    for log_file in sorted(filter(made_now, Path("results").rglob("*.log"))):
        for line in log_file.read_text(errors="replace").splitlines():
            if line.startswith("error: "):
                said.setdefault(line, f"{line} [{log_file}]")
    return list(said.values()) or unwritten()


def unwritten():
    """Where stages failed and no log says why: a log that can't be written, on a full disk."""
    for log_file in sorted(filter(made_now, Path("results").rglob("*.log"))):
        if log_file.stat().st_size == 0:
            try:
                with written_at(log_file), log_file.open("r+b") as file:
                    reserve(file.fileno(), 4096)
            except ProbesteerError as fault:
                return [f"error: {fault}"]
    return []


def tell_failures():
    """Repeat them at the very end, so that Snakemake's own words don't hide them."""
    for line in failures():
        print(line, file=sys.stderr)


onsuccess:
    if made_now(Path(f"{RESULTS}/report.html")):
        print(f"The report: {RESULTS}/report.html")


onerror:
    atexit.register(tell_failures)
