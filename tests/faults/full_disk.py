"""Results on a disk of their own that fills up while a run writes to it."""

import random
import re
import subprocess
from pathlib import Path

from tests.faults.outcomes import EQUAL, TOLD, last_line, outcome
from tests.faults.trials import Bench, Line

ENOUGH = 64 << 20
_PAGE = 4096


def can_mount() -> bool:
    """True where this user may mount a tmpfs."""
    tried = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(tried, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def full_disk(bench: Bench, chance: random.Random) -> Line:
    """Run on a disk that is too small, then on a larger one."""
    needed = sum(-(-len(content) // _PAGE) * _PAGE for content in bench.expected.values())
    size = chance.randrange(_PAGE, int(0.9 * needed)) // _PAGE * _PAGE
    return on_a_disk_of(size, bench)


def on_a_disk_of(size: int, bench: Bench) -> Line:
    """The same with a disk of `size` bytes."""
    trial = bench.unrun.copy(bench.trial)
    place = trial.results_folder
    place.mkdir(exist_ok=True)
    _mount(place, size)
    try:
        status, said = trial.run()
        last = last_line(said)
        what = f"of {size // 1024} KiB: {last}"
        if status == 0:
            return Line("full disk", what, "WRONG: no write failed")
        if not re.match(r"error: results/\S+: .*[Nn]o space left", last):
            return Line("full disk", what, f"WRONG: stopped without naming the file: {last}")
        _mount(place, ENOUGH, "remount,")
        reached = outcome(trial, bench.expected)
        return Line("full disk", what, TOLD if reached == EQUAL else reached)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _mount(place: Path, size: int, how: str = "") -> None:
    options = f"{how}size={size}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True)
