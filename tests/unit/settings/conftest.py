"""Fixtures for the tests of settings."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from probesteer.errors import ProbesteerError
from probesteer.settings.compose import compose_settings

PROJECT = Path(__file__).parents[3]
Refusal = Callable[..., str]


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project itself, as the working directory."""
    monkeypatch.chdir(PROJECT)
    return PROJECT


@pytest.fixture
def config_copy(tmp_path: Path) -> Path:
    """A copy of config/ without its data, to change."""
    copied = tmp_path / "project" / "config"
    shutil.copytree(PROJECT / "config", copied, ignore=shutil.ignore_patterns("data"))
    return copied


@pytest.fixture
def refusal(project: Path) -> Refusal:
    """Compose what must be refused; the message."""

    def message(config_folder: Path | None = None, **command_line: Any) -> str:
        with pytest.raises(ProbesteerError) as caught:
            compose_settings(config_folder or project / "config", command_line)
        found = str(caught.value)
        assert "\n" not in found
        return found

    return message
