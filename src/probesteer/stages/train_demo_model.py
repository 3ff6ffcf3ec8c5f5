"""Train the demo model and keep it if it passes its gate."""

from typing import Any

from probesteer.models.demo.building import build
from probesteer.models.demo.training import DemoTrainingSettings
from probesteer.stages.interface import OutputPath


def run(settings: DemoTrainingSettings, provenance: dict[str, Any], *, weights: OutputPath) -> None:
    """Write the accepted model to the folder `weights`, replacing what is there.

    The folder's `training.json` says what it comes from.
    """
    build(settings, weights)
