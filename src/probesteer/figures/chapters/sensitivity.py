"""Figures of what responses to strength amount to, and of what is read beside what steers."""

from probesteer.figures import (
    decodable_vs_steerable,
    normalisation,
    off_distribution,
    prompt_slopes,
)
from probesteer.figures.catalogue_entry import SCALE, CatalogueEntry

SENSITIVITY_FIGURES = (
    CatalogueEntry(
        name="decodable_vs_steerable",
        chapter=SCALE,
        tables=("decodable_vs_steerable",),
        draw=decodable_vs_steerable.draw,
        title="Decodable and steerable",
        caption=(
            "Each point is a layer. Across: the selectivity of the logistic probe on test examples "
            "(its accuracy minus that on control tasks). Upwards: the change of the logit "
            "difference (nats, test prompts) when the difference of means is added at the strength "
            "at which the next-token distribution is as far from the unsteered one (KL, nats) as "
            "the axis says, so that layers are compared at one cost. Bars: 95% bootstrap intervals "
            "over groups. Grey: the other concepts. Right and low: read, but not steered at that "
            "cost. A layer at which no strength tried costs as much has no point. At the last "
            "layer a push goes straight into the output."
        ),
    ),
    CatalogueEntry(
        name="prompt_slopes",
        chapter=SCALE,
        tables=("steerability",),
        draw=prompt_slopes.draw,
        title="Slopes of single prompts",
        caption=(
            "Above: slope of the least-squares line through each prompt's change of the logit "
            "difference (nats) over the smaller strengths, pushed from the last prompt token on; "
            "line: mean over prompts with 95% bootstrap intervals over groups, band: one standard "
            "deviation of the prompts. Below: share of prompts whose slope is below zero, which "
            "the push moves the wrong way, with 95% bootstrap intervals over groups. Vertical "
            "scales of the slopes differ between panels."
        ),
    ),
    CatalogueEntry(
        name="off_distribution",
        chapter=SCALE,
        tables=("scale",),
        draw=off_distribution.draw,
        title="Effect, cost, and distance from what the model does by itself",
        caption=(
            "Over the strength of a push, in the unit of the axis, from top to bottom: change of "
            "the logit difference (nats), KL divergence of the next token (nats), and, for unseen "
            "cached activations after the same push, the percent of unseen activations that are "
            "nearer to the training ones (Mahalanobis distance, shrunk covariance), mean over "
            "activations: about 50 without a push, 100 when all are nearer. 95% bootstrap "
            "intervals over groups, for up to eight places. Vertical scales of the first two "
            "differ between panels."
        ),
        shown=off_distribution.measured,
    ),
    CatalogueEntry(
        name="normalisation",
        chapter=SCALE,
        tables=("scale",),
        draw=normalisation.draw,
        title="What normalisation takes away of a factor",
        caption=(
            "All activations of a layer are multiplied by a factor. Change relative to the "
            "unscaled pass, at the last prompt token, mean over prompts, of the next block's input "
            "(dashed), of its attention's output (dotted) and of all that the block adds to the "
            "residual stream (solid). Where the block normalises its input, attention sees almost "
            "nothing of the factor; the MLP reads the scaled stream plus attention's output, whose "
            "weights against each other have changed. The intervals are in the table of scale."
        ),
        shown=normalisation.measured,
    ),
)
