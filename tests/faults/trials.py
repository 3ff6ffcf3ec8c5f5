"""One fault and what became of it."""

import random
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.faults import damage
from tests.faults.outcomes import NOT_DONE, outcome
from tests.faults.small_experiment import SmallExperiment, without_privileges


@dataclass(frozen=True)
class Bench:
    """An experiment before and after an undisturbed run, and where a fault is tried."""

    folder: Path
    unrun: SmallExperiment
    finished: SmallExperiment
    expected: Mapping[str, bytes]

    @property
    def trial(self) -> Path:
        """A folder for one fault at a time."""
        return self.folder / "trial"


@dataclass(frozen=True)
class Line:
    """A fault, where and when it struck, and the outcome."""

    kind: str
    what: str
    outcome: str

    def __str__(self) -> str:
        return f"{self.kind:<32} {self.outcome:<54} {self.what}"


KILLS: dict[str, Callable[[subprocess.Popen[str], random.Random], str]] = {
    "kill the scheduler": lambda run, _: damage.kill_scheduler(run),
    "kill a stage": damage.kill_stage,
    "kill both": lambda run, _: damage.kill_everything(run),
}
FILES: dict[str, damage.Damage] = {
    "truncate, while it runs": damage.truncate,
    "flip, while it runs": damage.flip_a_bit,
    "truncate half-written": damage.truncate,
    "flip half-written": damage.flip_a_bit,
    "truncate finished": damage.truncate,
    "flip finished": damage.flip_a_bit,
    "flip finished, time kept": damage.flip_keeping_the_time,
    "truncate before it is read": damage.truncate,
    "flip before it is read": damage.flip_keeping_the_time,
    "folder before it is read": damage.put_a_folder,
    "no permission before it is read": damage.forbid,
}
# Read again once their tables are gone.
READ = ("activations/**/manifest.json", "activations/**/*.safetensors", "**/examples.parquet")


def on_a_run(kind: str, bench: Bench, chance: random.Random) -> Line:
    """Kill at a random moment of a run from nothing."""
    trial, run, moment = _at_a_moment(bench, chance)
    done = KILLS[kind](run, chance)
    if run.returncode == 0:
        return Line(kind, "the run had ended", NOT_DONE)
    return Line(kind, f"{moment}: {done}", outcome(trial, bench.expected))


def _at_a_moment(
    bench: Bench, chance: random.Random
) -> tuple[SmallExperiment, subprocess.Popen[str], str]:
    """A run from nothing, up to a moment that is told by how many files there are."""
    trial = bench.unrun.copy(bench.trial)
    wanted = chance.randrange(len(bench.finished.files()))
    longer = chance.uniform(0, 1.5)
    run = trial.start()
    while len(trial.files()) < wanted and run.poll() is None:
        time.sleep(0.02)
    time.sleep(longer)
    return trial, run, f"{longer:.2f} s after file {wanted}"


def on_a_file(kind: str, bench: Bench, chance: random.Random) -> Line:
    """Damage a file of a finished run, or of one that is at work."""
    if "half-written" in kind:
        return _half_written(kind, bench, chance)
    if "while it runs" in kind:
        return _while_it_runs(kind, bench, chance)
    trial = bench.finished.copy(bench.trial)
    if "before it is read" in kind:
        shutil.rmtree(trial.results_folder / "tiny/tables")
        read = {path for pattern in READ for path in trial.results_folder.glob(pattern)}
        path = chance.choice(sorted(read)).relative_to(trial.results_folder)
    else:
        path = chance.choice(trial.files())
    done = FILES[kind](trial.results_folder / path, chance)
    prefix = (without_privileges() or ()) if "no permission" in kind else ()
    return Line(kind, f"{path}: {done}", outcome(trial, bench.expected, path, prefix))


def _half_written(kind: str, bench: Bench, chance: random.Random) -> Line:
    trial = bench.unrun.copy(bench.trial)
    run = trial.start()
    written = damage.wait_for_half_written(run, trial.results_folder)
    if not written:
        return Line(kind, "nothing was caught half-written", NOT_DONE)
    path = chance.choice(written).relative_to(trial.results_folder)
    done = FILES[kind](trial.results_folder / path, chance)
    return Line(kind, f"{path}: {done}", outcome(trial, bench.expected, path))


def _while_it_runs(kind: str, bench: Bench, chance: random.Random) -> Line:
    trial, run, moment = _at_a_moment(bench, chance)
    while not (files := trial.files()) and run.poll() is None:
        time.sleep(0.05)
    path = chance.choice(files)
    try:
        done = FILES[kind](trial.results_folder / path, chance)
    except FileNotFoundError:
        done = "gone meanwhile"
    run.wait()
    what = f"{moment}: {path}: {done}"
    return Line(kind, what, outcome(trial, bench.expected, path))
