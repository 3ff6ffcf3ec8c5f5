"""The examples in the middle of each cluster, as a table for reading."""

from collections.abc import Mapping

import pandas as pd

from probesteer.figures.cluster_cosines import middle_place
from probesteer.figures.facets import shortened
from probesteer.figures.places import phrase
from probesteer.figures.rows import concepts_of, matching
from probesteer.report.compact_table import CompactTable, rows_of
from probesteer.report.numbers import number
from probesteer.report.samples import printable

_WIDTH = 240
"""Characters of a text that are shown; what is left out of a longer one is in its middle."""


def clusters_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """At the middle layer of those with clusters; a row an example, those of a cluster together.

    tables: of one model, by name.
    """
    found = rows_of(tables, "cluster_examples")
    place = middle_place(found) if len(found) else None
    rows: list[list[str]] = []
    if place is not None:
        here = matching(found, site=place.site, layer=place.layer)
        for concept in concepts_of(here):
            own = matching(here, concept=concept).sort_values(["rank", "nearest"])
            rows += [_row(concept, example) for _, example in own.iterrows()]
    where = "" if place is None else f" of {phrase(place)}"
    return CompactTable(
        "Examples of clusters",
        f"Clusters (HDBSCAN) of the spline codes that follow activations{where}, the middle one of "
        "the layers with clusters; at most ten a concept, by size as in the figure of their "
        "cosines. Purity: share of the commonest label; small clusters are pure by chance. Of "
        "each, the five examples whose activations are nearest to their mean; of images, the file.",
        ["concept and cluster", "size", "labels", "purity", "example"],
        rows,
        texts=True,
    )


def _row(concept: str, example: pd.Series) -> list[str]:
    """Size, labels and purity stand beside the first example of a cluster alone."""
    first = int(example["nearest"]) == 1
    shown = [str(int(example["size"])), printable(str(example["labels"]))]
    told = [*shown, number(float(example["purity"]))] if first else [""] * 3
    text = shortened(printable(str(example["text"])), _WIDTH)
    return [f"{concept} {int(example['rank'])}", *told, text]
