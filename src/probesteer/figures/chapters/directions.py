"""Figures of the directions."""

from probesteer.figures import direction_agreement, direction_cosines
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
        title="Agreement of two directions",
        caption=(
            "Cosine between the direction of the logistic probe and the difference of the class "
            "means, for each concept by layer, in raw activation space. No intervals."
        ),
    ),
)
