"""Mutation testing: small faults put into four rooms, one by one; do their tests notice?

    python -m tests.mutation.campaign --seed 6 --mutants 50

mutmut makes the mutants that [tool.mutmut] in pyproject.toml asks for, into the folder mutants/,
and runs on each the tests that reach the changed function, in a process of its own with a limit of
time. So many of each room are tried, drawn by the seed; `--mutants 0` tries all of them. What was
tried before is not tried again: remove mutants/ after a change.
"""

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

SOURCE = Path("src/probesteer")
MUTANTS = Path("mutants")
ROOMS: dict[str, tuple[str, ...]] = {
    "solver": ("probes/solver",),
    "sites": ("models",),
    "splits": ("concepts",),
    "statistics": ("probes/metrics", "interventions/statistics"),
}
# A small function with quick tests: mutmut makes all mutants before it tries those asked for.
FIRST = "probesteer.concepts.splits.x_check_folds*"
SURVIVED = 0
NO_TEST = 33
# mutmut's own codes for the limit of time: SIGXCPU, as a signal or a status.
TIMEOUTS = frozenset({36, 24, -24, 152, 255})


def made(mutants: Path) -> dict[str, dict[str, int | None]]:
    """By room, the names of all mutants in the folder, and what became of each; None: not tried.

    mutants: the folder that mutmut keeps.
    """
    found: dict[str, dict[str, int | None]] = {}
    for room, folders in ROOMS.items():
        found[room] = {}
        for folder in folders:
            for record in sorted((mutants / SOURCE / folder).rglob("*.py.meta")):
                found[room].update(json.loads(record.read_text())["exit_code_by_key"])
    return found


def drawn(names: Mapping[str, object], room: str, seed: int, mutants: int) -> list[str]:
    """So many of a room's mutants by the seed, the few among the many; all where `mutants` is 0."""
    order = sorted(names)
    random.Random(f"{room} {seed}").shuffle(order)
    return order[: mutants or None]


def outcome(status: int | None) -> str:
    """What mutmut's status for a mutant says: survived, timeout, no test, not tried, killed."""
    if status is None:
        return "not tried"
    if status in TIMEOUTS:
        return "timeout"
    return {SURVIVED: "survived", NO_TEST: "no test"}.get(status, "killed")


def row(room: str, statuses: Sequence[int | None], of: int) -> str:
    """A line of the table: a room's counts, and the share of its mutants that tests noticed.

    of: how many mutants the room has. A mutant that ends no more is noticed; one that no test
    reaches isn't.
    """
    counts = Counter(outcome(status) for status in statuses)
    tried = len(statuses) - counts["not tried"]
    noticed = counts["killed"] + counts["timeout"]
    return (
        f"| {room} | {tried} of {of} | {counts['killed']} | {counts['timeout']} "
        f"| {counts['survived']} | {counts['no test']} | {100 * noticed / max(tried, 1):.0f} % |"
    )


def mutmut(*arguments: str) -> None:
    """Run mutmut in this folder; its own words go where ours go.

    Raises CalledProcessError where it stops.
    """
    subprocess.run([sys.executable, "-m", "mutmut", *arguments], check=True)


def main(arguments: list[str]) -> None:
    """Make the mutants, try those drawn, and print the table and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--mutants", type=int, default=50, help="of each room; 0: all")
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=list(ROOMS))
    asked = parser.parse_args(arguments)
    mutmut("run", "--max-children", "1", FIRST)
    every = made(MUTANTS)
    chosen = {room: drawn(every[room], room, asked.seed, asked.mutants) for room in asked.rooms}
    untried = [n for room, names in chosen.items() for n in names if every[room][n] is None]
    if untried:
        mutmut("run", "--max-children", "1", *untried)
    after = made(MUTANTS)
    print("| room | mutants | killed | timeout | survived | no test | noticed |")
    print("|---|---|---|---|---|---|---|")
    for room, names in chosen.items():
        print(row(room, [after[room][name] for name in names], len(every[room])))
    print("\nSurvivors (python -m mutmut show NAME):")
    for room, names in chosen.items():
        for name in names:
            if outcome(after[room][name]) in {"survived", "no test"}:
                print(name)


if __name__ == "__main__":
    main(sys.argv[1:])
