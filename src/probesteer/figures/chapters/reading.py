"""Figures of where a concept can be read."""

from probesteer.figures import accuracy_by_layer, accuracy_by_position, accuracy_heatmap
from probesteer.figures.catalogue_entry import READING, CatalogueEntry

READING_FIGURES = (
    CatalogueEntry(
        name="accuracy_by_layer",
        chapter=READING,
        tables=("probes",),
        draw=accuracy_by_layer.draw,
        title="Probe accuracy by layer",
        caption=(
            "Share of test examples that a logistic probe gets right, by layer, with 95% bootstrap "
            "intervals over groups; where labels are real numbers, the share of their variance "
            "that a ridge regression explains (R²). Grey band: probes trained on shuffled labels, "
            "mean plus and minus one standard deviation over the draws. Dashed: a bag of tokens, "
            "which sees the words but not the model. Untrained model: the same probe on the same "
            "model with its weights drawn anew, before any training; where several sites were "
            "read, dash-dotted in the colour of the site, without intervals. Dotted: a guess, "
            "right on one in k of k classes; the mean, of real numbers, whose R² is 0."
        ),
    ),
    CatalogueEntry(
        name="accuracy_heatmap",
        chapter=READING,
        tables=("probes",),
        draw=accuracy_heatmap.draw,
        title="Probe accuracy, all concepts",
        caption=(
            "Share of test examples that a logistic probe gets right, for each concept and layer; "
            "where labels are real numbers, R². The colours start at a guess, which is right on "
            "0.5 of two labels and one in k of k classes; an R² of 0. The intervals are in the "
            "figure by layer."
        ),
    ),
    CatalogueEntry(
        name="accuracy_by_position",
        chapter=READING,
        tables=("positions",),
        draw=accuracy_by_position.draw,
        title="Probe accuracy by layer and token",
        caption=(
            "Share of test examples that a logistic probe gets right, for each layer and each "
            "token of the window that ends at the token that is read (0). Each cell is a probe of "
            "its own. The colours start at 0.5, a guess between the two sides of the concept; the "
            "intervals are in the table of positions."
        ),
        shown=accuracy_by_position.measured,
    ),
)
