"""What a cluster does to jobs: memory that ends, cancelling, preemption, drained nodes, Ctrl-C."""

import signal

import pytest

from tests.slurm.cluster import GPU_NODE, Cluster
from tests.slurm.cluster_runs import ClusterProject, wait_until
from tests.workflow.tiny_project import TinyProject

pytestmark = pytest.mark.slow

TABLES = "results/tiny/tables/tiny"


def without(project: ClusterProject, *patterns: str) -> None:
    """Delete finished files, so that their stage has to run again."""
    for pattern in patterns:
        files = list((project.project.folder / "results").glob(pattern))
        assert files, pattern
        for file in files:
            file.unlink()


def test_a_job_killed_for_memory_comes_back_with_more(
    project: ClusterProject, local: TinyProject
) -> None:
    without(project, "tiny/tables/tiny/mood/probes.*")
    since = project.last_job()
    # Snakemake itself and the stage need more than the first attempt gets.
    little = ["--set-resources", "fit_probes:mem_mb=300 * attempt ** 3"]
    run = project.run(f"{TABLES}/mood/probes.parquet", options=little)
    assert run.returncode == 0, run.stdout + run.stderr
    jobs = project.jobs(since)
    assert [job.state for job in jobs] == ["FAILED", "COMPLETED"]
    assert [job.megabytes for job in jobs] == [300, 2400]
    assert project.project.results() == local.results()


def test_a_cancelled_job_is_submitted_again(project: ClusterProject, local: TinyProject) -> None:
    without(project, "activations/*/mood-*/*")
    since = project.last_job()
    run = project.start("activations")
    running = project.wait_for("extract_activations", since)
    assert project.cluster.call("scancel", str(running.number)).returncode == 0
    assert run.wait(300) == 0, project.said()
    jobs = project.jobs(since)
    assert [job.state for job in jobs] == ["CANCELLED", "COMPLETED"]
    assert jobs[1].megabytes == 2 * jobs[0].megabytes
    assert project.project.results() == local.results()


def test_a_preempted_job_starts_again_by_itself(
    project: ClusterProject, local: TinyProject
) -> None:
    without(project, "activations/*/mood-*/*")
    since = project.last_job()
    run = project.start("activations")
    running = project.wait_for("extract_activations", since)
    # What preemption with requeueing does to a job.
    assert project.cluster.call("scontrol", "requeue", str(running.number)).returncode == 0
    wait_until(lambda: project.jobs(since)[0].state != "RUNNING" or None, "requeued")
    assert run.wait(400) == 0, project.said()
    assert [(job.number, job.state) for job in project.jobs(since)] == [
        (running.number, "COMPLETED")
    ]
    assert project.project.results() == local.results()


def test_after_ctrl_c_the_same_command_finishes(
    project: ClusterProject, local: TinyProject
) -> None:
    without(project, "activations/*/mood-*/*")
    since = project.last_job()
    run = project.start("activations")
    project.wait_for("extract_activations", since)
    run.send_signal(signal.SIGINT)
    assert run.wait(120) != 0
    assert [job.state for job in project.jobs(since)] == ["CANCELLED"]
    assert project.project.results() != local.results()
    finished = project.run("activations")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert project.project.results() == local.results()


def test_a_drained_node_only_makes_jobs_wait(
    project: ClusterProject, local: TinyProject, cluster: Cluster
) -> None:
    without(project, "activations/*/mood-*/*")
    since = project.last_job()
    drain = ("scontrol", "update", f"NodeName={GPU_NODE}")
    assert cluster.call(*drain, "State=DRAIN", "Reason=test").returncode == 0
    try:
        run = project.start("activations")
        project.wait_for("extract_activations", since, "PENDING")
        # Giving up meanwhile leaves nothing behind that stands against the next run.
        run.send_signal(signal.SIGINT)
        assert run.wait(120) != 0
        run = project.start("activations")
        waiting = project.wait_for("extract_activations", since, "PENDING")
    finally:
        assert cluster.call(*drain, "State=RESUME").returncode == 0
    assert run.wait(300) == 0, project.said()
    assert project.jobs(since)[-1].number == waiting.number
    assert project.project.results() == local.results()
