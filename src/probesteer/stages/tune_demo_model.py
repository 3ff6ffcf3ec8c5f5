"""Fine-tune the embedded model."""

from typing import Any

from probesteer.models.demo.tuning import DemoTuningSettings, write_tuned
from probesteer.stages.interface import OutputPaths


def run(settings: DemoTuningSettings, provenance: dict[str, Any], *, files: OutputPaths) -> None:
    """Write the model's files beside the first of `files`."""
    write_tuned(settings, files[0].parent)
