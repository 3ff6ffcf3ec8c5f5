"""The place at which a concept is reported: chosen on validation, never on the test split."""

import math
from collections.abc import Mapping

import pandas as pd

from probesteer.figures.places import depth
from probesteer.figures.rows import matching
from probesteer.places import Place

READING_METRICS = ("accuracy", "r2")
"""What says how well a concept is read: of labels, and of real numbers. A concept has one."""


def of_reading(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of `rows` (column metric) that say how well the concept is read."""
    return rows[rows["metric"].isin(READING_METRICS)]


def chosen_place(table: pd.DataFrame, method: str = "logistic") -> Place | None:
    """Where `method` reads best on the validation split; the earliest of equals.

    table: rows of one model and concept, with columns site, layer, method, draw, split, metric,
    value. None where it has no such rows.
    """
    rows = of_reading(matching(table, method=method, draw=-1, split="validation"))
    values = {
        Place(str(site), int(layer)): float(value)
        for site, layer, value in zip(rows["site"], rows["layer"], rows["value"], strict=True)
    }
    return highest(values)


def highest(values: Mapping[Place, float]) -> Place | None:
    """The place with the highest known value; the earliest of equals. None where none is known."""
    known = sorted((place for place in values if math.isfinite(values[place])), key=depth)
    return max(known, key=lambda place: values[place], default=None)
