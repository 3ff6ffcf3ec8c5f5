"""The place at which a concept is reported: chosen on validation, never on the test split."""

import math
from collections.abc import Mapping

import pandas as pd

from probesteer.figures.places import depth
from probesteer.figures.rows import matching
from probesteer.places import Place
from probesteer.probe_rows import of_probe, of_reading


def chosen_place(table: pd.DataFrame, method: str | None = None) -> Place | None:
    """Where `method`, or else the probe, reads best on the validation split; the earliest of
    equals.

    table: rows of one model and concept, with columns site, layer, method, draw, split, metric,
    value. None where it has no such rows.
    """
    every = of_reading(matching(table, draw=-1, split="validation"))
    rows = of_probe(every) if method is None else matching(every, method=method)
    values = {
        Place(str(site), int(layer)): float(value)
        for site, layer, value in zip(rows["site"], rows["layer"], rows["value"], strict=True)
    }
    return highest(values)


def highest(values: Mapping[Place, float]) -> Place | None:
    """The place with the highest known value; the earliest of equals. None where none is known."""
    known = sorted((place for place in values if math.isfinite(values[place])), key=depth)
    return max(known, key=lambda place: values[place], default=None)


def pushed_place(steering: pd.DataFrame) -> Place | None:
    """Where the difference of means is steepest on validation; the last place only if alone.

    steering: the table's rows of one model and concept; slopes from the last prompt token on.
    None where it has no such rows.
    """
    slopes = matching(steering, metric="slope", method="difference_of_means")
    for column, wanted in (("positions", "from_last"), ("split", "validation")):
        own = matching(slopes, **{column: wanted})
        slopes = own if not own.empty else slopes
    values = {
        Place(str(site), int(layer)): float(value)
        for site, layer, value in zip(slopes["site"], slopes["layer"], slopes["value"], strict=True)
    }
    last = max(values, key=depth, default=None)
    return highest({place: values[place] for place in values if place != last}) or highest(values)
