"""Figures of directions against clusters of examples."""

from probesteer.figures import cluster_cosines, monosemanticity
from probesteer.figures.catalogue_entry import CatalogueEntry

COMPONENTS = "Do directions mean one cluster each?"

COMPONENT_FIGURES = (
    CatalogueEntry(
        name="cluster_cosines",
        chapter=COMPONENTS,
        tables=("components",),
        draw=cluster_cosines.draw,
        title="Clusters along directions of PCA and NMF",
        caption=(
            "At the middle layer of those that have clusters: cosines of the examples' "
            "activations, less their mean, with the first two directions of principal component "
            "analysis and of non-negative matrix factorisation. Colours: clusters of the "
            "examples' spline codes, of each concept by size, stacked. Right of the dashed line: "
            "the tenth of the clustered examples with the highest cosines; the number is the share "
            "of it that is in one cluster. Vertical scales differ between rows. No intervals."
        ),
        shown=cluster_cosines.measured,
    ),
    CatalogueEntry(
        name="monosemanticity",
        chapter=COMPONENTS,
        tables=("components",),
        draw=monosemanticity.draw,
        title="How far directions mean one cluster",
        caption=(
            "By layer: of the tenth of the clustered examples with the highest cosines with a "
            "direction, the share that is in one cluster of spline codes; each direction of "
            "principal component analysis and of non-negative matrix factorisation, and their "
            "means. Dashed: the mean of as many random directions; bars: range over draws. Band: "
            "the mean where clusters are dealt to the examples by lot; 95% of draws. No intervals "
            "of the directions themselves."
        ),
        shown=monosemanticity.measured,
    ),
)
