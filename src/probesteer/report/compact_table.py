"""A table of text, and the rows of a tidy table that its cells are looked up in."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from probesteer.figures.places import places_of
from probesteer.figures.rows import concepts_of, matching
from probesteer.places import Place
from probesteer.report.evidence import Numbers


@dataclass(frozen=True)
class CompactTable:
    """A table of text, ready to be shown; each row has as many cells as there are columns."""

    title: str
    note: str
    columns: list[str]
    rows: list[list[str]]
    texts: bool = False
    """Whether the last column holds sentences, which wrap."""


def rows_of(tables: Mapping[str, pd.DataFrame], name: str, **wanted: str | float) -> pd.DataFrame:
    """Matching rows of a table that may not have been made."""
    table = tables.get(name)
    if table is None or table.empty:
        return pd.DataFrame(columns=_COLUMNS)
    return matching(table, **wanted)


_COLUMNS = [
    *("model", "concept", "other", "site", "layer", "offset", "operator", "method", "size", "draw"),
    *("positions", "unit", "strength", "split", "metric", "value", "low", "high", "n", "bound"),
    *("adjusted", "bin", "predicted", "observed", "read_site", "read_layer"),
]


def pairs_of(rows: pd.DataFrame) -> list[tuple[str, Place]]:
    """Every concept and place of `rows`, concepts first, places by depth."""
    places = places_of(rows)
    present = set(zip(rows["concept"], rows["site"], rows["layer"], strict=True))
    return [
        (concept, place)
        for concept in concepts_of(rows)
        for place in places
        if (concept, place.site, place.layer) in present
    ]


def lookup(rows: pd.DataFrame) -> dict[tuple[str, Place], Numbers]:
    """Value, low, high by concept and place."""
    columns = (rows[name] for name in ("concept", "site", "layer", "value", "low", "high"))
    return {
        (str(concept), Place(str(site), int(layer))): (float(value), float(low), float(high))
        for concept, site, layer, value, low, high in zip(*columns, strict=True)
    }
