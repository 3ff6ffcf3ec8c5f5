"""Units of a strength: their names, and the one that a table is in."""

import math

import pandas as pd

from probesteer.errors import ProbesteerError

_NAMES = {
    "gap": ("class gap", "class gaps"),
    "sigma": ("sigma", "sigmas"),
    "norm": ("mean norm", "mean norms"),
    "angle": ("degree", "degrees"),
    "share": ("share", "share"),
}
_MEANINGS = {
    "gap": "A class gap is the distance between the class means along the direction.",
    "sigma": "A sigma is the standard deviation within the classes along the direction.",
    "norm": "A mean norm is the mean length of the activations at the layer.",
    "angle": "A push of so many degrees turns an activation of mean length by that angle.",
    "share": "A share of 1 is the whole of what an operator does.",
}


def unit_of(rows: pd.DataFrame, name: str) -> str:
    """The unit (column unit) that all `rows` are in; "" where there are none.

    Raises ProbesteerError, naming the table, for rows in several units.
    """
    units = [str(unit) for unit in rows["unit"].unique()] if len(rows) else [""]
    if len(units) > 1:
        raise ProbesteerError(
            f"{name} table: strengths in {' and '.join(units)}; make the tables again in one unit"
        )
    return units[0]


def one(unit: str) -> str:
    """A single `unit` in words, such as "class gap"."""
    return _NAMES.get(unit, (unit, unit))[0]


def many(unit: str) -> str:
    """Several of `unit` in words, such as "class gaps"."""
    return _NAMES.get(unit, (unit, unit))[1]


def meaning(unit: str) -> str:
    """What one `unit` is, as a sentence; "" for a unit that is not known."""
    return _MEANINGS.get(unit, "")


def amount(strength: float, unit: str, form: str = "g") -> str:
    """A strength with its unit, such as "2 class gaps"."""
    return f"{strength:{form}} {one(unit) if abs(strength) == 1 else many(unit)}".rstrip()


def per(unit: str) -> str:
    """What a slope is in: nats for each `unit`."""
    return f"nats per {one(unit)}" if unit else "nats"


def span(step: float, unit: str = "") -> str:
    """Over which strengths a slope was taken: `step` to both sides of 0."""
    if not math.isfinite(step):
        return "between the smallest strengths on both sides of 0"
    return f"between {-step:g} and {amount(step, unit, '+g')}"


def step_of(slopes: pd.DataFrame) -> float:
    """The strength to both sides of 0 that `slopes` (rows of that metric) were taken over.

    NaN where there are no rows, or they disagree.
    """
    steps = slopes["strength"].unique()
    return float(steps[0]) if len(steps) == 1 else math.nan
