"""The tiny project on a throw-away cluster: its profile, its runs and the jobs that they leave."""

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from tests.slurm.cluster import PATIENCE, Cluster
from tests.workflow.tiny_project import REPOSITORY, TinyProject

T = TypeVar("T")
WATCHFUL = REPOSITORY / "tests/slurm/watchful_snakemake.py"
TARGETS = REPOSITORY / "workflow/rules/targets.smk"
PROFILE = REPOSITORY / "workflow/profiles/slurm/profile.yaml"
TABLES = "results/tiny/tables/tiny"
# States in which a job stays.
_FINAL = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL"}
# Every socket that a process opens to another machine, and every name that it looks up.
_WATCH = """import os, sys
_seen = os.environ.get("NETWORK_LOG")
def _watch(event, values):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        _note(event, values[0])
    elif event == "socket.connect" and isinstance(values[1], tuple):
        _note(event, values[1][0])
def _note(event, host):
    job, command = os.environ.get("SLURM_JOB_ID", "-"), " ".join(sys.orig_argv)
    with open(_seen, "a") as log:
        log.write(f"{event} {host} {job} {command}\\n")
if _seen:
    sys.addaudithook(_watch)
"""


@dataclass(frozen=True)
class SlurmJob:
    """What the controller says of a job."""

    number: int
    folder: Path  # from which it was submitted
    stages: frozenset[str]  # rules whose jobs ran in it
    partition: str
    node: str
    state: str
    megabytes: int
    minutes: int
    cores: int
    gpus: int


