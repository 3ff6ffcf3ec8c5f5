"""A cluster for each worker of pytest, and the tiny project run on it and on this machine.

Only `make test-slurm` runs these tests: they take minutes, need root and Debian's packages.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.slurm.cluster import Cluster
from tests.slurm.cluster_runs import ClusterProject, quick_profile
from tests.workflow.tiny_project import EXPERIMENT, TinyProject, write_project

# Beside what the tiny project has, every other stage that a model's GPU is for.
ADDED = {
    "directions:\n": "directions:\n  methods: [difference_of_means, logit_gradient]\n",
    "steering:\n": "steering:\n  entanglement: [1]\n",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The whole run takes longest: it begins first, beside the others."""
    items.sort(key=lambda item: "test_whole_run" not in item.nodeid)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running cluster."""
    if "TEST_SLURM" not in os.environ:
        pytest.skip("`make test-slurm` runs it")
    running = Cluster(tmp_path_factory.mktemp("cluster") / "slurm")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def unrun(
    cluster: Cluster,
    tmp_path_factory: pytest.TempPathFactory,
    model_folder: Callable[[str], Path],
) -> TinyProject:
    """The project before its first run; copy it before you change it."""
    project = write_project(tmp_path_factory.mktemp("unrun"), model_folder("gpt2"))
    settings = EXPERIMENT
    for line, more in ADDED.items():
        assert line in settings
        settings = settings.replace(line, more)
    (project.folder / "config/experiment/tiny.yaml").write_text(settings)
    return project


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory, unrun: TinyProject) -> TinyProject:
    """The project with all tables, made on this machine; copy it before you change it.

    The first worker that asks makes it; others wait.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    project, finished = TinyProject(shared / "made-locally"), shared / "made-locally.finished"
    # As many threads as on the cluster: sums are rounded by how they are divided.
    threads = [f"{rule}={count}" for rule, count in quick_profile()["set-threads"].items()]
    with (shared / "made-locally.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            unrun.copy(project.folder)
            options = ["--set-threads", *threads, "--omit-from", "draw_figures"]
            run = project.snakemake("all", options=options)
            assert run.returncode == 0, run.stdout + run.stderr
            finished.touch()
    return project


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory, unrun: TinyProject, cluster: Cluster
) -> ClusterProject:
    """The project after a run of everything on the cluster; change nothing in it."""
    copy = unrun.copy(tmp_path_factory.mktemp("finished") / "project")
    project = ClusterProject(copy, cluster)
    project.prepare()
    run = project.run("all")
    assert run.returncode == 0, run.stdout + run.stderr
    return project


@pytest.fixture
def project(local: TinyProject, cluster: Cluster, tmp_path: Path) -> ClusterProject:
    """A project with all tables that a test may change; what it lacks is made on the cluster."""
    copy = ClusterProject(local.copy(tmp_path / "project"), cluster)
    copy.prepare()
    return copy
