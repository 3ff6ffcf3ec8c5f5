"""What a cluster does to jobs: memory that ends, cancelling, preemption, drained nodes."""

import pytest

from tests.slurm.cluster import GPU_NODE, PATIENCE, Cluster
from tests.slurm.cluster_runs import TABLES, ClusterProject, wait_until
from tests.workflow.tiny_project import TinyProject

pytestmark = pytest.mark.slow


def test_a_job_killed_for_memory_comes_back_with_more(
    project: ClusterProject, local: TinyProject
) -> None:
    project.without("tiny/tables/tiny/mood/probes.*")
    since = project.last_job()
    # Snakemake itself and the stage need more than the first attempt gets.
    little = ["--set-resources", "fit_probes:mem_mb=300 * attempt ** 3"]
    run = project.run(f"{TABLES}/mood/probes.parquet", options=little)
    assert run.returncode == 0, run.stdout + run.stderr
    jobs = project.ended(since)
    assert [job.state for job in jobs] == ["FAILED", "COMPLETED"]
    assert [job.megabytes for job in jobs] == [300, 2400]
    assert f"StepId={jobs[0].number}.0 exceeded memory limit" in project.cluster.node_logs()
    assert project.project.results() == local.results()


def test_a_cancelled_job_is_submitted_again(project: ClusterProject, local: TinyProject) -> None:
    project.without("activations/*/mood-*")
    since = project.last_job()
    run = project.start("activations")
    running = project.wait_for("extract_activations", since)
    assert project.cluster.call("scancel", str(running.number)).returncode == 0
    assert run.wait(PATIENCE) == 0, project.said()
    jobs = project.ended(since)
    assert [job.state for job in jobs] == ["CANCELLED", "COMPLETED"]
    assert jobs[1].megabytes == 2 * jobs[0].megabytes
    assert project.project.results() == local.results()


@pytest.mark.parametrize("how", ["preempted", "node went down"])
def test_what_the_cluster_takes_away_starts_again_by_itself(
    project: ClusterProject, local: TinyProject, cluster: Cluster, how: str
) -> None:
    project.without("activations/*/mood-*")
    since = project.last_job()
    # A look in just that moment may take the job for failed, and submit another.
    with project.unwatched():
        run = project.start("activations")
        running = project.wait_for("extract_activations", since)
        if how == "preempted":  # what preemption with requeueing does to a job
            assert cluster.call("scontrol", "requeue", str(running.number)).returncode == 0
        else:
            cluster.set_state("DOWN", GPU_NODE)
        project.wait_for("extract_activations", since, "PENDING")
        if how != "preempted":
            cluster.set_state("RESUME", GPU_NODE)
        # SLURM lets a job that it took back wait for two minutes. A node refuses what it has just
        # been told to end, by a clock that counts whole seconds.
        ended = f"[{running.number}.batch] done with job"
        wait_until(lambda: ended in cluster.node_logs() or None, ended)
        soon = cluster.call("scontrol", "update", f"JobId={running.number}", "StartTime=now+5")
        assert soon.returncode == 0, soon.stderr
        project.wait_for("extract_activations", since)
    assert run.wait(PATIENCE) == 0, project.said()
    assert [job.state for job in project.ended(since)] == ["COMPLETED"]
    assert project.project.results() == local.results()


def test_a_drained_node_only_makes_jobs_wait(
    project: ClusterProject, local: TinyProject, cluster: Cluster
) -> None:
    project.without("activations/*/mood-*")
    since = project.last_job()
    cluster.set_state("DRAIN", GPU_NODE)
    try:
        with project.unwatched():
            run = project.start("activations")
            project.interrupt(run, "extract_activations", since, "PENDING")
            assert [job.state for job in project.ended(since)] == ["CANCELLED"]
        # Giving up leaves nothing behind that stands against the next run.
        assert run.wait(PATIENCE) != 0
        run = project.start("activations")
        waiting = project.wait_for("extract_activations", since, "PENDING")
    finally:
        cluster.set_state("RESUME", GPU_NODE)
    assert run.wait(PATIENCE) == 0, project.said()
    assert project.jobs(since)[-1].number == waiting.number
    assert project.project.results() == local.results()
