"""What is done to a run and to its files."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

# Of activations. What is left of a table that was being written is never read.
HALF_WRITTEN = ("*.partial", "journal.jsonl")


def stages_of(run: subprocess.Popen[str]) -> list[psutil.Process]:
    """The stages that are at work for a run."""
    found = []
    with suppress(psutil.Error):
        for child in psutil.Process(run.pid).children(recursive=True):
            with suppress(psutil.Error):
                if child.cmdline()[1:3] == ["-m", "probesteer"]:
                    found.append(child)
    return found


def kill_scheduler(run: subprocess.Popen[str]) -> str:
    """Kill Snakemake alone; a stage that is at work goes on."""
    outliving = ", ".join(map(_stage, stages_of(run))) or "no stage"
    run.kill()
    run.wait()
    return f"Snakemake, {outliving} at work"


def kill_stage(run: subprocess.Popen[str], chance: random.Random) -> str:
    """Kill one stage and let Snakemake see it; waits for one to be at work."""
    while run.poll() is None:
        if stages := stages_of(run):
            killed = chance.choice(stages)
            with suppress(psutil.NoSuchProcess):
                what = _stage(killed)
                killed.kill()
                run.wait()
                return f"the stage {what}"
        time.sleep(0.01)
    return ""


def kill_everything(run: subprocess.Popen[str]) -> str:
    """Kill Snakemake and all that it started."""
    with suppress(ProcessLookupError):
        run.send_signal(signal.SIGSTOP)  # it starts nothing more
    processes: list[psutil.Process] = []
    with suppress(psutil.Error):
        processes = psutil.Process(run.pid).children(recursive=True)
    stages = ", ".join(map(_stage, stages_of(run))) or "no stage"
    run.kill()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)
    run.wait()
    return f"Snakemake and its children, {stages} at work"


def wait_for_half_written(run: subprocess.Popen[str], folder: Path) -> list[Path]:
    """Wait until there are files that are being written, then kill everything; returns them."""
    while run.poll() is None:
        if any(path for pattern in HALF_WRITTEN for path in folder.rglob(pattern)):
            kill_everything(run)
            return sorted(path for pattern in HALF_WRITTEN for path in folder.rglob(pattern))
        time.sleep(0.002)
    return []


def truncate(path: Path, chance: random.Random) -> str:
    """Cut a file at a random place."""
    size = path.stat().st_size
    kept = chance.randrange(size) if size else 0
    os.truncate(path, kept)
    return f"{kept} of {size} bytes left"


def flip_a_bit(path: Path, chance: random.Random) -> str:
    """Change one bit; an empty file stays as it is."""
    content = bytearray(path.read_bytes())
    if not content:
        return "empty"
    at = chance.randrange(len(content))
    content[at] ^= 1 << chance.randrange(8)
    with path.open("r+b") as file:  # in place, as a bad disk does
        file.write(content)
    return f"byte {at} of {len(content)}"


def flip_keeping_the_time(path: Path, chance: random.Random) -> str:
    """The same with the time of the file as it was, so that nothing but its bytes tells."""
    times = path.stat()
    done = flip_a_bit(path, chance)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return done


def put_a_folder(path: Path, _: random.Random) -> str:
    """A folder where the file was, which root can't read as a file either."""
    path.unlink()
    path.mkdir()
    return "a folder in its place"


def forbid(path: Path, _: random.Random) -> str:
    """Take every permission."""
    path.chmod(0)
    return "mode 000"


Damage = Callable[[Path, random.Random], str]


def _stage(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return process.cmdline()[3]
    return "that just ended"
