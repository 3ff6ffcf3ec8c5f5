"""Rows behind a claim: place by place, and their numbers."""

import pandas as pd

from probesteer.figures.places import places_of
from probesteer.figures.rows import by_place
from probesteer.places import Place


def rows_by_place(rows: pd.DataFrame) -> list[tuple[Place, pd.DataFrame]]:
    """The places of `rows`, ordered by depth, and the rows of each."""
    places = places_of(rows)
    return [(places[at], here) for at, here in by_place(rows, places)]


def ends_of(rows: pd.DataFrame) -> tuple[float, float, float]:
    """Value, low and high of the first row."""
    value, low, high = (float(rows[name].iloc[0]) for name in ("value", "low", "high"))
    return value, low, high
