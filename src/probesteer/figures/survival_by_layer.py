"""Does a push survive the layers: what the probe of every later place reads of it."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import MARKERS, band_handle, draw_band, draw_curve, zero_lines
from probesteer.figures.places import on_stream, places_of
from probesteer.figures.rows import (
    checked,
    concepts_of,
    curve_over_places,
    first_split,
    matching,
    random_range,
)
from probesteer.figures.style import Colour, FigureStyle
from probesteer.figures.units import amount, unit_of
from probesteer.places import Place

COLUMNS = (
    "model",
    "concept",
    "method",
    "draw",
    "unit",
    "strength",
    "read_site",
    "read_layer",
    "split",
    "metric",
    "value",
)
_PUSHED = "difference_of_means"
_PALE: Colour = (0.91, 0.91, 0.91)


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (readout) has what a probe read of a push."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept, one line a strength: what each probe reads, from the push on.

    table: readout. Raises ProbesteerError where it is empty.
    """
    checked(table, COLUMNS, "readout")
    rows = _rows(table)
    with style.applied():
        if rows.empty:
            return note_figure(style, "No push was measured by the probes of later layers.")
        places, strengths = places_of(rows), sorted(set(rows["strength"]))
        looks = dict(zip(strengths, _looks(strengths, style), strict=True))
        facets = facet_figure(concepts_of(rows), style, row_height=1.4)
        for concept, (axes,) in facets.panels.items():
            _draw(axes, matching(rows, concept=concept), places, looks)
            label_places(axes, places, facets.tick_limit)
        facets.figure.supxlabel("layer of the probe")
        facets.figure.supylabel("change of what the probe reads\n(its class difference = 1)")
        unit = unit_of(rows, "readout")
        lines = [
            Line2D([], [], color=colour, marker=marker, label=amount(strength, unit, "+g"))
            for strength, (colour, marker) in looks.items()
        ]
        random = matching(rows, method="random")
        band = [] if random.empty else [band_handle("random directions, range")]
        legend_above(facets.figure, [*lines, *band], 2 if len(facets.panels) == 1 else 5)
        return facets.figure


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    """What is drawn, at the places of the probes; those of the blocks' outputs where there are
    several sites."""
    wanted = table[table["method"].isin((_PUSHED, "random"))]
    rows = first_split(matching(wanted, metric="probe_readout"), ("test", "all"))
    rows = rows.assign(site=rows["read_site"], layer=rows["read_layer"])
    return on_stream(rows, "resid_post")


def _draw(
    axes: Axes, rows: pd.DataFrame, places: list[Place], looks: dict[float, tuple[Colour, str]]
) -> None:
    zero_lines(axes)
    index = {(place.site, place.layer): number for number, place in enumerate(places)}
    keys = zip(rows["site"], rows["layer"], strict=True)
    numbered = rows.assign(place_index=[index[str(site), int(layer)] for site, layer in keys])
    random = matching(numbered, method="random")
    if not random.empty:
        smallest = random[random["strength"].abs() == random["strength"].abs().min()]
        if len(smallest) < len(random):
            draw_band(axes, random_range(random, "place_index"), _PALE)
        draw_band(axes, random_range(smallest, "place_index"))
    pushed = matching(rows, method=_PUSHED)
    for strength, (colour, marker) in looks.items():
        curve = curve_over_places(matching(pushed, strength=strength), places)
        draw_curve(axes, curve, colour, f"{strength:+g}", marker=marker)


def _looks(strengths: list[float], style: FigureStyle) -> list[tuple[Colour, str]]:
    """A colour and a marker for every strength."""
    colours = style.categories(len(strengths))
    return [(colour, MARKERS[at % len(MARKERS)]) for at, colour in enumerate(colours)]
