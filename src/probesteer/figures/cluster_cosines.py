"""Cosines of examples with directions of PCA and NMF, coloured by the examples' clusters."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from probesteer.figures.facets import facet_figure, legend_above, note_figure
from probesteer.figures.places import at_place, phrase, places_of
from probesteer.figures.rows import checked, concepts_of, matching
from probesteer.figures.style import BAND_GREY, GREY, Colour, FigureStyle
from probesteer.places import Place

COLUMNS = (
    *("model", "concept", "site", "layer", "clusters", "method", "direction", "rank", "bin"),
    *("metric", "value", "low", "high"),
)
METHODS = {"pca": "PCA", "nmf": "NMF"}
_SHOWN = 2
"""Directions of each method."""
_COLOURED = 6
"""Clusters with a colour of their own; more can't be told apart."""
_WIDTH = 0.1


def measured(table: pd.DataFrame) -> bool:
    """Whether cosines of clustered examples were counted: `table` is components."""
    return middle_place(_counts(table)) is not None


def middle_place(table: pd.DataFrame) -> Place | None:
    """The middle one of the layers at which any concept has clusters, the later one of two; this
    rule was set before anything was looked at. None where there are none.

    table: rows with site, layer and rank, which is 0 for what is in no cluster.
    """
    places = places_of(table[table["rank"] > 0])
    return places[len(places) // 2] if places else None


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """A column a concept, at the middle layer: the first directions of PCA and of NMF.

    table: components. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "components")
    with style.applied():
        counts = _counts(table)
        place = middle_place(counts)
        if place is None:
            return note_figure(style, "No direction was measured against clusters.")
        counts = at_place(counts, place)
        known = at_place(matching(table, clusters="codes"), place)
        rows = [(method, at) for method in METHODS for at in range(_SHOWN)]
        facets = facet_figure(
            concepts_of(counts), style, rows_each=len(rows), row_height=0.85, share_y="row"
        )
        colours = [*style.categories(_COLOURED)]
        for concept, panels in facets.panels.items():
            for axes, (method, direction) in zip(panels, rows, strict=True):
                counted, told = (
                    matching(found, concept=concept, method=method, direction=direction)
                    for found in (counts, known)
                )
                _draw_bars(axes, counted, colours)
                _draw_high_end(axes, told, f"{METHODS[method]} {direction + 1}")
                axes.set_xlim(-1, 1)
                axes.set_xticks([-0.5, 0, 0.5])
        facets.figure.supxlabel(f"cosine with the direction, {phrase(place)}")
        facets.figure.supylabel("examples")
        legend_above(facets.figure, _key(counts, colours), 4 if len(facets.panels) == 1 else 8)
        return facets.figure


def _counts(table: pd.DataFrame) -> pd.DataFrame:
    shown = table["direction"].between(0, _SHOWN - 1) & table["method"].isin(METHODS)
    return matching(table[shown], clusters="codes", metric="count")


def _draw_bars(axes: Axes, rows: pd.DataFrame, colours: list[Colour]) -> None:
    """Stacked from the largest cluster up, those in none on top."""
    height: dict[float, float] = {}
    ranks = sorted({int(rank) for rank in rows["rank"]}, key=lambda rank: (rank == 0, rank))
    for rank in ranks:
        colour = BAND_GREY if rank == 0 else GREY
        colour = colours[rank - 1] if 0 < rank <= len(colours) else colour
        own = matching(rows, rank=rank)
        edges, counts = (own[name].to_numpy(dtype=np.float64) for name in ("bin", "value"))
        below = np.array([height.get(edge, 0.0) for edge in edges])
        axes.bar(edges, counts, _WIDTH, below, align="edge", color=colour, linewidth=0)
        height.update(zip(edges, below + counts, strict=True))


def _draw_high_end(axes: Axes, rows: pd.DataFrame, name: str) -> None:
    """Where the highest tenth begins, and how much of it is in one cluster."""
    start, share = (
        matching(rows, metric=metric)["value"].to_numpy() for metric in ("high_end", "share")
    )
    told = f"{name}: {share[0]:.2f}" if len(share) else name
    if len(start):
        axes.axvline(start[0], color="0.15", linewidth=0.7, linestyle="--")
    axes.text(0.03, 0.97, told, transform=axes.transAxes, ha="left", va="top")
    axes.margins(y=0.3)


def _key(rows: pd.DataFrame, colours: list[Colour]) -> list[Patch]:
    """Of what there is: clusters by size, those too small for a colour, examples in none."""
    most = int(rows["rank"].max())
    named = {1: "largest cluster", 2: "2nd", 3: "3rd"}
    handles = [
        Patch(color=colour, label=named.get(rank, f"{rank}th"))
        for rank, colour in enumerate(colours[:most], start=1)
    ]
    if most > len(colours):
        handles.append(Patch(color=GREY, label="smaller"))
    if (rows["rank"] == 0).any():
        handles.append(Patch(color=BAND_GREY, label="in none"))
    return handles
