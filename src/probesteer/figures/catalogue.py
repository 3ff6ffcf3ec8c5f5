"""All figures of one model: their names, tables, titles and captions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from probesteer.errors import ProbesteerError
from probesteer.figures import (
    accuracy_by_layer,
    accuracy_heatmap,
    activation_scaling,
    direction_agreement,
    direction_cosines,
    dose_response,
    effect_against_cost,
    scale_sensitivity,
    steering_slope_by_layer,
)
from probesteer.figures.style import FigureStyle


@dataclass(frozen=True)
class CatalogueEntry:
    """A figure that the report shows."""

    name: str
    """File name without its ending; also that of the caption in workflow/report."""

    chapter: str
    """The question that the figure helps to answer; groups the figures of the report."""

    tables: tuple[str, ...]
    """Names of the tables that it is drawn from, in the order of `draw`'s arguments."""

    draw: Callable[..., Figure]
    """draw(table, style, *other_tables)."""

    title: str
    caption: str
    """What is shown, what the intervals are, units."""


READING = "Where can the concept be read?"
DIRECTIONS = "Which direction carries it?"
STEERING = "Does pushing along it steer the model?"
SCALE = "Over which range of scales, and at what cost?"

CATALOGUE: tuple[CatalogueEntry, ...] = (
    CatalogueEntry(
        name="accuracy_by_layer",
        chapter=READING,
        tables=("probes",),
        draw=accuracy_by_layer.draw,
        title="Probe accuracy by layer",
        caption=(
            "Share of test examples that a logistic probe gets right, by layer, with 95% bootstrap "
            "intervals over groups. Grey band: probes trained on shuffled labels, mean plus and "
            "minus one standard deviation over the draws. Dashed: a bag-of-tokens classifier, "
            "which sees the words but not the model. Dotted: chance."
        ),
    ),
    CatalogueEntry(
        name="accuracy_heatmap",
        chapter=READING,
        tables=("probes",),
        draw=accuracy_heatmap.draw,
        title="Probe accuracy, all concepts",
        caption=(
            "Share of test examples that a logistic probe gets right, for each concept and layer. "
            "The colours start at 0.5, which is chance; the intervals are in the figure by layer."
        ),
    ),
    CatalogueEntry(
        name="direction_cosines",
        chapter=DIRECTIONS,
        tables=("cosines",),
        draw=direction_cosines.draw,
        title="Cosines between concepts",
        caption=(
            "Cosine between the difference-of-means directions of each pair of concepts, at the "
            "middle and at the last of the places measured. 0: unrelated directions; 1 and -1: the "
            "same line, with equal and with opposite sign. No intervals."
        ),
    ),
    CatalogueEntry(
        name="direction_agreement",
        chapter=DIRECTIONS,
        tables=("cosines",),
        draw=direction_agreement.draw,
        title="Agreement of two directions",
        caption=(
            "Cosine between the direction of the logistic probe and the difference of the class "
            "means, for each concept by layer, in raw activation space. No intervals."
        ),
    ),
    CatalogueEntry(
        name="dose_response",
        chapter=STEERING,
        tables=("steering",),
        draw=dose_response.draw,
        title="Effect against strength",
        caption=(
            "Change of the logit difference (log-probability of the positive minus that of the "
            "negative continuation, nats, mean over prompts) when the difference-of-means "
            "direction is added from the last prompt token on, against strength in the unit of the "
            "axis. Bars: 95% bootstrap intervals over groups of prompts, for up to eight places. "
            "Grey: range over all random directions of the same length at these places. Vertical "
            "scales differ between panels."
        ),
    ),
    CatalogueEntry(
        name="dose_response_all_tokens",
        chapter=STEERING,
        tables=("steering",),
        draw=partial(dose_response.draw, positions="all"),
        title="Effect against strength, at all tokens",
        caption=(
            "As the figure of effect against strength, with the direction added at all tokens of "
            "the prompt: change of the logit difference (nats, mean over prompts) against strength "
            "in the unit of the axis, with 95% bootstrap intervals over groups of prompts for up "
            "to eight places. Grey: range over all random directions of the same length at these "
            "places. Vertical scales differ between panels."
        ),
    ),
    CatalogueEntry(
        name="steering_slope_by_layer",
        chapter=STEERING,
        tables=("steering",),
        draw=steering_slope_by_layer.draw,
        title="Slope of the effect by layer",
        caption=(
            "Slope of the effect by layer: change of the logit difference (nats) between the "
            "smallest strengths on both sides of zero, which the axis names, divided by their "
            "distance; for a push from the last prompt token on, with 95% bootstrap intervals over "
            "groups of prompts. Grey band: range over random directions as long as the difference "
            "of means; their sign is arbitrary, so that a slope shows more only above the larger "
            "end in size. The band is not matched to the logistic direction, whose push of the "
            "same strength may be shorter. At the last layer a push goes straight into the output. "
            "Vertical scales differ between panels."
        ),
    ),
    CatalogueEntry(
        name="effect_against_cost",
        chapter=SCALE,
        tables=("steering",),
        draw=effect_against_cost.draw,
        title="Effect against loss on neutral text",
        caption=(
            "Change of the logit difference towards the concept (nats, mean over prompts) against "
            "the rise of the loss on neutral text (nats per token), for strengths from zero up, "
            "joined along strength. The effect is of a push from the last prompt token on, the "
            "loss of the same push at every token of the neutral texts. Grey: random directions of "
            "the same length, one line a draw and place. Up and to the left is better. Costs are "
            "linear up to 0.01 and logarithmic above. No intervals."
        ),
    ),
    CatalogueEntry(
        name="effect_against_divergence",
        chapter=SCALE,
        tables=("steering",),
        draw=partial(effect_against_cost.draw, cost="kl"),
        title="Effect against divergence of the prediction",
        caption=(
            "Change of the logit difference towards the concept (nats, mean over prompts) against "
            "the KL divergence from the unsteered to the steered next-token distribution (nats), "
            "for strengths from zero up, joined along strength. Grey: random directions of the "
            "same length, one line a draw and place. Up and to the left is better. Costs are "
            "linear up to 0.01 and logarithmic above. No intervals."
        ),
    ),
    CatalogueEntry(
        name="scale_sensitivity",
        chapter=SCALE,
        tables=("scale", "sensitivity"),
        draw=scale_sensitivity.draw,
        title="Working range of the strength",
        caption=(
            "For each concept, above: change of the logit difference (nats, mean over prompts) "
            "over a fine range of strengths in the unit of the axis, pushed from the last prompt "
            "token on, with 95% bootstrap intervals for up to eight places; below: loss on neutral "
            "text (nats per token), pushed at every token. Rings end the range around zero in "
            "which the response rises: no ring where it rises to the last strength tried, a ring "
            "at zero where it does not rise from there. Crosses stand where the loss has doubled; "
            "without a cross it did not double within the range."
        ),
    ),
    CatalogueEntry(
        name="activation_scaling",
        chapter=SCALE,
        tables=("scale",),
        draw=activation_scaling.draw,
        title="Scaling the activations: predictions",
        caption=(
            "Share of prompts whose most likely next token changes when all activations of a layer "
            "are multiplied by a factor; 1 leaves them as they are. 95% intervals, where the table "
            "has them, for up to eight places."
        ),
    ),
    CatalogueEntry(
        name="activation_scaling_loss",
        chapter=SCALE,
        tables=("scale",),
        draw=partial(activation_scaling.draw, metric="neutral_loss"),
        title="Scaling the activations: loss",
        caption=(
            "Loss on neutral text (nats per token) when all activations of a layer are multiplied "
            "by a factor; 1 leaves them as they are. 95% intervals, where the table has them, for "
            "up to eight places."
        ),
    ),
)


def entry(name: str) -> CatalogueEntry:
    """The figure called `name`. Raises ProbesteerError where there is none."""
    for candidate in CATALOGUE:
        if candidate.name == name:
            return candidate
    known = ", ".join(candidate.name for candidate in CATALOGUE)
    raise ProbesteerError(f"figure {name!r}: no such figure; there are {known}")


def draw_figure(name: str, tables: Mapping[str, pd.DataFrame], style: FigureStyle) -> Figure:
    """Draw the figure called `name` from the tables of one model.

    tables: by name, at least those that the figure needs. Raises ProbesteerError where the figure
    or a table is missing, or its first table is empty.
    """
    chosen = entry(name)
    for table in chosen.tables:
        if table not in tables:
            raise ProbesteerError(f"figure {name!r}: needs the table {table!r}; give it")
    first, *others = (tables[table] for table in chosen.tables)
    return chosen.draw(first, style, *others)
