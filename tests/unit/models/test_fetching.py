"""Fetching from a hub and from folders; after it, nothing needs the network."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file

from probesteer.errors import ProbesteerError
from probesteer.files.digests import file_digest
from probesteer.models import fetching
from probesteer.models.fetching import fetch_model
from probesteer.models.record import ModelRecord, read_record, write_record
from probesteer.settings.schema import ModelSettings
from tests.unit.models.small_hub import COMMIT, small_hub

Folder = Callable[[str], Path]

# Environment variables of the hub's library act at its import, so this runs in its own process.
FETCH = """
import sys
from pathlib import Path
from probesteer.models import fetching
from probesteer.models.fetching import fetch_model
from probesteer.models.record import write_record
from probesteer.settings.schema import ModelSettings

write_record(Path(sys.argv[1]), fetch_model("small", ModelSettings(hub="org/small"), Path.cwd()))
"""
LOAD = """
import sys
from pathlib import Path
from probesteer.models.loading import load_model
from probesteer.models.record import read_record
from probesteer.settings.schema import ModelSettings

loaded = load_model(read_record(Path(sys.argv[1])), ModelSettings(device="cpu"))
print(len(loaded.blocks), loaded.width, type(loaded.model).__name__)
"""


@pytest.mark.slow
def test_a_model_is_fetched_once_and_then_needs_no_network(
    tmp_path: Path, model_folder: Folder
) -> None:
    served, path = tmp_path / "served", tmp_path / "record.json"
    shutil.copytree(model_folder("llama"), served)
    (served / "pytorch_model.bin").write_bytes(b"a pickle")
    (served / "README.md").write_text("read me")
    with small_hub(served, "org/small") as endpoint:
        fetched = run(FETCH, path, endpoint)
        assert fetched.returncode == 0, fetched.stderr
    record = read_record(path)
    assert (record.source, record.revision) == ("org/small", COMMIT)
    assert (record.architecture, record.kind) == ("LlamaForCausalLM", "causal")
    names = {file.name for file in model_folder("llama").iterdir()}
    assert {file.name for file in Path(record.folder).iterdir()} == names
    assert record.files == {name: file_digest(served / name) for name in names}
    # The hub is gone: the model loads, and what was fetched is found again.
    loaded = run(LOAD + FETCH, path, endpoint, HF_HUB_OFFLINE="1")
    assert loaded.stdout.split() == ["3", "16", "LlamaForCausalLM"], loaded.stderr
    assert loaded.returncode == 0
    assert read_record(path) == record


def run(script: str, path: Path, endpoint: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a script with the hub at `endpoint` and its cache beside `path`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    hub = {"HF_HOME": str(path.parent / "cache"), "HF_ENDPOINT": endpoint, "NO_PROXY": "127.0.0.1"}
    return subprocess.run(
        [sys.executable, "-c", script, str(path)],
        env={**kept, **hub, **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


Hub = Callable[[str], None]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Let this process use the hub at an endpoint, with an empty cache."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))

    def use(endpoint: str) -> None:
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        monkeypatch.setattr(constants, "ENDPOINT", endpoint)
        files = f"{endpoint}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", files)

    return use


def hub_refusal(repository: str = "org/small", revision: str = "main") -> str:
    with pytest.raises(ProbesteerError) as caught:
        fetch_model("small", ModelSettings(hub=repository, revision=revision), Path.cwd())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_commit_is_fetched_as_well(hub: Hub, model_folder: Folder) -> None:
    with small_hub(model_folder("opt"), "org/small") as endpoint:
        hub(endpoint)
        record = fetch_model("small", ModelSettings(hub="org/small", revision=COMMIT), Path.cwd())
    assert record.revision == COMMIT
    assert set(record.files) == {file.name for file in model_folder("opt").iterdir()}


def test_a_hub_out_of_reach_is_one_line_and_quick(hub: Hub) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    hub(endpoint)
    started = time.monotonic()
    message = hub_refusal()
    assert time.monotonic() - started < 10
    assert message == (
        f"model small: org/small at main: {endpoint} can't be reached; fetch it where there is a "
        "network, or give a folder with model=local model_path=…"
    )


def test_without_a_network_by_choice_is_one_line(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub("http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "can't be reached; fetch it where there is a network" in hub_refusal()


@pytest.mark.parametrize(
    ("repository", "revision"), [("org/other", "main"), ("org/small", "no-such-branch")]
)
def test_what_the_hub_does_not_have_is_one_line(
    repository: str, revision: str, hub: Hub, model_folder: Folder
) -> None:
    with small_hub(model_folder("llama"), "org/small") as endpoint:
        hub(endpoint)
        assert hub_refusal(repository, revision) == (
            f"model small: {repository} at {revision}: not on the hub; correct hub or revision"
        )


def test_a_gated_model_is_one_line(hub: Hub, model_folder: Folder) -> None:
    with small_hub(model_folder("llama"), "org/small", gated=True) as endpoint:
        hub(endpoint)
        assert hub_refusal() == (
            "model small: org/small at main: access is gated; "
            "accept its licence on the hub and set HF_TOKEN"
        )


def test_a_name_that_no_hub_allows_is_one_line(hub: Hub) -> None:
    hub("http://127.0.0.1:9")
    message = hub_refusal("a/b/c")
    assert message.startswith("model small: a/b/c at main: can't be fetched: ")
    assert message.endswith("or give a folder with model=local model_path=…")


def test_any_other_fault_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> str:
        raise OSError(28, "No space left on device\nat a disk")

    monkeypatch.setattr(fetching, "snapshot_download", fail)
    assert hub_refusal() == (
        "model small: org/small at main: can't be fetched: [Errno 28] No space left on device; "
        "mend that, or give a folder with model=local model_path=…"
    )


@pytest.fixture
def copied(tmp_path: Path, model_folder: Folder) -> Path:
    """A copy of the tiny GPT-2's folder, to change."""
    return Path(shutil.copytree(model_folder("gpt2"), tmp_path / "copied"))


