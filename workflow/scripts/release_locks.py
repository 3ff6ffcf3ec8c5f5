"""Release the locks that a killed run left in this folder, once nothing of it is at work any more.

`make run` calls it. Snakemake's locks don't say whose they are, so it looks at the processes:
another run at work here is an error, jobs that outlived their run are waited for.
"""

import sys
import time
from pathlib import Path

import psutil

LOCKS = Path(".snakemake/locks")


def main() -> int:
    """Returns 0 when the folder is free, 1 while another run holds it."""
    if not LOCKS.is_dir() or not any(LOCKS.iterdir()):
        return 0
    if runs := at_work("snakemake"):
        print(
            f"another run is at work in this folder, process {runs[0].pid}; wait for it or end it",
            file=sys.stderr,
        )
        return 1
    told = False
    while jobs := at_work("probesteer"):
        if not told:
            names = ", ".join(str(job.pid) for job in jobs)
            print(f"jobs of a killed run are still at work: {names}; waiting", file=sys.stderr)
        told = True
        time.sleep(1)
    print("a killed run left locks behind; releasing them", file=sys.stderr)
    for lock in LOCKS.iterdir():
        lock.unlink(missing_ok=True)
    return 0


def at_work(program: str) -> list[psutil.Process]:
    """Processes that run `program`, as a module or a script, in this folder."""
    return [process for process in psutil.process_iter() if _runs(process, program)]


def _runs(process: psutil.Process, program: str) -> bool:
    try:
        words = process.cmdline()[1:3] or [""]
        here = Path(process.cwd()) == Path.cwd()
    except psutil.Error:  # gone, or another user's
        return False
    return here and (words[:2] == ["-m", program] or Path(words[0]).name == program)


if __name__ == "__main__":
    sys.exit(main())
