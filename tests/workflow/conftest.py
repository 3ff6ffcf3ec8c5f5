"""A finished run of the tiny project, made once, and copies of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.tiny_project import TinyProject, write_project


@pytest.fixture(scope="session")
def unrun(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Callable[[str], Path]
) -> TinyProject:
    """The project before its first run; copy it before you change it."""
    return write_project(tmp_path_factory.mktemp("unrun"), model_folder("gpt2"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, unrun: TinyProject) -> TinyProject:
    """The project after a run of everything; copy it before you change it."""
    project = unrun.copy(tmp_path_factory.mktemp("finished") / "project")
    run = project.snakemake("all")
    assert run.returncode == 0, run.stdout + run.stderr
    return project


@pytest.fixture
def project(finished: TinyProject, tmp_path: Path) -> TinyProject:
    """A finished project that a test may change."""
    return finished.copy(tmp_path / "project")


@pytest.fixture
def fresh(unrun: TinyProject, tmp_path: Path) -> TinyProject:
    """A project without results that a test may change."""
    return unrun.copy(tmp_path / "project")
