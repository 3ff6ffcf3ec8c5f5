"""Everything on a cluster: which jobs there are, what they ask for, and that none needs a net."""

import json
import re
import sys
from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest

from tests.slurm.cluster import CPU_NODES, GPU_NODE
from tests.slurm.cluster_runs import ClusterProject, SlurmJob, quick_profile
from tests.workflow.tiny_project import CONCEPTS, TinyProject

pytestmark = pytest.mark.slow

# On the login node: the only rules that may use the network, and those that only draw and write.
LOCAL = {"fetch_model", "fetch_dataset", "draw_figures", "write_report"}
ON_A_GPU = {
    *("extract_activations", "differentiate"),
    *("steer", "measure_scale", "measure_entanglement"),
}


@pytest.fixture(scope="module")
def jobs(finished: ClusterProject) -> dict[str, SlurmJob]:
    """The job in which each stage ran."""
    return {stage: job for job in finished.own_jobs() for stage in job.stages}


@pytest.fixture(scope="module")
def count(finished: ClusterProject) -> Counter[str]:
    """How many jobs of each rule a run of everything has."""
    run = finished.project.snakemake("all", options=["--dry-run", "--forceall"])
    assert run.returncode == 0, run.stderr
    found = Counter(re.findall(r"^(?:local)?rule (\w+):$", run.stdout, re.MULTILINE))
    del found["all"]
    return found


def test_tables_equal_those_of_a_local_run(finished: ClusterProject, local: TinyProject) -> None:
    assert finished.project.results() == local.results()
    assert not finished.project.unfinished()
    assert finished.project.planned() == set()


def test_every_stage_was_a_job_and_none_was_repeated(
    finished: ClusterProject, jobs: dict[str, SlurmJob], count: Counter[str]
) -> None:
    assert set(jobs) == set(count) - LOCAL
    own = finished.own_jobs()
    assert {job.state for job in own} == {"COMPLETED"}
    assert len({job.stages for job in own}) == len(own)


def test_each_job_got_what_its_rules_asked_for(
    jobs: dict[str, SlurmJob], count: Counter[str]
) -> None:
    profile = quick_profile()
    default, threads = profile["default-resources"], profile["set-threads"]
    asked = {stage: {**default, **profile["set-resources"].get(stage, {})} for stage in jobs}
    assert {stage for stage in jobs if asked[stage].get("gpu")} == ON_A_GPU
    for stage, job in jobs.items():
        # One after the other: their times add up; of the rest they ask for the same.
        minutes = [count[each] * first_attempt(asked[each]["runtime"]) for each in job.stages]
        assert job == replace(
            job,
            partition=asked[stage]["slurm_partition"],
            gpus=asked[stage].get("gpu", 0),
            cores=max(threads.get(each, 1) for each in job.stages),
            megabytes=first_attempt(asked[stage]["mem_mb"]),
            minutes=sum(minutes),
        )
        assert job.node in ([GPU_NODE] if job.gpus else CPU_NODES)


def test_what_is_in_one_job_runs_one_after_the_other(finished: ClusterProject) -> None:
    spans = []
    for concept in CONCEPTS:
        left = finished.project.folder / f"results/tiny/resources/tiny/{concept}/steering.json"
        steering = json.loads(left.read_text())
        end = datetime.fromisoformat(steering["finished"]).timestamp()
        spans.append((end - steering["wall_s"], end))
    (_, first_end), (second_start, _) = sorted(spans)
    assert second_start > first_end - 1  # the end is told in whole seconds


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
