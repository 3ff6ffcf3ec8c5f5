"""The scans, the sheets of paper that they come from, and their image files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# The first scan of each sheet. The scans are in the order of writing: everyone wrote the same row
# of some 130 digits, which starts with 0 to 9 three times, and a few were not scanned.
FIRST_OF_SHEET = (0, 130, 256, 386, 516, 646, 776, 906, 1029, 1157, 1287, 1415, 1545, 1667)
TRAINED_SHEETS = 6
"""The classifier is trained on the first so many; concepts are those of the others."""
_WHITE = 16


@dataclass(frozen=True, eq=False)
class Scans:
    """n scans in the order of the data set."""

    ink: NDArray[np.float64]
    """[n, 8, 8], 0 for paper to 1."""
    digits: NDArray[np.int64]
    """[n], what was written: 0 to 9."""
    sheets: NDArray[np.int64]
    """[n], from 0: scans of one sheet are by one hand."""

    @property
    def trained(self) -> NDArray[np.bool_]:
        """[n], whether the classifier is trained on a scan."""
        trained: NDArray[np.bool_] = self.sheets < TRAINED_SHEETS
        return trained

    @property
    def groups(self) -> list[str]:
        """[n], what looks alike: one hand's scans of one digit."""
        pairs = zip(self.sheets.tolist(), self.digits.tolist(), strict=True)
        return [f"sheet {sheet} digit {digit}" for sheet, digit in pairs]


def load_scans() -> Scans:
    """The scans that come with scikit-learn."""
    from sklearn.datasets import load_digits

    found = load_digits()
    row = np.arange(len(found.target))
    sheets = np.searchsorted(FIRST_OF_SHEET, row, side="right") - 1
    return Scans(found.images / _WHITE, found.target.astype(np.int64), sheets.astype(np.int64))


def image_path(folder: Path, row: int) -> Path:
    """Where the scan of a row lies in the folder of the images."""
    return folder / f"{row:04}.png"


def write_images(scans: Scans, folder: Path) -> None:
    """Write every scan as a grey PNG file of 8 x 8 pixels, ink bright."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    grey = np.rint(scans.ink * 255).astype(np.uint8)
    for row, pixels in enumerate(grey):
        Image.fromarray(pixels).save(image_path(folder, row))
