"""Whether two concepts add up, and whether one is read whatever the other is."""

from collections.abc import Iterator

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import MARKERS, band_handle, draw_band, draw_curve, zero_lines
from probesteer.figures.places import on_stream, places_of
from probesteer.figures.rows import MEASURED, checked, curve_over_places, matching
from probesteer.figures.style import Colour, FigureStyle
from probesteer.places import Place

_SIDES = ("0", "1")
"""Labels of the other concept."""
_PANELS = {
    "nearest": "combination\nforeseen (share)",
    "joint_share": "offset depends\non it (share)",
    "auroc": "direction\n(AUROC)",
    "balanced_accuracy": "and threshold\n(accuracy)",
}
_METHODS = ("predicted", "combinations", "seen", "unseen", "by_lot")
_BLACK: Colour = (0.15, 0.15, 0.15)


def measured(table: pd.DataFrame) -> bool:
    """Whether two concepts were composed: `table` is composition."""
    return not _rows(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Four panels a concept and other concept, by layer.

    table: composition. Raises ProbesteerError where it is empty.
    """
    checked(table, (*MEASURED, "other", "unseen"), "composition")
    with style.applied():
        rows = _rows(table)
        if rows.empty:
            return note_figure(style, "No two concepts were measured on shared texts.")
        places = places_of(rows)
        colours = style.categories(len(_SIDES))
        pairs = list(_pairs(rows))
        names = [f"{concept} with {other}" for concept, other in pairs]
        facets = facet_figure(names, style, rows_each=len(_PANELS), row_height=1.0)
        panels = zip(pairs, facets.panels.values(), strict=True)
        for number, ((concept, other), cells) in enumerate(panels):
            of_pair = rows[rows["concept"].isin((concept, other))]
            of_pair = of_pair[of_pair["other"].isin((concept, other))]
            for axes, (metric, label) in zip(cells, _PANELS.items(), strict=True):
                here = matching(of_pair, metric=metric)
                _panel(axes, metric, here, concept, places, colours)
                axes.set_ylim(-0.08, 1.08)
                label_places(axes, places, facets.tick_limit)
                if number % facets.columns == 0:
                    axes.set_ylabel(label)
        facets.figure.supxlabel("layer")
        legend_above(facets.figure, _key(colours), 2 if len(pairs) == 1 else 3)
        return facets.figure


def _panel(
    axes: Axes,
    metric: str,
    rows: pd.DataFrame,
    concept: str,
    places: list[Place],
    colours: list[Colour],
) -> None:
    """rows: of one metric, both concepts."""
    zero_lines(axes)
    own = matching(rows, concept=concept)
    draw_band(axes, curve_over_places(matching(own, method="by_lot"), places))
    if metric == "joint_share":
        draw_curve(axes, curve_over_places(own, places), _BLACK, metric, marker="D")
        return
    if metric == "nearest":
        sides = [_foreseen(rows, concept, side) for side in _SIDES]
        drawn = [(side, each, "-") for side, each in zip(_SIDES, sides, strict=True)]
    else:
        drawn = [
            (side, matching(own, method=method, unseen=side), line)
            for side in _SIDES
            for method, line in (("seen", ":"), ("unseen", "-"))
        ]
    for side, each, line in drawn:
        at = _SIDES.index(side)
        draw_curve(
            axes,
            curve_over_places(each, places),
            colours[at],
            f"{side}{line}",
            marker=MARKERS[at] if line == "-" else "",
            line_style=line,
            offset=0.08 * at - 0.04,
            intervals=line == "-",
        )


def _foreseen(rows: pd.DataFrame, concept: str, side: str) -> pd.DataFrame:
    """Of the two combinations in which the other concept has the label `side`, the worse one."""
    predicted = matching(rows, method="predicted")
    first = (predicted["concept"] == concept).all()
    wanted = [f"{label},{side}" if first else f"{side},{label}" for label in _SIDES]
    chosen = predicted[predicted["unseen"].isin(wanted)]
    return chosen.sort_values("value", kind="stable").drop_duplicates(["site", "layer"])


def _key(colours: list[Colour]) -> list[Artist]:
    sides = [
        Line2D([], [], color=colour, marker=MARKERS[at], label=f"where the other concept is {side}")
        for at, (side, colour) in enumerate(zip(_SIDES, colours, strict=True))
    ]
    return [
        *sides,
        Line2D([], [], color=_BLACK, marker="D", label="over both"),
        Line2D([], [], color=_BLACK, label="learned where it is not"),
        Line2D([], [], color=_BLACK, linestyle=":", label="learned where it is"),
        band_handle("labels by lot"),
    ]


def _pairs(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    named = rows[["concept", "other"]].drop_duplicates()
    for concept, other in named.itertuples(index=False, name=None):
        yield str(concept), str(other)


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    drawn = table["metric"].isin(_PANELS) & table["method"].isin(_METHODS)
    return on_stream(table[drawn], "resid_post")
