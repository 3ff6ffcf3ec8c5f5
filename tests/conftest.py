"""What tests of several rooms share: tiny models, saved and loaded as real ones are.

torch and transformers are imported where a test asks for a model, so that the others start fast.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from probesteer.models.loading import LoadedModel

# No test may reach the network.
os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny saved model: kind -> path.

    Kinds: "gpt2", "llama", "opt", "gptneox", "bert". Shared by the whole session: copy the
    folder before you change it.
    """
    from tests.tiny_models import save_tiny_model

    folders: dict[str, Path] = {}

    def folder_of(kind: str) -> Path:
        if kind not in folders:
            folders[kind] = save_tiny_model(kind, tmp_path_factory.mktemp(kind))
        return folders[kind]

    return folder_of


@pytest.fixture
def load_tiny(model_folder: Callable[[str], Path]) -> "Callable[[str], LoadedModel]":
    """Load a tiny model anew, float32 on the CPU: kind -> LoadedModel."""
    from probesteer.models.fetching import fetch_model
    from probesteer.models.loading import load_model
    from probesteer.settings.schema import ModelSettings

    def load(kind: str) -> "LoadedModel":
        folder = model_folder(kind)
        settings = ModelSettings(path=str(folder), device="cpu")
        return load_model(fetch_model(kind, settings, folder), settings)

    return load
