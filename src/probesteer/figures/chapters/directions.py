"""Figures of the directions."""

from probesteer.figures import (
    direction_agreement,
    direction_cosines,
    direction_layers,
    direction_stability,
)
from probesteer.figures.catalogue_entry import DIRECTIONS, CatalogueEntry

DIRECTIONS_FIGURES = (
    CatalogueEntry(
        name="direction_cosines",
        chapter=DIRECTIONS,
        tables=("cosines",),
        draw=direction_cosines.draw,
        title="Cosines between concepts",
        caption=(
            "Cosine between the difference-of-means directions of each pair of concepts, at the "
            "middle and at the last of the places measured. 0: unrelated directions; 1 and -1: the "
            "same line, with equal and with opposite sign. No intervals."
        ),
    ),
    CatalogueEntry(
        name="direction_agreement",
        chapter=DIRECTIONS,
        tables=("cosines",),
        draw=direction_agreement.draw,
        title="Agreement of the methods",
        caption=(
            "Cosine between the difference of the class means and the direction that every other "
            "method finds, for each concept by layer, in raw activation space. No intervals."
        ),
    ),
    CatalogueEntry(
        name="direction_stability",
        chapter=DIRECTIONS,
        tables=("agreement",),
        draw=direction_stability.draw,
        title="Directions of resampled examples",
        caption=(
            "Cosine between the direction of all training rows and the directions that the same "
            "method finds in bootstrap resamples of their groups: mean, and as a bar the central "
            "95% of the resamples, which is no confidence interval of the cosine. Methods of one "
            "layer stand side by side."
        ),
        shown=direction_stability.measured,
    ),
    CatalogueEntry(
        name="direction_layers",
        chapter=DIRECTIONS,
        tables=("agreement",),
        draw=direction_layers.draw,
        title="One direction through the layers",
        caption=(
            "Cosine between the differences of means of each two layers, at the blocks' outputs. "
            "A square along the diagonal: layers that carry the concept in one direction. No "
            "intervals."
        ),
        shown=direction_layers.measured,
    ),
)
