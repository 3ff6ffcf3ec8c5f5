"""What happens to a run itself: it is killed, given up, its settings are edited, a stage fails."""

import pytest

from tests.slurm.cluster import CPU_NODES, PATIENCE, Cluster
from tests.slurm.cluster_runs import TABLES, ClusterProject
from tests.workflow.tiny_project import CONCEPTS, TinyProject

pytestmark = pytest.mark.slow


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
    # Of a job about which it asks at just that moment Snakemake loses sight.
    with project.unwatched():
        run = project.start("activations")
        project.interrupt(run, "extract_activations", since)
        assert [job.state for job in project.ended(since)] == ["CANCELLED"]
    assert run.wait(PATIENCE) != 0
    assert project.project.results() != local.results()
    finished = project.run("activations")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert project.project.results() == local.results()


def test_settings_that_are_edited_during_a_run_wait_for_the_next(
    project: ClusterProject, local: TinyProject, cluster: Cluster
) -> None:
    project.without("tiny/tables/tiny/mood/probes.*")
    since = project.last_job()
    experiment = project.project.folder / "config/experiment/tiny.yaml"
    cluster.set_state("DRAIN", *CPU_NODES)
    try:
        run = project.start(f"{TABLES}/mood/probes.parquet")
        project.wait_for("fit_probes", since, "PENDING")
        experiment.write_text(experiment.read_text().replace("folds: 2", "folds: 3"))
    finally:
        cluster.set_state("RESUME", *CPU_NODES)
    assert run.wait(PATIENCE) == 0, project.said()
    assert project.project.results() == local.results()
    assert "fit_probes" in {job.rule for job in project.project.planned()}


def test_what_a_failed_job_has_finished_is_kept(project: ClusterProject) -> None:
    project.without("tiny/tables/tiny/*/probes.*", "tiny/tables/tiny/*/directions.*")
    stage = project.project.package / "stages/directions.py"
    works = stage.read_text()
    stage.write_text(f"{works}\nraise OSError\n")
    since = project.last_job()
    # One job: probes of either concept, and as soon as a concept has some, its directions.
    run = project.run("directions", options=["--retries", "0"])
    assert run.returncode == 1
    (job,) = project.ended(since)
    assert job.state == "FAILED"
    assert job.stages == {"fit_probes", "derive_directions"}
    stage.write_text(works)
    planned = project.project.planned()
    tables = project.project.folder / "results/tiny/tables/tiny"
    kept = {concept for concept in CONCEPTS if (tables / concept / "probes.parquet").exists()}
    assert kept
    assert {job.concept for job in planned if job.rule == "fit_probes"} == set(CONCEPTS) - kept
    assert {job.concept for job in planned if job.rule == "derive_directions"} == set(CONCEPTS)
