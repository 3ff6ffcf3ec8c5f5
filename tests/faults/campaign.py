"""Faults at random moments, each followed by the same command: what became of the results.

    python -m tests.faults.campaign --seed 6 --faults 34

Prints a line for each fault and the counts; status 1 where anything was lost or wrong unsaid.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.faults.full_disk import can_mount, full_disk
from tests.faults.outcomes import GOOD, NOT_DONE
from tests.faults.small_experiment import without_privileges, write_experiment
from tests.faults.trials import FILES, KILLS, Bench, Line, on_a_file, on_a_run
from tests.tiny_models import save_tiny_model


def main(arguments: list[str]) -> int:
    """Returns 0 where every outcome is a good one."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.campaign")
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--faults", type=int, default=34, help="of all kinds in turn")
    parser.add_argument("--first", type=int, default=0, help="leave out those before it")
    parser.add_argument("--only", default="", help="kinds that have this in their name")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        bench = prepare(Path(folder))
        lines = []
        chosen = [kind for kind in kinds() if asked.only in kind]
        for number in range(asked.first, asked.faults):
            kind = chosen[number % len(chosen)]
            tries = (
                one(kind, bench, f"{asked.seed} {kind} {number} {again}") for again in range(9)
            )
            line = next(found for found in tries if found.outcome != NOT_DONE)
            print(line, flush=True)
            lines.append(line)
    counts = Counter((line.kind, line.outcome) for line in lines)
    print("\n| fault | outcome | times |\n|---|---|---|")
    for (kind, reached), times in sorted(counts.items()):
        print(f"| {kind} | {reached} | {times} |")
    bad = sum(line.outcome not in GOOD for line in lines)
    print(f"\n{len(lines)} faults, {bad} bad outcomes")
    return int(bad > 0)


def prepare(folder: Path) -> Bench:
    """Write the experiment and run it undisturbed."""
    model = save_tiny_model("gpt2", folder / "model")
    (folder / "unrun").mkdir()
    unrun = write_experiment(folder / "unrun", model)
    finished = unrun.copy(folder / "finished")
    started = time.monotonic()
    status, said = finished.run()
    if status != 0:
        raise SystemExit(f"the undisturbed run failed:\n{said}")
    seconds = time.monotonic() - started
    print(f"undisturbed: {seconds:.0f} s, {len(finished.kept())} files\n", flush=True)
    return Bench(folder, unrun, finished, finished.kept())


def kinds() -> list[str]:
    """Those that can be done here; says which can't."""
    chosen = [*KILLS, *FILES]
    if can_mount():
        chosen.insert(len(KILLS), "full disk")
    else:
        print("full disk: left out; a tmpfs can't be mounted here")
    if without_privileges() is None:
        chosen.remove("no permission before it is read")
        print("no permission: left out; setpriv can't take root's privileges here")
    return chosen


def one(kind: str, bench: Bench, seed: str) -> Line:
    """One fault, in a folder of its own."""
    chance = random.Random(seed)
    try:
        if kind in KILLS:
            return on_a_run(kind, bench, chance)
        if kind in FILES:
            return on_a_file(kind, bench, chance)
        return full_disk(bench, chance)
    finally:
        shutil.rmtree(bench.trial, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
