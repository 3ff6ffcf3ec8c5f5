"""What other operators than adding do along a direction: over strength, and over cost."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from probesteer.figures.chosen_places import pushed_place
from probesteer.figures.dose_response import COLUMNS as STEERING
from probesteer.figures.effect_against_cost import spread_costs
from probesteer.figures.facets import facet_figure, legend_above, note_figure, shortened
from probesteer.figures.marks import MARKERS, draw_curve, spread_strengths, zero_lines
from probesteer.figures.method_names import OPERATORS, operator_look
from probesteer.figures.places import at_place
from probesteer.figures.rows import checked, concepts_of, curve_over, first_split, matching
from probesteer.figures.style import FigureStyle
from probesteer.figures.units import many, unit_of

COLUMNS = (*STEERING, "operator")
_EFFECT, _COST = "logit_difference_change", "kl"
_LABELS = {
    _EFFECT: "change of logit difference (nats)",
    "logit_difference_kept": "share of the differences\nbetween prompts that is kept",
}
_ALONG = {"scale": "none", "erase": "leace"}  # method of operators that take no direction
_NOT_MEASURED = "No operator beside adding was measured."


def measured(table: pd.DataFrame) -> bool:
    """Whether `table` (operators) has what an operator does to the logit difference."""
    return not _effects(table).empty


def draw(
    operators: pd.DataFrame, style: FigureStyle, steering: pd.DataFrame, metric: str = _EFFECT
) -> Figure:
    """One panel an operator, one line a concept: effect over strength, where the concept is pushed.

    metric: "logit_difference_change" or "logit_difference_kept". Raises ProbesteerError where the
    first table is empty.
    """
    rows = _at_pushed_places(operators, steering, metric)
    with style.applied():
        if rows.empty:
            return note_figure(style, _NOT_MEASURED)
        shown = [name for name in OPERATORS if name in set(rows["operator"])]
        concepts = concepts_of(rows)
        colours = dict(zip(concepts, style.categories(len(concepts)), strict=True))
        one_column = len(concepts) == 1
        facets = facet_figure(shown, style, share_y="row", share_x=False, narrow=one_column)
        for operator, (axes,) in facets.panels.items():
            own = matching(rows, operator=operator)
            zero_lines(axes, x=0.0)
            for number, concept in enumerate(concepts):
                curve = curve_over(matching(own, concept=concept), "strength")
                marker = MARKERS[number % len(MARKERS)]
                draw_curve(axes, curve, colours[concept], concept, marker=marker)
            spread_strengths(axes, own["strength"].to_numpy(dtype=float))
            axes.set_xlabel(many(unit_of(own, "operators")))
            axes.margins(x=0.08)
        facets.figure.supylabel(_LABELS[metric])
        key = [
            Line2D(
                [], [], color=colours[c], marker=MARKERS[n % len(MARKERS)], label=shortened(c, 24)
            )
            for n, c in enumerate(concepts)
        ]
        legend_above(facets.figure, key, 2 if one_column else 4)
        return facets.figure


def draw_costs(operators: pd.DataFrame, style: FigureStyle, steering: pd.DataFrame) -> Figure:
    """One panel a concept, one line an operator: effect over KL, joined along strength.

    Raises ProbesteerError where the first table is empty.
    """
    effects = _at_pushed_places(operators, steering, _EFFECT)
    costs = _at_pushed_places(operators, steering, _COST)
    keys = ["concept", "operator", "strength"]
    points = effects[[*keys, "value"]].merge(costs[[*keys, "value"]], on=keys, suffixes=("", "_kl"))
    points = points.dropna()
    with style.applied():
        if points.empty:
            return note_figure(style, _NOT_MEASURED)
        shown = [name for name in OPERATORS if name in set(points["operator"])]
        facets = facet_figure(concepts_of(points), style, row_height=1.5)
        for concept, (axes,) in facets.panels.items():
            zero_lines(axes)
            for operator in shown:
                own = matching(points, concept=concept, operator=operator).sort_values("strength")
                _draw_arms(axes, own, operator, style)
            spread_costs(axes, float(points["value_kl"].max()))
        facets.figure.supxlabel("cost: KL divergence of the next token (nats)")
        facets.figure.supylabel("change of logit difference (nats)")
        looks = [(name, *operator_look(name, style)) for name in shown]
        key = [Line2D([], [], color=c, marker=m, label=name) for name, c, m in looks]
        legend_above(facets.figure, key, 3 if facets.columns == 1 else 7)
        return facets.figure


def _draw_arms(axes: Axes, points: pd.DataFrame, operator: str, style: FigureStyle) -> None:
    """Strengths below 0 and above it, joined at 0 where nothing changes."""
    colour, marker = operator_look(operator, style)
    axes.plot(
        points["value_kl"], points["value"], color=colour, marker=marker, label=operator, zorder=3
    )


def _effects(table: pd.DataFrame) -> pd.DataFrame:
    along = table["operator"].map(_ALONG).fillna("difference_of_means")
    own = table[(table["method"] == along) & table["operator"].isin(OPERATORS)]
    return matching(own, metric=_EFFECT, draw=-1)


def _at_pushed_places(operators: pd.DataFrame, steering: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Rows of `metric` of all operators, adding too, where each concept is steepest by adding."""
    checked(operators, COLUMNS, "operators")
    both = pd.concat([steering.assign(operator="add"), operators], ignore_index=True)
    along = both["operator"].map(_ALONG).fillna("difference_of_means")
    rows = both[(both["method"] == along) & (both["draw"] == -1)]
    rows = first_split(matching(rows, metric=metric, positions=_positions(operators)))
    found = []
    for concept in concepts_of(operators):
        place = pushed_place(matching(steering, concept=concept))
        if place is not None:
            found.append(at_place(matching(rows, concept=concept), place))
    if measured(operators) and found:
        return pd.concat(found)
    return rows.iloc[:0]


def _positions(operators: pd.DataFrame) -> str:
    """From the last prompt token on, where that was measured."""
    measured_at = list(operators["positions"].unique())
    return "from_last" if "from_last" in measured_at else str(measured_at[0])
