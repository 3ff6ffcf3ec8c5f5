"""Figures of what a push does."""

from functools import partial

from probesteer.figures import (
    dose_response,
    entanglement,
    steering_slope_by_layer,
    survival_by_layer,
)
from probesteer.figures.catalogue_entry import STEERING, CatalogueEntry

STEERING_FIGURES = (
    CatalogueEntry(
        name="dose_response",
        chapter=STEERING,
        tables=("steering", "prompting"),
        draw=dose_response.draw,
        title="Effect against strength",
        caption=(
            "Change of the logit difference (log-probability of the positive minus that of the "
            "negative continuation, nats, mean over prompts) when the difference-of-means "
            "direction is added from the last prompt token on, against strength in the unit of the "
            "axis. Bars: 95% bootstrap intervals over groups of prompts, for up to eight places. "
            "Grey: range over all random directions of the same length at these places. Dotted, "
            "where it was tried: the change when a sentence before the prompt asks for either side "
            "of the concept (triangle up: label 1) and nothing is pushed. Vertical scales differ "
            "between panels."
        ),
    ),
    CatalogueEntry(
        name="dose_response_all_tokens",
        chapter=STEERING,
        tables=("steering", "prompting"),
        draw=partial(dose_response.draw, positions="all"),
        title="Effect against strength, at all tokens",
        caption=(
            "As the figure of effect against strength, with the direction added at all tokens of "
            "the prompt: change of the logit difference (nats, mean over prompts) against strength "
            "in the unit of the axis, with 95% bootstrap intervals over groups of prompts for up "
            "to eight places. Grey: range over all random directions of the same length at these "
            "places. Dotted, where it was tried: the change when the concept is asked for in words "
            "and nothing is pushed. Vertical scales differ between panels."
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
        name="survival_by_layer",
        chapter=STEERING,
        tables=("readout",),
        draw=survival_by_layer.draw,
        title="What later layers read of a push",
        caption=(
            "Change of what the logistic probe of each layer reads when the difference-of-means "
            "direction is added at the first layer shown, the one chosen on validation for "
            "steering, from the last prompt token on: 1 is the difference of the class means of "
            "that probe's own read-outs. Mean over test prompts with 95% bootstrap intervals over "
            "their groups. A probe was fitted to what the layer holds when nothing is pushed. "
            "Grey: range over random directions of the same length, darker at the smallest "
            "strength alone. Vertical scales differ between panels."
        ),
        shown=survival_by_layer.measured,
    ),
    CatalogueEntry(
        name="entanglement",
        chapter=STEERING,
        tables=("entanglement",),
        draw=entanglement.draw,
        title="Side effects on other concepts",
        caption=(
            "What a push along the difference of means of one concept (row) changes in each "
            "concept (column), on the test prompts of that one: what its probe reads, 1 being the "
            "difference of the class means of that probe's own read-outs, and its logit "
            "difference. Each concept is pushed at the layer that its label names, chosen on "
            "validation, and read by the probe that is best on validation among those after it. "
            "The diagonal is the concept itself. Framed: the 95% bootstrap interval over groups of "
            "prompts lies beyond every random direction of the same length, whichever its sign. "
            "The intervals are in the table of entanglement."
        ),
        shown=entanglement.measured,
    ),
)
