"""Write scikit-learn's digits as image files, and the data files of concepts of them."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from probesteer.files.atomic import write_text
from probesteer.files.digests import file_digest
from probesteer.models.digits.concepts import CONCEPTS, write_concept
from probesteer.models.digits.scans import image_path, load_scans, write_images
from probesteer.stages.interface import FolderPath, OutputPath, OutputPaths


@dataclass
class DigitsSlice:
    """Nothing is read of the settings."""


def run(
    settings: DigitsSlice,
    provenance: dict[str, Any],
    *,
    images: FolderPath,
    concepts: OutputPaths,
    index: OutputPath,
) -> None:
    """Write the images, the files of every concept, and the index last.

    concepts: three files of every concept, in a folder of its name. index: a CSV file with a row
    an image: its digit, its sheet, whether the classifier is trained on it, and its checksum.
    """
    scans = load_scans()
    write_images(scans, images)
    folders = {path.parent.name: path.parent for path in concepts}
    for name in CONCEPTS:
        write_concept(name, scans, images, folders[name])
    rows = range(len(scans.digits))
    table = pd.DataFrame(
        {
            "digit": scans.digits,
            "sheet": scans.sheets,
            "trained": scans.trained,
            "sha256": [file_digest(image_path(images, row)) for row in rows],
        }
    )
    write_text(index, table.to_csv(index=False))
