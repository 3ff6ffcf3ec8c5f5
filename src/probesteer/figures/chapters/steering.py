"""Figures of what a push does."""

from functools import partial

from probesteer.figures import dose_response, steering_slope_by_layer
from probesteer.figures.catalogue_entry import STEERING, CatalogueEntry

STEERING_FIGURES = (
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
)
