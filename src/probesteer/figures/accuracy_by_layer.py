"""Where a probe reads the concept: test accuracy, or R² of real numbers, beside its controls."""

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.facets import (
    facet_figure,
    label_places,
    legend_above,
    note_figure,
)
from probesteer.figures.marks import band_handle, draw_band, draw_curve
from probesteer.figures.places import on_stream, places_of, stream_name, streams_of
from probesteer.figures.rows import checked, concepts_of, curve_over_places, lowest_end, matching
from probesteer.figures.style import BAND_GREY, Colour, FigureStyle
from probesteer.places import Place
from probesteer.probe_rows import guess, is_real, of_probe, of_reading

COLUMNS = ("model", "concept", "site", "layer", "method", "draw", "split", "metric", "value")
_CONTROLS = ("untrained", "bag_of_tokens", "shuffled_labels")


def draw(table: pd.DataFrame, style: FigureStyle) -> Figure:
    """One panel a concept: accuracy of the probe over places, or its R², test split.

    table: probes. Raises ProbesteerError where it is empty.
    """
    on_test = of_reading(matching(checked(table, COLUMNS, "probes"), split="test", draw=-1))
    rows = pd.concat([of_probe(on_test), on_test[on_test["method"].isin(_CONTROLS)]])
    places = places_of(rows)
    own = {concept: matching(rows, concept=concept) for concept in concepts_of(rows)}
    guesses = {concept: guess(matching(table, concept=concept)) for concept in own}
    real = {concept: is_real(found) for concept, found in own.items()}
    mixed = len(set(real.values())) > 1
    probe = "probe" if mixed else "ridge probe" if any(real.values()) else "logistic probe"
    with style.applied():
        if not places:
            return note_figure(style, "No test accuracy was measured.")
        facets = facet_figure(list(own), style, share_y=not mixed)
        lines = _lines(places, probe, style)
        for concept, (axes,) in facets.panels.items():
            _draw_concept(axes, own[concept], guesses[concept], places, lines, style)
            label_places(axes, places, facets.tick_limit)
            alike = [name for name in own if real[name] == real[concept]]
            lowest = lowest_end(pd.concat([own[name] for name in alike]))
            if real[concept]:  # below the mean, how far doesn't matter
                axes.set_ylim(max(-1.0, min(-0.08, lowest - 0.03)), 1.03)
            else:
                least = min(guesses[name] for name in alike)
                axes.set_ylim(max(min(least - 0.05, lowest - 0.03), 0.0), 1.02)
            if mixed:
                axes.set_ylabel("R²" if real[concept] else "accuracy")
        facets.figure.supxlabel("layer (emb = embedding)")
        if not mixed:
            what = (
                "test R² (share of variance)" if real[concept] else "test accuracy (share correct)"
            )
            facets.figure.supylabel(what)
        key = _key(rows, lines, "a guess" if any(real.values()) else "chance", style)
        legend_above(facets.figure, key, columns=2 if facets.columns == 1 else 5)
        return facets.figure


def _draw_concept(
    axes: Axes,
    rows: pd.DataFrame,
    guessed: float,
    places: list[Place],
    lines: dict[str, tuple[Colour, str]],
    style: FigureStyle,
) -> None:
    _, tokens, untrained = style.categories(3)
    draw_band(axes, curve_over_places(matching(rows, method="shuffled_labels"), places))
    axes.axhline(guessed, color="0.35", linewidth=0.7, linestyle=":", zorder=1)
    baseline = matching(rows, method="bag_of_tokens")["value"]
    if not baseline.empty:
        axes.axhline(baseline.iloc[0], color=tokens, linewidth=1.0, linestyle="--", zorder=2)
    fitted = of_probe(rows)
    for site, (colour, label) in lines.items():
        draw_curve(axes, curve_over_places(on_stream(fitted, site), places), colour, label)
    several = len(lines) > 1
    reinitialised = matching(rows, method="untrained")
    for site, (colour, label) in lines.items():
        curve = curve_over_places(on_stream(reinitialised, site), places)
        if several:
            name = f"{label}, untrained"
            line = draw_curve(
                axes, curve, colour, name, marker="", line_style="-.", intervals=False
            )
            line.set_linewidth(0.8)
        else:
            draw_curve(axes, curve, untrained, "untrained model", marker="s", offset=0.12)


def _lines(places: list[Place], probe: str, style: FigureStyle) -> dict[str, tuple[Colour, str]]:
    """Colour and name of each site's line; a line that ran through several would only zigzag."""
    sites = streams_of(places)
    if len(sites) == 1:
        return {sites[0]: (style.categories(1)[0], probe)}
    # The second colour is that of the bag of tokens.
    first, _, *others = style.categories(len(sites) + 1)
    return {
        site: (colour, stream_name(site))
        for site, colour in zip(sites, [first, *others], strict=True)
    }


def _key(
    rows: pd.DataFrame, lines: dict[str, tuple[Colour, str]], guessed: str, style: FigureStyle
) -> list[Artist]:
    _, tokens, untrained = style.categories(3)
    methods = set(rows["method"])
    key: list[Artist] = [
        Line2D([], [], color=colour, marker="o", label=f"{label}, 95%")
        for colour, label in lines.values()
    ]
    if "untrained" in methods:
        several = len(lines) > 1
        key.append(
            Line2D([], [], color="0.35", linestyle="-.", label="untrained model")
            if several
            else Line2D([], [], color=untrained, marker="s", label="untrained model, 95%")
        )
    if "bag_of_tokens" in methods:
        key.append(Line2D([], [], color=tokens, linestyle="--", label="bag of tokens"))
    if "shuffled_labels" in methods:
        key.append(band_handle("shuffled labels ± sd", BAND_GREY))
    key.append(Line2D([], [], color="0.35", linewidth=0.7, linestyle=":", label=guessed))
    return key
