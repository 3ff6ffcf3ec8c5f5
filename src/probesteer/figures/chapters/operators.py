"""Figures that set methods and operators of steering side by side."""

from functools import partial

from probesteer.figures import operators, steering_by_method
from probesteer.figures.catalogue_entry import STEERING, CatalogueEntry

OPERATORS_FIGURES = (
    CatalogueEntry(
        name="steering_by_method",
        chapter=STEERING,
        tables=("steering",),
        draw=steering_by_method.draw,
        title="Slope of the effect by method",
        caption=(
            "Slope of the effect around zero on test prompts (nats), for every method that finds "
            "a direction, at the layer that its panel names: the one at which the difference of "
            "means is steepest on validation. Bars: 95% bootstrap intervals over groups of "
            "prompts. Grey bars: range over the draws of a control; controls, logit gradients "
            "and vectors from files push as far as the difference of means, the other methods by "
            "their own class difference. Directions of shuffled labels lie where the activations "
            "vary, which may be along the concept; orthogonal ones do not. Those of other concepts "
            "in grey. Horizontal scales are shared."
        ),
    ),
    CatalogueEntry(
        name="operators_by_strength",
        chapter=STEERING,
        tables=("operators", "steering"),
        draw=operators.draw,
        title="Operators: effect against strength",
        caption=(
            "Change of the logit difference (nats, mean over prompts) against the strength of each "
            "operator, in the unit of its axis, along the difference of means at the layer at "
            "which adding is steepest on validation. Clamping sets the projection to the midpoint "
            "of the classes plus the strength. Of ablating, reflecting and erasing (LEACE) a share "
            "of 1 is the whole; scaling makes the activation 1 plus the share times as long. "
            "Bars: 95% bootstrap intervals over groups of prompts. What pulls every prompt towards "
            "the middle changes their mean little. Vertical scales differ between rows."
        ),
        shown=operators.measured,
    ),
    CatalogueEntry(
        name="operators_kept",
        chapter=STEERING,
        tables=("operators", "steering"),
        draw=partial(operators.draw, metric="logit_difference_kept"),
        title="Operators: what is left of the differences between prompts",
        caption=(
            "Least-squares slope of the edited logit difference of a prompt over its unedited one, "
            "against the strength of each operator, in the unit of its axis, along the difference "
            "of means at the layer at which adding is steepest on validation. 1: prompts differ "
            "as before, whatever was added to all of them; 0: nothing of that is left; -1: it is "
            "mirrored. Bars: 95% bootstrap intervals over groups of prompts."
        ),
        shown=operators.measured,
    ),
    CatalogueEntry(
        name="operators_by_cost",
        chapter=STEERING,
        tables=("operators", "steering"),
        draw=operators.draw_costs,
        title="Operators: effect against divergence of the prediction",
        caption=(
            "Change of the logit difference (nats, mean over prompts) against the KL divergence "
            "from the unsteered to the steered next-token distribution (nats), joined along the "
            "strength of each operator, which is negative on one arm; along the difference of "
            "means at the layer at which adding is steepest on validation. Up or down and to the "
            "left is better. Costs are linear up to 0.01 and logarithmic above. No intervals."
        ),
        shown=operators.measured,
    ),
)
