"""What steering costs: effect on the prompts against harm to the model."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from probesteer.figures.depth_colours import depth_colours, depth_key, depth_marker
from probesteer.figures.dose_response import COLUMNS
from probesteer.figures.facets import facet_figure, note_figure
from probesteer.figures.marks import zero_lines
from probesteer.figures.places import phrase, places_of
from probesteer.figures.rows import by_place, checked, concepts_of, first_split, matching
from probesteer.figures.style import BAND_GREY, FigureStyle
from probesteer.places import Place

_KEYS = ["concept", "site", "layer", "method", "draw", "strength"]
_LINEAR_NATS = 0.01  # costs below this are drawn on a linear stretch: they may be 0 or negative
_AXIS_LABELS = {
    "neutral_loss": "cost: rise of the loss on neutral text (nats per token)",
    "kl": "cost: KL divergence of the next token (nats)",
}


def draw(table: pd.DataFrame, style: FigureStyle, cost: str = "neutral_loss") -> Figure:
    """One panel a concept: the change of the logit difference over the `cost` of getting it.

    Strengths from 0 up, joined along strength; one line a place. The neutral loss is that of a
    push at every token, whatever the positions of the effect. table: steering; cost:
    "neutral_loss" or "kl". Raises ProbesteerError where the table is empty.
    """
    points = effects_and_costs(checked(table, COLUMNS, "steering"), cost)
    pushes = matching(points, method="difference_of_means")
    with style.applied():
        if pushes.empty:
            return note_figure(style, "Effect and cost were not measured together.")
        places = places_of(pushes)
        random = matching(points, method="random")
        facets = facet_figure(
            [name for name in concepts_of(table) if name in set(pushes["concept"])], style
        )
        for concept, (axes,) in facets.panels.items():
            _draw_random(axes, matching(random, concept=concept))
            _draw_places(axes, matching(pushes, concept=concept), places, style)
            spread_costs(axes, float(points["cost"].max()))
        facets.figure.supxlabel(_AXIS_LABELS[cost])
        facets.figure.supylabel("change of logit difference (nats)")
        extra = [] if random.empty else [Line2D([], [], color=BAND_GREY, label="random directions")]
        depth_key(facets.figure, places, style, extra)
        return facets.figure


def effects_and_costs(table: pd.DataFrame, cost: str) -> pd.DataFrame:
    """Effect and cost of each direction at each strength >= 0, as two columns.

    table: steering. Returns columns concept, site, layer, method, draw, strength, effect (change
    of the logit difference, nats) and cost (nats; the neutral loss as its rise over strength 0).
    Random directions come draw by draw where the table has draws.
    """
    steered = matching(table, positions="from_last")
    effects = first_split(matching(steered, metric="logit_difference_change"))
    costs = first_split(matching(steered, metric=cost))
    if costs.empty:  # a cost on whole texts may be measured for a push at all tokens only
        costs = first_split(matching(table, metric=cost))
    if cost == "neutral_loss":
        unsteered = matching(costs, strength=0).groupby("concept")["value"].mean()
        before = costs["concept"].map(unsteered).astype(float)
        costs = costs.assign(value=costs["value"] - before)
    joined = (
        effects[[*_KEYS, "value"]]
        .rename(columns={"value": "effect"})
        .merge(costs[[*_KEYS, "value"]].rename(columns={"value": "cost"}), on=_KEYS)
    )
    joined = joined[joined["strength"] >= 0].dropna(subset=["effect", "cost"])
    if ((joined["method"] == "random") & (joined["draw"] >= 0)).any():
        joined = joined[(joined["method"] != "random") | (joined["draw"] >= 0)]
    return joined.sort_values(_KEYS, ignore_index=True)


def _draw_random(axes: Axes, points: pd.DataFrame) -> None:
    lines = [
        line[["cost", "effect"]].to_numpy()
        for _, line in points.groupby(["site", "layer", "draw"], sort=False)
    ]
    if lines:
        axes.add_collection(LineCollection(lines, colors=[BAND_GREY], linewidths=0.6, zorder=0))
        axes.autoscale_view()


def _draw_places(axes: Axes, points: pd.DataFrame, places: list[Place], style: FigureStyle) -> None:
    zero_lines(axes)
    colours = depth_colours(len(places), style)
    for index, line in by_place(points, places):
        axes.plot(
            line["cost"],
            line["effect"],
            color=colours[index],
            marker=depth_marker(index, len(places)),
            label=phrase(places[index]),
            zorder=3,
        )


def spread_costs(axes: Axes, highest: float) -> None:
    """Linear up to a hundredth of a nat, logarithmic above."""
    axes.set_xscale("symlog", linthresh=_LINEAR_NATS, linscale=0.4)
    ticks = [tick for tick in (0.0, 0.01, 0.1, 1.0, 10.0, 100.0) if tick <= max(highest, 0.01) * 3]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
