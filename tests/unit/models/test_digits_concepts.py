"""scikit-learn's digits: the sheets that they come from, and concepts of them."""

import csv
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from probesteer.concepts.positions import parse_position
from probesteer.concepts.preparation import prepare_concept
from probesteer.concepts.targets import LabelKind
from probesteer.models.digits.concepts import CONCEPTS, write_concept
from probesteer.models.digits.scans import FIRST_OF_SHEET, Scans, image_path, load_scans
from probesteer.models.digits.shapes import above_median_of_kind, slants
from probesteer.stages.interface import FolderPath, OutputPath, OutputPaths
from probesteer.stages.write_digits import DigitsSlice, run

SHARES = {"train": 0.5, "validation": 0.125, "test": 0.375}
SCANS = load_scans()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_every_sheet_holds_the_same_text() -> None:
    texts = [
        "".join(map(str, SCANS.digits[SCANS.sheets == sheet]))
        for sheet in range(len(FIRST_OF_SHEET))
    ]
    assert sum(map(len, texts)) == 1797
    for text in texts:
        # A few digits were not scanned; a sheet that was cut elsewhere has another end and start.
        for part in (slice(None), slice(20), slice(-12, None)):
            match = SequenceMatcher(None, texts[0][part], text[part], autojunk=False)
            assert match.ratio() > 0.8
        assert texts[0][:20].startswith(text[:9], text.startswith("1"))


def test_slants_are_those_of_drawn_lines() -> None:
    ink = np.zeros((3, 8, 8))
    for row in range(8):
        ink[0, row, 4] = 0.5  # upright
        ink[1, row, 7 - row] = 1.0  # a pixel to the right for each upwards
        ink[2, row, row // 2] = 1.0
    found = slants(ink)
    np.testing.assert_allclose(found[:2], [0, 1], atol=1e-12)
    assert found[2] == pytest.approx(np.polyfit(np.arange(7, -1, -1), np.arange(8) // 2, 1)[0])
    with pytest.raises(ValueError, match="image 1 has no height"):
        slants(np.stack([ink[0], np.zeros((8, 8))]))


def test_half_of_each_kind_is_above_its_median() -> None:
    values = np.array([1.0, 9.0, 2.0, 8.0, 3.0, 7.0])
    assert above_median_of_kind(values, np.array([0, 1, 0, 1, 0, 1])).tolist() == [0, 1, 0, 0, 1, 0]


def test_labels_follow_their_rules() -> None:
    for name, expected in {
        "digits_class": list(range(10)),
        "digits_loop": [1, 0, 0, 0, 0, 0, 1, 0, 1, 1],
        "digits_even": [1, 0, 1, 0, 1, 0, 1, 0, 1, 0],
    }.items():
        labels = CONCEPTS[name].label(SCANS)
        for digit, label in enumerate(expected):
            assert set(labels[SCANS.digits == digit]) == {label}
    slanted = CONCEPTS["digits_slanted"].label(SCANS)
    for digit in range(10):
        assert abs(slanted[SCANS.digits == digit].mean() - 0.5) < 0.01
    leaning = slants(SCANS.ink)
    for digit in range(10):
        own = SCANS.digits == digit
        assert leaning[own & (slanted == 1)].min() > leaning[own & (slanted == 0)].max()


@pytest.mark.parametrize("name", CONCEPTS)
def test_no_concept_shows_what_the_classifier_learned(name: str, tmp_path: Path) -> None:
    write_concept(name, SCANS, Path("images"), tmp_path)
    concept = CONCEPTS[name]
    examples, prompts = (rows_of(tmp_path / f"{kind}.csv") for kind in ("examples", "prompts"))
    held_out = {
        image_path(Path("images"), int(row)).as_posix() for row in np.flatnonzero(~SCANS.trained)
    }
    labels = concept.label(SCANS)
    for row in examples:
        scan = int(Path(row["text"]).stem)
        assert row["text"] in held_out
        assert row["group"] == f"sheet {SCANS.sheets[scan]} digit {SCANS.digits[scan]}"
        if name != "digits_slanted":  # whose medians are those of the images here
            assert int(row["label"]) == labels[scan]
    for row in prompts:
        digit = str(SCANS.digits[int(Path(row["prompt"]).stem)])
        assert row["prompt"] in held_out
        # What the image shows is one of the two, but for digits whose look-alike has another.
        assert digit in (row["positive"], row["negative"]) and row["positive"] != row["negative"]
    prepared = prepare_concept(
        tmp_path / "examples.csv",
        tmp_path / "prompts.csv",
        tmp_path / "neutral.csv",
        SHARES,
        0,
        parse_position("mean"),
        folds=4,
        kind=LabelKind("classes", 10) if name == "digits_class" else LabelKind(),
    )
    assert len(prepared.neutral) == 40
    tested = prepared.prompts[prepared.prompts["split"] == "test"]
    assert tested["group"].nunique() >= 5  # fewer give no interval


def test_the_stage_writes_images_concepts_and_their_checksums(tmp_path: Path) -> None:
    images, index = tmp_path / "images", tmp_path / "index.csv"
    files = [
        tmp_path / "concepts" / name / f"{kind}.csv"
        for name in CONCEPTS
        for kind in ("examples", "prompts", "neutral")
    ]
    run(
        DigitsSlice(),
        {},
        images=FolderPath(images),
        concepts=OutputPaths(tuple(files)),
        index=OutputPath(index),
    )
    assert all(file.is_file() for file in files)
    rows = rows_of(index)
    assert len({row["sha256"] for row in rows}) > 1790
    scan = 1234
    with Image.open(image_path(images, scan)) as image:
        grey = np.asarray(image)
    np.testing.assert_array_equal(grey, np.rint(SCANS.ink[scan] * 255))
    assert int(rows[scan]["digit"]) == SCANS.digits[scan]
    assert rows[scan]["trained"] == "False" and rows[0]["trained"] == "True"


def test_a_group_is_one_hand_and_one_digit() -> None:
    scans = Scans(np.zeros((3, 8, 8)), np.array([3, 3, 8]), np.array([0, 7, 7]))
    assert scans.groups == ["sheet 0 digit 3", "sheet 7 digit 3", "sheet 7 digit 8"]
    assert scans.trained.tolist() == [True, False, False]