@dataclass(frozen=True)
class ClusterProject:
    """A tiny project whose jobs go to the cluster."""

    project: TinyProject
    cluster: Cluster

    @property
    def network_log(self) -> Path:
        """A line for each attempt of a Python process to reach a network."""
        return self.project.folder / "network.log"

    def prepare(self, profile: dict[str, Any] | None = None) -> None:
        """Write the profile for the tests, or another, and what watches over the network."""
        folder = self.project.folder
        (folder / "src/sitecustomize.py").write_text(_WATCH)
        (folder / "test_profile").mkdir(exist_ok=True)
        chosen = profile or quick_profile()
        (folder / "test_profile/profile.yaml").write_text(yaml.safe_dump(chosen))

    def without(self, *patterns: str) -> None:
        """Delete finished files and folders below results/: their stage has to run again.

        Raises FileNotFoundError for a pattern that matches none.
        """
        for pattern in patterns:
            found = list((self.project.folder / "results").glob(pattern))
            if not found:
                raise FileNotFoundError(pattern)
            for path in found:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def run(self, *targets: str, options: Iterable[str] = ()) -> subprocess.CompletedProcess[str]:
        """The command of a user, to its end."""
        return subprocess.run(
            self._command(targets, options),
            cwd=self.project.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            check=False,
        )

    def start(self, *targets: str, options: Iterable[str] = ()) -> "subprocess.Popen[str]":
        """The same command, left running; what it says goes to run.out."""
        with (self.project.folder / "run.out").open("w") as said:
            return subprocess.Popen(
                self._command(targets, options),
                cwd=self.project.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                text=True,
                preexec_fn=_hear_ctrl_c,
            )

    def said(self) -> str:
        """What the command that was started has said so far."""
        return (self.project.folder / "run.out").read_text()

    def jobs(self, since: int = 0) -> list[SlurmJob]:
        """The jobs that the cluster was given after the one numbered `since`, in their order."""
        shown = self.cluster.call("scontrol", "--oneliner", "show", "jobs").stdout
        found = [_job(line) for line in shown.splitlines() if line.startswith("JobId=")]
        return sorted((job for job in found if job.number > since), key=lambda job: job.number)

    def last_job(self) -> int:
        """The number of the last job that the cluster was given; 0 before the first."""
        return max((job.number for job in self.jobs()), default=0)

    def own_jobs(self) -> list[SlurmJob]:
        """The jobs that were submitted from the project's folder."""
        return [job for job in self.jobs() if job.folder == self.project.folder]

    def ended(self, since: int) -> list[SlurmJob]:
        """The same once each has come to its end, which may be a moment after a run's own."""

        def all_ended() -> list[SlurmJob] | None:
            jobs = self.jobs(since)
            return None if {job.state for job in jobs} - _FINAL else jobs

        return wait_until(all_ended, "the end of every job")

    def interrupt(
        self, run: "subprocess.Popen[str]", stage: str, since: int, state: str = "RUNNING"
    ) -> None:
        """Ctrl-C once a job with `stage` is in `state`, and `run` itself knows the job."""
        number = self.wait_for(stage, since, state).number
        submitted = f"submitted with SLURM jobid {number} "
        wait_until(lambda: submitted in self.said() or None, submitted)
        run.send_signal(signal.SIGINT)

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Meanwhile a run that was started doesn't look at its jobs."""
        hold = self.project.folder / "hold"
        hold.touch()
        try:
            yield
        finally:
            hold.unlink()

    def on_a_node(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a job, in the environment that the stages have."""
        return subprocess.run(
            ["timeout", str(PATIENCE), "srun", *words],
            cwd=self.project.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def wait_for(self, stage: str, since: int, state: str = "RUNNING") -> SlurmJob:
        """Wait until a job with `stage` is in `state`; one that failed is an error."""

        def found() -> SlurmJob | None:
            jobs = {job.state: job for job in self.jobs(since) if stage in job.stages}
            assert "FAILED" not in jobs, jobs
            return jobs.get(state)

        return wait_until(found, f"{stage} {state}")

    def _command(self, targets: Iterable[str], options: Iterable[str]) -> list[str]:
        command = [sys.executable, str(WATCHFUL), "--workflow-profile", "test_profile"]
        return [*command, *options, "--config", "experiment=tiny", "--", *targets]

    def _environment(self) -> dict[str, str]:
        own = {**self.cluster.environment, "NETWORK_LOG": str(self.network_log)}
        environment = self.project.environment(**own, OMP_NUM_THREADS="1")
        # Nothing but the stages themselves keeps a job off the network.
        return {k: v for k, v in environment.items() if k not in ("HF_HUB_OFFLINE",)}


def _hear_ctrl_c() -> None:
    """What a shell starts in the background ignores it, and so does all that this starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def quick_profile() -> dict[str, Any]:
    """The SLURM profile with fewer cores and no account: that needs a database."""
    profile: dict[str, Any] = yaml.safe_load(PROFILE.read_text())
    del profile["default-resources"]["slurm_account"]
    quick = {
        "slurm-no-account": True,
        "slurm-status-command": "squeue",
        "cores": 2,
        "set-threads": dict.fromkeys(profile["set-threads"], 2),
    }
    return {**profile, **quick}


def wait_until(found: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    """Ask again and again until there is an answer. Raises TimeoutError after `seconds`."""
    end = time.monotonic() + seconds
    while (answer := found()) is None:
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.2)
    return answer


def rules_of_the_workflow() -> list[str]:
    """The rules that make files, by name."""
    # Rules that only name targets make none, and bear the names of stages.
    files = set((REPOSITORY / "workflow/rules").glob("*.smk")) - {TARGETS}
    return re.findall(r"^ *rule (\w+):$", "\n".join(f.read_text() for f in files), re.MULTILINE)


def _job(line: str) -> SlurmJob:
    fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
    resources = fields.get("TRES") or fields["ReqTRES"]  # the second from SLURM 23.11 on
    asked = dict(part.split("=") for part in resources.split(","))
    hours, minutes, _ = fields["TimeLimit"].split(":")
    gpus = re.search(r"gpu:(?:\w+:)?(\d+)", fields.get("TresPerJob", fields.get("TresPerNode", "")))
    stages = [
        r for r in rules_of_the_workflow() if re.search(f"_{r}(_|$)", fields.get("Comment", ""))
    ]
    return SlurmJob(
        number=int(fields["JobId"]),
        folder=Path(fields["WorkDir"]),
        stages=frozenset(stages),
        partition=fields["Partition"],
        node=fields["NodeList"],
        state=fields["JobState"],
        megabytes=_megabytes(asked["mem"]),
        minutes=60 * int(hours) + int(minutes),
        cores=int(asked["cpu"]),
        gpus=int(gpus[1]) if gpus else 0,
    )


def _megabytes(amount: str) -> int:
    return int(float(amount[:-1]) * {"M": 1, "G": 1024}[amount[-1]])
