"""What a cluster does to jobs: memory that ends, cancelling, preemption, drained nodes, Ctrl-C."""

import signal

import pytest

from tests.slurm.cluster import CPU_NODES, GPU_NODE, Cluster
from tests.slurm.cluster_runs import ClusterProject
from tests.workflow.tiny_project import TinyProject

pytestmark = pytest.mark.slow

TABLES = "results/tiny/tables/tiny"


def set_state(cluster: Cluster, state: str, *nodes: str) -> None:
    """As an administrator does: DRAIN lets nothing start, DOWN ends what runs, RESUME ends both."""
    words = ("update", f"NodeName={','.join(nodes)}", f"State={state}", "Reason=a test")
    changed = cluster.call("scontrol", *words)
    # A node that was down may have come back by itself: then there is nothing to resume.
    back = state == "RESUME" and "Invalid node state" in changed.stderr
    assert changed.returncode == 0 or back, changed.stderr


def test_a_job_killed_for_memory_comes_back_with_more(
    project: ClusterProject, local: TinyProject
) -> None:
    project.without("tiny/tables/tiny/mood/probes.*")
    since = project.last_job()
    # Snakemake itself and the stage need more than the first attempt gets.
    little = ["--set-resources", "fit_probes:mem_mb=300 * attempt ** 3"]
    run = project.run(f"{TABLES}/mood/probes.parquet", options=little)
    assert run.returncode == 0, run.stdout + run.stderr
    jobs = project.jobs(since)
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
    assert run.wait(300) == 0, project.said()
    jobs = project.jobs(since)
    assert [job.state for job in jobs] == ["CANCELLED", "COMPLETED"]
    assert jobs[1].megabytes == 2 * jobs[0].megabytes
    assert project.project.results() == local.results()


@pytest.mark.parametrize("how", ["preempted", "node went down"])
def test_what_the_cluster_takes_away_starts_again_by_itself(
    project: ClusterProject, local: TinyProject, cluster: Cluster, how: str
) -> None:
    project.without("activations/*/mood-*")
    since = project.last_job()
    run = project.start("activations")
    running = project.wait_for("extract_activations", since)
    if how == "preempted":  # what preemption with requeueing does to a job
        assert cluster.call("scontrol", "requeue", str(running.number)).returncode == 0
    else:
        set_state(cluster, "DOWN", GPU_NODE)
    project.wait_for("extract_activations", since, "PENDING")
    if how != "preempted":
        set_state(cluster, "RESUME", GPU_NODE)
    # SLURM lets a job that it took back wait for two minutes.
    now = cluster.call("scontrol", "update", f"JobId={running.number}", "StartTime=now")
    assert now.returncode == 0, now.stderr
    assert run.wait(400) == 0, project.said()
    # Snakemake may look just then: it takes the job for failed, and gives the cluster another.
    assert project.jobs(since)[-1].state == "COMPLETED"
    assert project.project.results() == local.results()


def test_after_snakemake_was_killed_its_jobs_are_waited_for(
    project: ClusterProject, local: TinyProject
) -> None:
    project.without("activations/*/mood-*")
    since = project.last_job()
    run = project.start("activations")
    project.wait_for("extract_activations", since)
    run.kill()
    run.wait()
    project.wait_for("extract_activations", since, "COMPLETED")
    assert project.run(options=["--unlock"]).returncode == 0
    finished = project.run("activations")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert project.project.results() == local.results()


def test_after_ctrl_c_the_same_command_finishes(
    project: ClusterProject, local: TinyProject
) -> None:
    project.without("activations/*/mood-*")
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
    project.without("activations/*/mood-*")
    since = project.last_job()
    set_state(cluster, "DRAIN", GPU_NODE)
    try:
        run = project.start("activations")
        project.wait_for("extract_activations", since, "PENDING")
        # Giving up meanwhile leaves nothing behind that stands against the next run.
        run.send_signal(signal.SIGINT)
        assert run.wait(120) != 0
        run = project.start("activations")
        waiting = project.wait_for("extract_activations", since, "PENDING")
    finally:
        set_state(cluster, "RESUME", GPU_NODE)
    assert run.wait(300) == 0, project.said()
    assert project.jobs(since)[-1].number == waiting.number
    assert project.project.results() == local.results()


def test_settings_that_are_edited_during_a_run_wait_for_the_next(
    project: ClusterProject, local: TinyProject, cluster: Cluster
) -> None:
    project.without("tiny/tables/tiny/mood/probes.*")
    since = project.last_job()
    experiment = project.project.folder / "config/experiment/tiny.yaml"
    set_state(cluster, "DRAIN", *CPU_NODES)
    try:
        run = project.start("probes")
        project.wait_for("fit_probes", since, "PENDING")
        experiment.write_text(experiment.read_text().replace("folds: 2", "folds: 3"))
    finally:
        set_state(cluster, "RESUME", *CPU_NODES)
    assert run.wait(300) == 0, project.said()
    assert project.project.results() == local.results()
    assert "fit_probes" in {job.rule for job in project.project.planned()}


def test_what_a_failed_job_has_finished_is_kept(project: ClusterProject) -> None:
    results = project.project.folder / "results"
    project.without("tiny/tables/tiny/*/probes.*")
    (layer,) = results.glob("activations/*/mood-*/resid_post.001.safetensors")
    whole = layer.read_bytes()
    layer.write_bytes(whole[:-8])
    since = project.last_job()
    # Both concepts at a time in one job: the one doesn't wait for the other, which fails.
    options = ["--set-threads", "fit_probes=1", "--retries", "1"]
    run = project.run("probes", options=options)
    assert run.returncode == 1
    assert f"{layer.name}: truncated" in run.stderr.splitlines()[-1]
    assert [job.state for job in project.jobs(since)] == ["FAILED", "FAILED"]
    layer.write_bytes(whole)
    planned = {job.concept for job in project.project.planned() if job.rule == "fit_probes"}
    assert planned == {"mood"}
