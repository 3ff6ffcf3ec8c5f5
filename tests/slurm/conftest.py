"""A cluster for the whole session, and the tiny project run on it and on this machine.

Only `make test-slurm` runs these tests: they take minutes, need root and Debian's packages.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.slurm.cluster import Cluster, can_be_started
from tests.slurm.cluster_runs import ClusterProject, quick_profile
from tests.workflow.tiny_project import TinyProject, write_project


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running cluster."""
    if "TEST_SLURM" not in os.environ:
        pytest.skip("`make test-slurm` runs it")
    if hindrance := can_be_started():
        pytest.skip(hindrance)
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
    return write_project(tmp_path_factory.mktemp("unrun"), model_folder("gpt2"))


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory, unrun: TinyProject) -> TinyProject:
    """The project after a run of everything on this machine; copy it before you change it."""
    project = unrun.copy(tmp_path_factory.mktemp("local") / "project")
    # As many threads as on the cluster: sums are rounded by how they are divided.
    threads = [f"{rule}={count}" for rule, count in quick_profile()["set-threads"].items()]
    run = project.snakemake("all", options=["--set-threads", *threads])
    assert run.returncode == 0, run.stdout + run.stderr
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
    """A finished project that a test may change; what it lacks is made on the cluster."""
    copy = ClusterProject(local.copy(tmp_path / "project"), cluster)
    copy.prepare()
    return copy
