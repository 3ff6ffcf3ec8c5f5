"""What became of a run after a fault: nothing lost, or one line that names the file."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from probesteer.files.records import FOLDER, recorded
from tests.faults.small_experiment import SmallExperiment

EQUAL = "equal bytes"
TOLD = "one line names the file; equal bytes when that is done"
FOUND = "verify names the file; equal bytes when that is done"
NOT_DONE = "no fault was done"  # and another moment is tried
GOOD = (EQUAL, TOLD, FOUND)


def outcome(
    trial: SmallExperiment,
    expected: Mapping[str, bytes],
    damaged: Path | None = None,
    prefix: Sequence[str] = (),
) -> str:
    """Give the command again, and do what it or `verify` says: one of GOOD, or what went wrong.

    damaged: the file, from the results folder on, that may be named. prefix: before the command.
    """
    status, said = trial.run_again(prefix)
    if status == 0:
        wrong = _differences(trial.kept(), expected)
        if not wrong:
            return EQUAL
        if damaged is None or wrong != {str(damaged)}:
            return f"WRONG: {', '.join(sorted(wrong))} differ, and nothing was said"
        if f"results/{damaged}: " not in trial.verify():
            return f"WRONG: {damaged} differs, and verify doesn't say so"
        reached = FOUND
    else:
        last = last_line(said)
        if damaged is None or not names(last, damaged):
            return f"WRONG: stopped without naming the file: {last}"
        reached = TOLD
    # "Delete it and run again"; of a record, also what its job has made.
    remove(trial.results_folder / damaged)
    if damaged.parent.name == FOLDER:
        remove(trial.results_folder / recorded(damaged))
    status, said = trial.run_again()
    if status != 0:
        return f"WRONG: deleted, and stopped again: {last_line(said)}"
    wrong = _differences(trial.kept(), expected)
    return f"WRONG: deleted, and {', '.join(sorted(wrong))} differ" if wrong else reached


def last_line(said: str) -> str:
    """What a user reads last."""
    return (said.rstrip().splitlines() or ["nothing"])[-1]


def names(line: str, path: Path) -> bool:
    """True for a line of the project's own that names the file."""
    return line.startswith("error: ") and f"results/{path}" in line


def remove(path: Path) -> None:
    """Delete a file, or the folder in its place."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _differences(found: Mapping[str, bytes], expected: Mapping[str, bytes]) -> set[str]:
    """Paths that are missing, of other bytes, or not expected."""
    paths = {*found, *expected}
    return {path for path in paths if found.get(path) != expected.get(path)}
