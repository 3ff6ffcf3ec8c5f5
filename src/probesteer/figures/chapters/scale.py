"""Figures of the range of scales and of what a push costs."""

from functools import partial

from probesteer.figures import activation_scaling, effect_against_cost, scale_sensitivity
from probesteer.figures.catalogue_entry import SCALE, CatalogueEntry

SCALE_FIGURES = (
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
            "Share of prompts whose likeliest next token (of images: class) changes when all "
            "activations of a layer are multiplied by a factor; 1 leaves them as they are. 95% "
            "intervals, where the table has them, for up to eight places."
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
