"""A hub token comes from the environment, and goes into no file and no message."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from probesteer.errors import ProbesteerError
from probesteer.settings.compose import compose_settings
from tests.unit.models.small_hub import small_hub

PROJECT = Path(__file__).parents[2]
TOKEN = "hf_" + "aBcD1234" * 5
OTHER = "hf_" + "Zy9Xw8Vu" * 5  # not the one in the environment


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    copied = tmp_path / "project" / "config"
    return Path(shutil.copytree(PROJECT / "config", copied, ignore=shutil.ignore_patterns("data")))


@pytest.mark.parametrize("text", ["${oc.env:HF_TOKEN}", f"my {TOKEN}", OTHER])
@pytest.mark.parametrize("key", ["description", "family", "examples"])
def test_a_token_in_a_file_of_settings_is_refused(config: Path, key: str, text: str) -> None:
    path = config / "concept" / "tense.yaml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith(f"{key}:")]
    path.write_text("\n".join([*lines, f"{key}: '{text}'", ""]))
    with pytest.raises(ProbesteerError) as caught:
        compose_settings(config, {"concept": "tense"})
    said = str(caught.value)
    assert said.startswith(f"config: concept.tense.{key}: holds a hub token")
    assert "hf_" not in said


def test_a_token_on_the_command_line_is_refused(config: Path) -> None:
    with pytest.raises(ProbesteerError, match="model_path: holds a hub token") as caught:
        compose_settings(config, {"model": "local", "model_path": f"/models/{OTHER}"})
    assert OTHER not in str(caught.value)


def test_a_token_as_a_key_is_not_repeated(config: Path) -> None:
    with (config / "concept" / "tense.yaml").open("a") as file:
        file.write(f"\ncolumns: {{text: '{TOKEN}'}}\n")
    with pytest.raises(ProbesteerError, match="holds a hub token") as caught:
        compose_settings(config, {"concept": "tense"})
    assert TOKEN not in str(caught.value)


def test_settings_without_a_token_compose(config: Path) -> None:
    assert compose_settings(config, {"concept": "tense"}).concepts == ["tense"]


@pytest.mark.slow
@pytest.mark.parametrize("gated", [False, True])
def test_nothing_that_is_made_holds_the_token(
    tmp_path: Path, model_folder: Callable[[str], Path], gated: bool
) -> None:
    """A model of a hub is fetched with it, by a stage with a log and a record."""
    made = tmp_path / "results"
    with small_hub(model_folder("gpt2"), "org/small", gated=gated) as endpoint:
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("HF_")},
            **{"HF_TOKEN": TOKEN, "HF_ENDPOINT": endpoint, "NO_PROXY": "127.0.0.1"},
            **{"HF_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(PROJECT / "src")},
        }
        settings = '{"name": "small", "model": {"hub": "org/small"}}'
        command = [sys.executable, "-m", "probesteer", "fetch", "--settings", settings]
        command += ["--record", str(made / "record.json"), "--log", str(made / "fetch.log")]
        command += ["--resources", str(made / "resources.json")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == int(gated), done.stderr
    assert TOKEN not in done.stdout + done.stderr
    files = [path for path in made.rglob("*") if path.is_file()]
    assert len(files) == (1 if gated else 4)
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]
    cached = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not [path for path in cached if TOKEN.encode() in path.read_bytes()]
