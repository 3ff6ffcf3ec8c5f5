"""What tests of several rooms share: tiny models, saved and loaded as real ones are.

torch and transformers are imported where a test asks for a model, so that the others start fast.
"""

import copy
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from probesteer.models.loading import LoadedModel

# No test may reach the network.
os.environ["HF_HUB_OFFLINE"] = "1"
# Tiny matrices: more threads would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


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


@pytest.fixture(scope="session")
def load_tiny(model_folder: Callable[[str], Path]) -> "Callable[[str], LoadedModel]":
    """A tiny model, float32 on the CPU: kind -> LoadedModel.

    Each call gives a copy of its own, to change as a test likes.
    """
    from probesteer.models.blocks import find_blocks
    from probesteer.models.fetching import fetch_model
    from probesteer.models.loading import load_model
    from probesteer.settings.schema import ModelSettings

    originals: dict[str, LoadedModel] = {}

    def load(kind: str) -> "LoadedModel":
        if kind not in originals:
            folder = model_folder(kind)
            settings = ModelSettings(path=str(folder), device="cpu")
            originals[kind] = load_model(fetch_model(kind, settings, folder), settings)
        # A copy takes a tenth of the time of loading.
        model = copy.deepcopy(originals[kind].model)
        tokenizer = copy.deepcopy(originals[kind].tokenizer)
        return replace(originals[kind], model=model, tokenizer=tokenizer, blocks=find_blocks(model))

    return load
