"""Figures of what stands against other explanations of a probe's accuracy."""

from probesteer.figures import (
    calibration,
    description_length,
    selectivity_by_layer,
    transfer_matrix,
)
from probesteer.figures.catalogue_entry import EVIDENCE, CatalogueEntry

EVIDENCE_FIGURES = (
    CatalogueEntry(
        name="selectivity_by_layer",
        chapter=EVIDENCE,
        tables=("probes",),
        draw=selectivity_by_layer.draw,
        title="Selectivity by layer",
        caption=(
            "Share of test examples that a logistic probe gets right on the concept and on control "
            "tasks, in which every word got a label by lot, and the difference of the two: the "
            "selectivity. A probe that could learn any labels has none. 95% bootstrap intervals "
            "over groups; control tasks: mean plus and minus one standard deviation over the "
            "tasks. Where several sites were read: at the output of the blocks."
        ),
        shown=selectivity_by_layer.measured,
    ),
    CatalogueEntry(
        name="transfer_matrix",
        chapter=EVIDENCE,
        tables=("transfer", "probes"),
        draw=transfer_matrix.draw,
        title="Transfer between concepts of a family",
        caption=(
            "AUROC of a probe that was fitted on the training examples of one concept (row) and "
            "tested on the test examples of another (column) whose labels mean the same. 0.5 is "
            "chance; below it, the order is the wrong way round. Each row is at the layer that its "
            "label names, the one where the probe of that concept reads best on "
            "validation. The diagonal is the concept itself; blank: not tried. The intervals are "
            "in the table of transfer."
        ),
        shown=transfer_matrix.measured,
    ),
    CatalogueEntry(
        name="calibration",
        chapter=EVIDENCE,
        tables=("calibration", "probes"),
        draw=calibration.draw,
        title="Calibration",
        caption=(
            "Share of label 1 among test examples to which the logistic probe gives like "
            "probabilities, against their mean probability, in bins of equally many examples, with "
            "95% bootstrap intervals over groups. At the layer that the panel names, which was "
            "chosen on validation; the error is the mean distance from the diagonal. Below it, the "
            "probe says label 1 too often."
        ),
        shown=calibration.measured,
    ),
    CatalogueEntry(
        name="description_length",
        chapter=EVIDENCE,
        tables=("probes",),
        draw=description_length.draw,
        title="Description length by layer",
        caption=(
            "How many times shorter the training labels become (bits of a uniform code over bits "
            "of the probe's code) when each part is coded by a probe fitted to the parts before "
            "it, by layer. The more easily the labels are read, the higher. Dotted: 1, no shorter "
            "than without the activations. Doublings on the vertical axis. No intervals."
        ),
        shown=description_length.measured,
    ),
)
