"""Figures of toys whose truth is known; they are of no model and no concept."""

from probesteer.figures import toy_codes, toy_penalty, toy_phases, toy_sparsity, toy_training
from probesteer.figures.catalogue_entry import CatalogueEntry

TOYS = "Toys with known truth"

TOY_FIGURES = (
    CatalogueEntry(
        name="toy_sparsity",
        chapter=TOYS,
        tables=("toys",),
        draw=toy_sparsity.draw,
        title="Superposition against sparsity",
        caption=(
            "A small network has to pass 20 features, the later the less important, through 5 "
            "dimensions (Elhage et al. 2022). Expected: where no feature is ever 0, it keeps the 5 "
            "most important ones (dashed) and gives each a dimension; the sparser they are, the "
            "more share one. Left: features that are represented. Middle: dimensions over the "
            "squared Frobenius norm of the weights, which is the dimensions that a feature has. "
            "Right: the share of every represented feature, in the network with the lowest loss; "
            "dots of one sparsity lie a little apart. Dashed: 1, a dimension of its own; 1/2, two "
            "features opposite each other, at which features stay over a stretch of sparsities; "
            "2/5, five in a pentagon. Points and bars: means and ranges over trained networks; no "
            "intervals. For all figures of this chapter, the table of instruments on toys has what "
            "was expected beside what was measured."
        ),
        shown=toy_sparsity.measured,
    ),
    CatalogueEntry(
        name="toy_phases",
        chapter=TOYS,
        tables=("toys",),
        draw=toy_phases.draw,
        title="Phases of superposition, and correlated features",
        caption=(
            "Left: two features share one dimension; colours say what the network with the lowest "
            "loss made of the second one. Line: where, in closed form, two features opposite each "
            "other begin to have less loss than one alone; single cells off it are trainings that "
            "missed the best solution. Right: directions of features in two dimensions, in the "
            "network with the lowest loss; the two of a pair have one colour, the second of them a "
            "dashed line. Expected (Elhage et al. 2022): features that come together lie at right "
            "angles, cosine 0; those of which one excludes the other lie opposite, cosine -1; "
            "where there is no room for right angles, those that come together lie side by side, "
            "cosine above 0. The cosine is the mean over the best quarter of the networks. No "
            "intervals."
        ),
        shown=toy_phases.measured,
    ),
    CatalogueEntry(
        name="toy_penalty",
        chapter=TOYS,
        tables=("toys",),
        draw=toy_penalty.draw,
        title="What it costs to penalise superposition",
        caption=(
            "The network with 20 features, zero nine times in ten, and 5 dimensions, trained with "
            "a penalty on the size of its hidden activations. Expected: superposition goes, and "
            "performance with it. Features represented (dashed: dimensions; with more there is "
            "superposition); interference, how much of other features lies along a represented "
            "one's direction; "
            "loss without the penalty; and the loss against the interference, from no penalty to "
            "the strongest. Points and bars: means and ranges over trained networks; no intervals."
        ),
        shown=toy_penalty.measured,
    ),
    CatalogueEntry(
        name="toy_collapse",
        chapter=TOYS,
        tables=("toys",),
        draw=toy_training.draw_collapse,
        title="A collapse that the loss likes",
        caption=(
            "A network learns to give two noisy views of an input the same embedding. Without a "
            "safeguard, one point for all inputs is the best solution. Expected: the distance of "
            "the views, which is all that it is trained on, goes to 0 and looks better than that "
            "of the network that must also spread its embeddings (uniformity); the effective rank, "
            "which goes to 1, and a probe for the four classes, which falls towards chance, show "
            "that it has collapsed. Embeddings are read with a little noise. Points and bars: "
            "means and ranges over networks; no intervals."
        ),
        shown=toy_training.collapse_measured,
    ),
    CatalogueEntry(
        name="toy_shortcut",
        chapter=TOYS,
        tables=("toys",),
        draw=toy_training.draw_shortcut,
        title="A shortcut that validation does not show",
        caption=(
            "The label is whether two inputs differ. A third input gives it away: from the start "
            "of training, from the dotted line on, or never. Expected: validation on inputs like "
            "those of training is right in all three; but what the last layer tells of the "
            "feature, read where the third input says nothing, falls where there is a shortcut, "
            "even after it has been learned; and where the third input misleads, so that the "
            "feature is needed, such a network is wrong. Points and bars: means and ranges over "
            "networks; no intervals."
        ),
        shown=toy_training.shortcut_measured,
    ),
    CatalogueEntry(
        name="toy_codes",
        chapter=TOYS,
        tables=("toys",),
        draw=toy_codes.draw,
        title="Codes that are not linear",
        caption=(
            "AUROC on fresh inputs for three labels that follow from the input but not along any "
            "line: the sign of a product, the size of a number, the lower bit of a number below 4. "
            "Expected: a linear probe on the input does no better than the black mark, known in "
            "closed form, but for chance; a probe with a hidden layer (MLP) reads the label; and "
            "so does a linear probe on ReLU neurons that are wired to compute it. Points and bars: "
            "means and ranges over draws of the data; no intervals."
        ),
        shown=toy_codes.measured,
    ),
)
