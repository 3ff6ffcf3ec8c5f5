"""Concepts of digits: the label of each by a rule, and the images that are pushed.

Images are those of sheets on which the classifier was not trained. A group is one hand's images of
one digit.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from probesteer.files.atomic import write_text
from probesteer.models.digits.scans import Scans, image_path
from probesteer.models.digits.shapes import above_median_of_kind, slants

WITH_LOOP: Final = (0, 6, 8, 9)
"""Digits whose usual form has a loop; in 8 x 8 pixels it is often too small to be seen."""
# The digit with a loop, or without one, that looks most like each.
_OTHER_LOOP: Final = {0: 2, 1: 8, 2: 0, 3: 8, 4: 9, 5: 6, 6: 5, 7: 9, 8: 3, 9: 4}
_PROMPTS_OF_GROUP: Final = {"digits_eight": 6}
_NEUTRAL: Final = 40


@dataclass(frozen=True)
class DigitConcept:
    """A concept of images of digits."""

    digits: tuple[int, ...]
    """Digits whose images are its examples."""
    label: Callable[[Scans], NDArray[np.int64]]
    """Labels of all scans that are given: [n]."""
    prompted: tuple[int, ...]
    """Digits whose images are pushed."""
    sides: Callable[[int], tuple[int, int]]
    """For an image of a digit: the class that a push is to make likelier, and less likely."""


def _loop_sides(digit: int) -> tuple[int, int]:
    other = _OTHER_LOOP[digit]
    return (digit, other) if digit in WITH_LOOP else (other, digit)


def _even_sides(digit: int) -> tuple[int, int]:
    return (digit, digit + 1) if digit % 2 == 0 else (digit - 1, digit)


_ALL: Final = tuple(range(10))
CONCEPTS: Final[Mapping[str, DigitConcept]] = {
    # Steered towards the last class, 9, from what the image shows.
    "digits_class": DigitConcept(
        _ALL, lambda scans: scans.digits, _ALL[:9], lambda digit: (9, digit)
    ),
    "digits_eight": DigitConcept(
        (3, 8), lambda scans: (scans.digits == 8).astype(np.int64), (3, 8), lambda _: (8, 3)
    ),
    "digits_loop": DigitConcept(
        _ALL, lambda scans: np.isin(scans.digits, WITH_LOOP).astype(np.int64), _ALL, _loop_sides
    ),
    "digits_even": DigitConcept(_ALL, lambda scans: 1 - scans.digits % 2, _ALL, _even_sides),
    # No class stands for it: a push that keeps to the concept leaves the image's own class alone.
    "digits_slanted": DigitConcept(
        _ALL,
        lambda scans: above_median_of_kind(slants(scans.ink), scans.digits),
        _ALL,
        lambda digit: (digit, _OTHER_LOOP[digit]),
    ),
}


def write_concept(name: str, scans: Scans, images: Path, folder: Path) -> None:
    """Write examples.csv, prompts.csv and neutral.csv of a concept.

    images: the folder of the images, as the files name it.
    """
    concept, rows = CONCEPTS[name], np.flatnonzero(~scans.trained)
    held_out = Scans(scans.ink[rows], scans.digits[rows], scans.sheets[rows])
    labels, digits, groups = concept.label(held_out), held_out.digits.tolist(), held_out.groups
    paths = [image_path(images, row).as_posix() for row in rows.tolist()]
    examples = [
        (path, label, group)
        for path, label, group, digit in zip(paths, labels.tolist(), groups, digits, strict=True)
        if digit in concept.digits
    ]
    _write(folder / "examples.csv", ("text", "label", "group"), examples)
    prompts, asked = [], dict.fromkeys(groups, 0)
    for path, group, digit in zip(paths, groups, digits, strict=True):
        asked[group] += 1
        if digit in concept.prompted and asked[group] <= _PROMPTS_OF_GROUP.get(name, 1):
            prompts.append((path, *concept.sides(digit), group))
    _write(folder / "prompts.csv", ("prompt", "positive", "negative", "group"), prompts)
    neutral = paths[:: len(paths) // _NEUTRAL][:_NEUTRAL]
    _write(folder / "neutral.csv", ("text",), [(path,) for path in neutral])


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    write_text(path, text.getvalue())
