"""What other estimators read beside the logistic probe: test accuracy over depth."""

from typing import Literal

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.accuracy_by_layer import COLUMNS
from probesteer.figures.facets import facet_figure, label_places, legend_above, note_figure
from probesteer.figures.marks import draw_curve
from probesteer.figures.places import on_stream, places_of, streams_of
from probesteer.figures.rows import checked, concepts_of, curve_over_places, lowest_end, matching
from probesteer.figures.style import Colour, FigureStyle
from probesteer.places import Place
from probesteer.probe_rows import guess

Dashes = Literal["-", "--", ":"]

LINEAR = {
    "difference_of_means": "difference of means",
    "ccs": "CCS (without labels)",
    "nearest_centroid": "nearest centroid",
    "lda": "LDA",
    "ridge": "ridge",
}
NONLINEAR = {"mlp": "MLP", "nearest_neighbours": "nearest neighbours"}
_PALE: Colour = (0.62, 0.62, 0.62)
_PALE_DASHES: dict[str, Dashes] = {"nearest_centroid": ":", "lda": "--", "ridge": "-"}


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (probes) has another estimator than the logistic one."""
    return not _others(table).empty


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """Two panels a concept: the linear estimators, below them the nonlinear ones.

    The logistic probe is drawn in both, with its interval. Where several sites were read, the
    blocks' output alone is drawn, or the first site where that was not read. table: probes.
    Raises ProbesteerError where it is empty.
    """
    others = _others(checked(table, COLUMNS, "probes"))
    with style.applied():
        if others.empty:
            return note_figure(style, "No other estimator was fitted.")
        site = streams_of(places_of(others))[0]
        others = on_stream(others, site)
        logistic = on_stream(_of_method(table, "logistic"), site)
        places = places_of(others)
        present = set(others["method"])
        kinds = [
            (name, [method for method in methods if method in present])
            for name, methods in (("linear", LINEAR), ("nonlinear", NONLINEAR))
        ]
        kinds = [(name, methods) for name, methods in kinds if methods]
        facets = facet_figure(
            concepts_of(others), style, rows_each=len(kinds), row_height=1.15, share_y=True
        )
        for number, (concept, panels) in enumerate(facets.panels.items()):
            own = matching(others, concept=concept)
            chance = guess(matching(table, concept=concept))
            probe = curve_over_places(matching(logistic, concept=concept), places)
            for axes, (name, methods) in zip(panels, kinds, strict=True):
                axes.axhline(chance, color="0.35", linewidth=0.7, linestyle=":", zorder=1)
                for method in reversed(methods):
                    _draw_method(axes, matching(own, method=method), method, places, style)
                draw_curve(axes, probe, style.categories(1)[0], "logistic")
                label_places(axes, places, facets.tick_limit)
                if number % facets.columns == 0:
                    axes.set_ylabel(f"{name}\n(share correct)")
        axes.set_ylim(max(0.0, min(0.45, lowest_end(pd.concat([others, logistic])) - 0.03)), 1.02)
        facets.figure.supxlabel("layer (emb = embedding)")
        key: list[Artist] = [
            Line2D([], [], color=style.categories(1)[0], marker="o", label="logistic, 95%")
        ]
        for method, label in (LINEAR | NONLINEAR).items():
            if method in present:
                colour, dashes, marker = _look(method, style)
                handle = Line2D([], [], color=colour, linestyle=dashes, marker=marker, label=label)
                key.append(handle)
        legend_above(facets.figure, key, columns=2 if facets.columns == 1 else 4)
        return facets.figure


def _draw_method(
    axes: Axes, rows: pd.DataFrame, method: str, places: list[Place], style: FigureStyle
) -> None:
    colour, dashes, marker = _look(method, style)
    curve = curve_over_places(rows, places)
    label = (LINEAR | NONLINEAR)[method]
    line = draw_curve(axes, curve, colour, label, marker=marker, line_style=dashes, intervals=False)
    line.set_linewidth(0.7 if colour == _PALE else 1.0)


def _look(method: str, style: FigureStyle) -> tuple[Colour, Dashes, str]:
    """Colour, dashes and marker: those that tend to differ from the logistic probe stand out."""
    _, first, second, third, fourth = style.categories(5)
    bright: dict[str, tuple[Colour, Dashes, str]] = {
        "difference_of_means": (first, "-", "s"),
        "ccs": (second, "-", "^"),
        "mlp": (third, "-", "D"),
        "nearest_neighbours": (fourth, "-", "v"),
    }
    return bright.get(method, (_PALE, _PALE_DASHES.get(method, "-"), ""))


def _of_method(table: pd.DataFrame, method: str) -> pd.DataFrame:
    return matching(table, method=method, split="test", metric="accuracy", draw=-1)


def _others(table: pd.DataFrame) -> pd.DataFrame:
    rows = matching(table, split="test", metric="accuracy", draw=-1)
    return rows[rows["method"].isin(LINEAR | NONLINEAR)]
