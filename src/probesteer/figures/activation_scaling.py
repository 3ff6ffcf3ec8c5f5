"""How much the model depends on the size of its activations: x <- s x at every token."""

import pandas as pd
from matplotlib.figure import Figure

from probesteer.figures.depth_colours import depth_key
from probesteer.figures.facets import facet_figure, note_figure
from probesteer.figures.marks import spread_losses, spread_strengths, zero_lines
from probesteer.figures.places import places_of
from probesteer.figures.rows import checked, concepts_of, matching
from probesteer.figures.strength_curves import draw_strength_curves
from probesteer.figures.style import FigureStyle

COLUMNS = (
    "model",
    "concept",
    "site",
    "layer",
    "operator",
    "unit",
    "strength",
    "metric",
    "value",
)
_AXIS_LABELS = {
    "prediction_changed": "prediction changed (share of prompts)",
    "kl": "KL divergence of the next token (nats)",
    "neutral_loss": "loss on neutral text (nats per token)",
}


def draw(table: pd.DataFrame, style: FigureStyle, metric: str = "prediction_changed") -> Figure:
    """One panel a concept, one line a place: `metric` over the factor s.

    table: scale; metric: "prediction_changed", "kl" or "neutral_loss". Raises ProbesteerError
    where the table is empty.
    """
    rows = matching(checked(table, COLUMNS, "scale"), operator="multiply", metric=metric)
    with style.applied():
        if rows.empty:
            return note_figure(style, "Multiplying the activations was not measured.")
        places = places_of(rows)
        facets = facet_figure(concepts_of(rows), style, share_y=True)
        for concept, (axes,) in facets.panels.items():
            zero_lines(axes, x=1.0, y=None)
            draw_strength_curves(axes, matching(rows, concept=concept), places, style)
            spread_strengths(axes, rows["strength"].to_numpy(dtype=float))
        if metric == "prediction_changed":
            axes.set_ylim(-0.03, 1.03)
        elif metric == "neutral_loss":
            spread_losses(axes, rows["value"])
        facets.figure.supxlabel("factor on the activation (1 = unchanged)")
        facets.figure.supylabel(_AXIS_LABELS[metric])
        depth_key(facets.figure, places, style)
        return facets.figure
