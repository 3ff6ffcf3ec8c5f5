"""The experiment that faults are done to: a tiny model and one concept, up to its directions."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.workflow.tiny_project import EXPERIMENT, TinyProject, write_project

RELEASE = "workflow/scripts/release_locks.py"
ARRAYS = ("probes", "directions", "erasers")
# What `make run` does, up to directions and probes alone. As it does, it asks for every file:
# Snakemake doesn't make again what lies between two files that are there.
COMMAND = (
    *("-m", "snakemake", "--cores", "2", "--workflow-profile", "workflow/profiles/local"),
    *("--config", "experiment=tiny", "--", "activations", "probes", "directions"),
    *(f"results/tiny/concepts/mood/{name}.parquet" for name in ("examples", "prompts", "neutral")),
    *(f"results/tiny/tables/tiny/mood/{name}.parquet" for name in ("calibration", "agreement")),
    *(f"results/tiny/tables/tiny/mood/{name}.safetensors" for name in ARRAYS),
)
# Said of jobs, and different in every run.
_BESIDES = ("logs", "resources")
# Batches of a text or two, so that activations are written in several steps.
_SETTINGS = "activations:\n  batch_tokens: 8\n"
# Root reads and writes what it has no permission for; without these it doesn't.
_DROPPED = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")


@dataclass(frozen=True)
class SmallExperiment:
    """A project, and the command that is given again and again."""

    project: TinyProject

    @property
    def folder(self) -> Path:
        """Where the command is given."""
        return self.project.folder

    @property
    def results_folder(self) -> Path:
        """All that it makes."""
        return self.folder / "results"

    def copy(self, folder: Path) -> "SmallExperiment":
        """The same elsewhere, with what was made so far."""
        return SmallExperiment(self.project.copy(folder))

    def start(self, prefix: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Begin a run, without waiting; its words go to `said.txt`."""
        with (self.folder / "said.txt").open("w") as said:
            return subprocess.Popen(
                [*prefix, sys.executable, *COMMAND],
                cwd=self.folder,
                env=self.project.environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                text=True,
            )

    def run(self, prefix: Sequence[str] = ()) -> tuple[int, str]:
        """The command from begin to end: its status and what it said."""
        started = self.start(prefix)
        status = started.wait(600)
        return status, (self.folder / "said.txt").read_text(errors="replace")

    def run_again(self, prefix: Sequence[str] = ()) -> tuple[int, str]:
        """Free the locks of a killed run, as `make run` does, and give the command again."""
        released = self.project.python(RELEASE)
        if released.returncode != 0:
            return released.returncode, released.stderr
        return self.run(prefix)

    def verify(self) -> str:
        """What `probesteer verify` prints; empty where it finds nothing."""
        found = self.project.python("-m", "probesteer", "verify", "results/tiny")
        return found.stdout if found.returncode else ""

    def files(self) -> list[Path]:
        """Every file of the results, from the results folder on, in order."""
        folder = self.results_folder
        return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())

    def kept(self) -> dict[str, bytes]:
        """Bytes by path of what must be equal: tables, arrays, manifests and the jobs' records."""
        return {
            str(path): (self.results_folder / path).read_bytes()
            for path in self.files()
            if path.suffix != ".log"
            and path.name != "resources.json"
            and not set(path.parts) & set(_BESIDES)
        }


def write_experiment(folder: Path, model: Path) -> SmallExperiment:
    """Write the project into `folder`, an empty one; `model`: a saved tiny model."""
    project = write_project(folder, model)
    one_concept = EXPERIMENT.replace("[mood, animal]", "[mood]")
    (folder / "config/experiment/tiny.yaml").write_text(one_concept + _SETTINGS)
    return SmallExperiment(project)


def without_privileges() -> tuple[str, ...] | None:
    """What stands before a command that obeys permissions; None where root can't be kept in."""
    if os.geteuid() != 0:
        return ()
    tried = [*_DROPPED, "true"]
    if shutil.which("setpriv") is None or subprocess.run(tried, check=False).returncode != 0:
        return None
    return _DROPPED