def record_of(folder: Path, allow_pickle_weights: bool = False) -> ModelRecord:
    settings = ModelSettings(path=str(folder), allow_pickle_weights=allow_pickle_weights)
    return fetch_model("mine", settings, folder)


def refusal(folder: Path) -> str:
    with pytest.raises(ProbesteerError) as caught:
        record_of(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["gpt2", "bert"])
def test_a_folder_is_recorded_with_every_file(kind: str, model_folder: Folder) -> None:
    folder = model_folder(kind)
    record = record_of(folder)
    assert record.folder == record.source == str(folder)
    assert record.revision == ""
    assert record.kind == ("causal" if kind == "gpt2" else "masked")
    assert record.files == {file.name: file_digest(file) for file in folder.iterdir()}


def test_a_relative_path_starts_at_the_project(copied: Path) -> None:
    record = fetch_model("mine", ModelSettings(path="copied"), copied.parent)
    assert record.folder == record.source == "copied"
    assert record.files == record_of(copied).files


def test_equal_files_have_equal_digests_wherever_they_lie(
    copied: Path, model_folder: Folder
) -> None:
    assert record_of(copied).digest == record_of(model_folder("gpt2")).digest
    config = copied / "config.json"
    config.write_text(config.read_text() + " ")
    assert record_of(copied).digest != record_of(model_folder("gpt2")).digest


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no") == (
        f"model mine: {tmp_path}/no is not a folder; correct its path"
    )


def test_a_folder_without_a_config_is_one_line(copied: Path) -> None:
    (copied / "config.json").unlink()
    assert refusal(copied) == (
        f"model mine: {copied} has no config.json; name a folder that save_pretrained wrote"
    )


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b"[]", b"3"])
def test_a_broken_config_is_one_line(content: bytes, copied: Path) -> None:
    (copied / "config.json").write_bytes(content)
    message = refusal(copied)
    assert message.startswith(f"model mine: {copied}/config.json ")
    assert message.endswith("; fetch it anew")


def test_a_folder_without_a_tokenizer_is_one_line(copied: Path) -> None:
    for file in copied.glob("tokenizer*"):
        file.unlink()
    assert refusal(copied) == (
        f"model mine: {copied} has no tokenizer; add it with its save_pretrained"
    )


def test_pickled_weights_are_refused_unless_they_are_allowed(copied: Path) -> None:
    weights = load_file(copied / "model.safetensors")
    torch.save(weights, copied / "pytorch_model.bin")
    (copied / "model.safetensors").unlink()
    assert refusal(copied) == (
        f"model mine: {copied} has no *.safetensors; convert its weights with save_pretrained, "
        "or set allow_pickle_weights in the model's YAML"
    )
    assert "pytorch_model.bin" in record_of(copied, allow_pickle_weights=True).files


def test_a_record_comes_back_from_its_file(tmp_path: Path, model_folder: Folder) -> None:
    record = record_of(model_folder("opt"))
    write_record(tmp_path / "record.json", record)
    assert read_record(tmp_path / "record.json") == record


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"name": "x"}', '{"surplus": 1}'])
def test_what_is_no_record_is_one_line(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ProbesteerError) as caught:
        read_record(path)
    assert str(caught.value) == f"{path}: not a model record; delete it and run again"
