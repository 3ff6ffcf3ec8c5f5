"""Figures of directions in two checkpoints of one model."""

from probesteer.figures import drift
from probesteer.figures.catalogue_entry import CatalogueEntry

DRIFT = "Do directions stay where they are from one checkpoint to the next?"

DRIFT_FIGURES = (
    CatalogueEntry(
        name="drift_angles",
        chapter=DRIFT,
        tables=("shifts",),
        draw=drift.draw_angles,
        title="Angle between the directions of two checkpoints",
        caption=(
            "By layer of the residual stream, angle between a concept's direction in the first "
            "model and in the second, a checkpoint or a fine-tune of it, without what the choice "
            "of examples adds. Dotted: angle between directions of one model that were estimated "
            "from two halves of the groups of training examples, mean of both models; where it is "
            "near 90 degrees there is no direction to compare. Two random directions are at about "
            "90 degrees. Bars: 95% of draws of halves; no intervals over groups."
        ),
        shown=drift.measured,
    ),
    CatalogueEntry(
        name="drift_transfer",
        chapter=DRIFT,
        tables=("shifts",),
        draw=drift.draw_transfer,
        title="Reading and steering one checkpoint along the other's direction",
        caption=(
            "By layer of the residual stream, in the second model. Above: accuracy on test "
            "examples along the first model's logistic direction and along the second's own, with "
            "the threshold that is best on the second model's training examples. "
            "Middle: with the threshold that each probe was fitted with. Below: slope of the "
            "logit difference when the second model is pushed along either difference of means, "
            "by as much as its own class means lie apart. Bars: 95% bootstrap intervals over "
            "groups. Bands: range over random directions. Vertical scales of slopes differ "
            "between panels."
        ),
        shown=drift.measured,
    ),
)
