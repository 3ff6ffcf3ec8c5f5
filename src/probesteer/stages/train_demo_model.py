"""Train the demo model and keep it if it passes its gate."""

from pathlib import Path

from probesteer.models.demo.building import build
from probesteer.models.demo.training import DemoTrainingSettings


def run(settings: DemoTrainingSettings, *, weights: Path) -> None:
    """Write the accepted model to the folder `weights`, replacing what is there."""
    build(settings, weights)
