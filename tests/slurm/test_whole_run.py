"""Everything on a cluster: which jobs there are, what they ask for, and that none needs a net."""

import re
import sys
from dataclasses import replace

import pytest

from tests.slurm.cluster import CPU_NODES, GPU_NODE
from tests.slurm.cluster_runs import ClusterProject, SlurmJob, quick_profile
from tests.workflow.tiny_project import TinyProject

pytestmark = pytest.mark.slow

# On the login node: the only rules that may use the network, and those that only draw and write.
LOCAL = {"fetch_model", "fetch_dataset", "draw_figures", "write_report"}
ON_A_GPU = {"extract_activations", "steer", "measure_scale"}


@pytest.fixture(scope="module")
def jobs(finished: ClusterProject) -> dict[str, SlurmJob]:
    """The job in which each stage ran."""
    return {stage: job for job in finished.own_jobs() for stage in job.stages}


def test_tables_equal_those_of_a_local_run(finished: ClusterProject, local: TinyProject) -> None:
    assert finished.project.results() == local.results()
    assert not finished.project.unfinished()
    assert finished.project.planned() == set()


def test_every_stage_was_a_job_and_none_was_repeated(
    finished: ClusterProject, jobs: dict[str, SlurmJob]
) -> None:
    assert set(jobs) == stages_of(finished.project) - LOCAL
    own = finished.own_jobs()
    assert {job.state for job in own} == {"COMPLETED"}
    assert len({job.stages for job in own}) == len(own)


def test_each_job_got_what_its_rules_asked_for(jobs: dict[str, SlurmJob]) -> None:
    profile = quick_profile()
    default, of_rules = profile["default-resources"], profile["set-resources"]
    threads = profile["set-threads"]
    for stage in set(jobs) & ON_A_GPU:
        # Two concepts, one after the other on the GPU: time adds up, memory doesn't.
        asked = of_rules[stage]
        assert jobs[stage] == replace(
            jobs[stage],
            partition=asked["slurm_partition"],
            node=GPU_NODE,
            gpus=asked["gpu"],
            cores=threads[stage],
            megabytes=first_attempt(asked["mem_mb"]),
            minutes=2 * first_attempt(asked["runtime"]),
        )
    for stage in set(jobs) - ON_A_GPU:
        assert jobs[stage].partition == default["slurm_partition"]
        assert jobs[stage].node in CPU_NODES
        assert jobs[stage].gpus == 0
    # Side by side within the cores of the job: memory adds up, time doesn't.
    megabytes, minutes = map(first_attempt, (default["mem_mb"], default["runtime"]))
    examples = jobs["prepare_examples"]
    assert (examples.cores, examples.megabytes, examples.minutes) == (2, 2 * megabytes, minutes)
    # Probes take both cores, one concept after the other; then their directions, side by side.
    probes = jobs["fit_probes"]
    assert probes is jobs["derive_directions"]
    assert (probes.cores, probes.megabytes, probes.minutes) == (2, 2 * megabytes, 3 * minutes)


def test_a_gpu_can_be_asked_for_by_gres(project: ClusterProject) -> None:
    profile = quick_profile()
    of_model = {**profile["set-resources"]["extract_activations"], "gpu": 0, "gres": "gpu:fake:1"}
    profile["set-resources"]["extract_activations"] = of_model
    project.prepare(profile)
    project.without("activations/*/mood-*")
    since = project.last_job()
    run = project.run("activations")
    assert run.returncode == 0, run.stdout + run.stderr
    (job,) = project.jobs(since)
    assert (job.partition, job.node, job.gpus) == ("gpu", GPU_NODE, 1)


def test_no_job_tried_to_reach_a_network(finished: ClusterProject) -> None:
    def attempts() -> set[str]:
        log = finished.network_log.read_text().splitlines() if finished.network_log.exists() else []
        return {line for line in log if line.split()[2] != "-"}

    assert attempts() == set()
    # The watch would have seen it, and the node has nothing but its loopback device.
    reach = "import socket; socket.create_connection(('203.0.113.1', 80), 5)"
    tried = finished.on_a_node(sys.executable, "-c", reach)
    assert "Network is unreachable" in tried.stderr
    assert any("203.0.113.1" in line for line in attempts())
    devices = finished.on_a_node("cat", "/proc/net/dev").stdout.splitlines()[2:]
    assert [device.split(":")[0].strip() for device in devices] == ["lo"]


def first_attempt(amount: str) -> int:
    """What an expression such as `4000 * attempt` gives at first."""
    number, times = amount.split(" * ")
    assert times == "attempt"
    return int(number)


def stages_of(project: TinyProject) -> set[str]:
    """The rules of which a run of everything has jobs."""
    run = project.snakemake("all", options=["--dry-run", "--forceall"])
    assert run.returncode == 0, run.stderr
    return set(re.findall(r"^(?:local)?rule (\w+):$", run.stdout, re.MULTILINE)) - {"all"}
