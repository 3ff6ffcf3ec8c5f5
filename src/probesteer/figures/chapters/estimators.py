"""Figures of other probes than the logistic one."""

from probesteer.figures import nonlinear_gain, other_probes, sparse_probes
from probesteer.figures.catalogue_entry import ESTIMATORS, CatalogueEntry

ESTIMATORS_FIGURES = (
    CatalogueEntry(
        name="other_probes",
        chapter=ESTIMATORS,
        tables=("probes",),
        draw=other_probes.draw,
        title="Other probes by layer",
        caption=(
            "Share of test examples that other estimators get right beside the logistic probe, by "
            "layer: above, linear ones; below, nonlinear ones. CCS sees pairs of statements but no "
            "labels. 95% bootstrap intervals over groups for the logistic probe; those of the "
            "others are in the table of probes. Dotted: chance. Where several sites were read: at "
            "the output of the blocks."
        ),
        shown=other_probes.measured,
    ),
    CatalogueEntry(
        name="nonlinear_gain",
        chapter=ESTIMATORS,
        tables=("probes",),
        draw=nonlinear_gain.draw,
        title="What nonlinear probes add",
        caption=(
            "Accuracy of each nonlinear probe minus that of the logistic probe on the same test "
            "examples, by layer, with 95% bootstrap intervals of the paired difference over "
            "groups. Above zero, a linear probe does not read all that is there. Where several "
            "sites were read: at the output of the blocks."
        ),
        shown=nonlinear_gain.measured,
    ),
    CatalogueEntry(
        name="sparse_probes",
        chapter=ESTIMATORS,
        tables=("sparse",),
        draw=sparse_probes.draw,
        title="Probes of few neurons",
        caption=(
            "Share of test examples that a probe of so many neurons gets right, against one of as "
            "many directions of a random basis of the same layer, in which no direction is "
            "special. 95% bootstrap intervals over groups; grey: mean over the bases, plus and "
            "minus one standard deviation. Dashed: a probe of all neurons. At the layer that the "
            "panel names, where the probe of all neurons is most accurate on validation. Dotted: "
            "chance. Sizes on a logarithmic axis."
        ),
        shown=sparse_probes.measured,
    ),
)
