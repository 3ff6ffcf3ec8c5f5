"""Train the classifier of digits."""

from typing import Any

from probesteer.models.digits.scans import load_scans
from probesteer.models.digits.training import DigitsTrainingSettings, store, train
from probesteer.stages.interface import FolderPath, InputPath, OutputPaths


def run(
    settings: DigitsTrainingSettings,
    provenance: dict[str, Any],
    *,
    images: FolderPath,
    index: InputPath,
    files: OutputPaths,
) -> None:
    """Write the model's files beside the first of `files`.

    images: as the stage `write_digits` left them. index: what it wrote of them.
    """
    store(train(load_scans(), images, settings), settings, files[0].parent)
