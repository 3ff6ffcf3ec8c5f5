"""Rows on directions and clusters with known truth."""

from collections.abc import Sequence

from tests.unit.figures.synthetic_truth import Row, Site, Truth

COMPONENTS = (
    "model concept site layer clusters method direction cluster rank bin metric value low high n "
    "interval"
)
CLUSTER_EXAMPLES = (
    "model concept site layer clusters cluster rank size purity labels nearest distance example "
    "label text"
)
NAN = float("nan")
SHARES = {"pca": (0.6, 0.5, 0.4), "nmf": (1.0, 0.9, 0.8)}
"""Of every direction, half of it at the embedding."""
HIGH_END = 0.75
"""The cosine where the highest tenth begins."""
SIZES = (30, 20, 10)
"""Of the clusters; cluster 7 is the largest, and 4 examples are in none."""
NAMES = (7, 2, 5)


def component_rows(truths: Sequence[Truth], places: list[Site], model: str) -> list[Row]:
    """Directions at every place but the last; each cluster has one cosine with each of them."""
    rows: list[Row] = []
    for truth in truths:
        for at, place in enumerate(places[:-1] or places):
            where = (model, truth.name, *place, "codes")
            for method, shares in SHARES.items():
                for direction, share in enumerate(shares):
                    key = (*where, method, direction)
                    found = (*key, 7, 1, NAN)
                    value = share if at else share / 2
                    rows.append((*found, "share", value, NAN, NAN, 6, "none"))
                    rows.append((*found, "high_end", HIGH_END, NAN, NAN, 6, "none"))
                    rows.append((*found, "as_high_by_lot", 0.01, NAN, NAN, 6, "none"))
                    for rank, (name, size) in enumerate(zip(NAMES, SIZES, strict=True), start=1):
                        bin_start = 0.8 if direction + 1 == rank else -0.2
                        counted = ("count", float(size), NAN, NAN, size, "none")
                        rows.append((*key, name, rank, bin_start, *counted))
                    rows.append((*key, -1, 0, -0.2, "count", 4.0, NAN, NAN, 4, "none"))
                mean = sum(shares) / len(shares) * (1 if at else 0.5)
                whole = (*where, method, -1, -1, 0, NAN)
                rows.append((*whole, "share", mean, NAN, NAN, 6, "none"))
                rows.append((*whole, "share_by_lot", 0.4, 0.35, 0.45, 6, "95% of draws"))
            drawn = (*where, "random", -1, -1, 0, NAN, "share")
            rows.append((*drawn, 0.55, 0.5, 0.6, 6, "range of draws"))
    return rows


def cluster_example_rows(truths: Sequence[Truth], places: list[Site], model: str) -> list[Row]:
    """Five texts of each cluster, which name concept, layer and cluster."""
    rows: list[Row] = []
    for truth in truths:
        for place in places[:-1] or places:
            for rank, (name, size) in enumerate(zip(NAMES, SIZES, strict=True), start=1):
                cluster = (model, truth.name, *place, "codes", name, rank, size, 0.8)
                for nearest in range(1, 6):
                    text = f"{truth.name} {place[0]} {place[1]} of cluster {name}: {nearest}"
                    own = (nearest, 0.1 * nearest, 10 * name + nearest, "yes", text)
                    rows.append((*cluster, "yes: 8, no: 2", *own))
    return rows
