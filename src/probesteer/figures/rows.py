"""Rows of a tidy table, and the curves that they make."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.places import Place

Array = NDArray[np.float64]

MEASURED = ("model", "concept", "site", "layer", "method", "metric", "value", "low", "high")
"""Columns of a table of what methods reach at places, with intervals."""


@dataclass(frozen=True)
class Curve:
    """Points along one axis with the ends of their intervals; each array is [n].

    Unknown values and ends are NaN.
    """

    x: Array
    value: Array
    low: Array
    high: Array

    def __len__(self) -> int:
        return len(self.x)


def checked(table: pd.DataFrame, columns: Iterable[str], name: str) -> pd.DataFrame:
    """Return `table` if it has rows, of one model where it tells models apart, and all `columns`.

    Raises ProbesteerError, naming the table, where it has not.
    """
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise ProbesteerError(
            f"{name} table: no column {missing[0]!r}; make the table again with this version"
        )
    if table.empty:
        raise ProbesteerError(f"{name} table: no rows; run the stage that measures them")
    models = table["model"].unique() if "model" in table else ()
    if len(models) > 1:
        raise ProbesteerError(
            f"{name} table: rows of {len(models)} models; give the rows of one model"
        )
    return table


def matching(table: pd.DataFrame, **wanted: str | float) -> pd.DataFrame:
    """The rows of `table` whose columns equal the `wanted` values."""
    keep = np.ones(len(table), dtype=bool)
    for column, value in wanted.items():
        keep &= (table[column] == value).to_numpy(dtype=bool)
    return table[keep]


def first_split(rows: pd.DataFrame, order: Sequence[str] = ("all", "test")) -> pd.DataFrame:
    """The rows of the first split in `order` that has any: figures show all prompts."""
    for split in order:
        found = matching(rows, split=split)
        if not found.empty:
            return found
    return rows.iloc[:0]


def concepts_of(table: pd.DataFrame) -> list[str]:
    """The concepts of `table` in the order in which they appear."""
    return [str(concept) for concept in table["concept"].unique()]


def curve_over(rows: pd.DataFrame, column: str) -> Curve:
    """The curve of `rows` over a numeric `column`, sorted; the first row wins at equal x."""
    rows = rows.drop_duplicates(column).sort_values(column)
    return Curve(
        rows[column].to_numpy(dtype=np.float64),
        rows["value"].to_numpy(dtype=np.float64),
        rows["low"].to_numpy(dtype=np.float64),
        rows["high"].to_numpy(dtype=np.float64),
    )


def curve_over_places(rows: pd.DataFrame, places: Sequence[Place]) -> Curve:
    """The curve of `rows` over the index of their place in `places`; places may be missing."""
    index = {(place.site, place.layer): number for number, place in enumerate(places)}
    keys = zip(rows["site"], rows["layer"], strict=True)
    numbers = [index.get((str(site), int(layer)), -1) for site, layer in keys]
    numbered = rows.assign(place_index=numbers)
    return curve_over(numbered[numbered["place_index"] >= 0], "place_index")


def by_place(rows: pd.DataFrame, places: Sequence[Place]) -> Iterator[tuple[int, pd.DataFrame]]:
    """Index of each place of `places` that has rows, and those rows."""
    groups = dict(iter(rows.groupby(["site", "layer"], sort=False)))
    for number, place in enumerate(places):
        if (place.site, place.layer) in groups:
            yield number, groups[place.site, place.layer]


def random_range(rows: pd.DataFrame, column: str) -> Curve:
    """Range of the random directions at each value of `column`: lowest low to highest high.

    rows: those of method "random". The aggregate rows (draw -1) carry the range over the draws;
    where there are none, the draws themselves give it. The value is the mean.
    """
    aggregate = matching(rows, draw=-1)
    if aggregate.empty:
        aggregate = rows.assign(low=rows["value"], high=rows["value"])
    spread = aggregate.groupby(column).agg(
        value=("value", "mean"), low=("low", "min"), high=("high", "max")
    )
    return curve_over(spread.reset_index(), column)


def lowest_end(rows: pd.DataFrame) -> float:
    """The smallest known value or lower end of `rows`; infinity where none is known."""
    known = rows[["value", "low"]].to_numpy(dtype=np.float64)
    known = known[np.isfinite(known)]
    return float(known.min()) if known.size else np.inf
