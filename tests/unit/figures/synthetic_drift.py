"""Rows on two checkpoints with known truth."""

from collections.abc import Sequence

from tests.unit.figures.synthetic_truth import Row, Site, Truth

SHIFTS = (
    "model other shift concept other_concept site layer method direction metric value low high n "
    "interval"
)
OTHER = "tuned"
ANGLE, HALVES = 20.0, 10.0
"""Degrees from layer 0 on; at the embedding halves have nothing in common."""
READ = {"transferred": 0.8, "own": 0.9}
SLOPES = {"transferred": 1.5, "own": 2.0}

NAN = float("nan")


def shift_rows(truths: Sequence[Truth], places: list[Site], model: str) -> list[Row]:
    """A direction that turned, reads worse with the threshold of the first, and steers."""
    rows: list[Row] = []
    boot, draws, drawn = "bootstrap 95%", "95% of draws", "range of draws"
    for truth in truths:
        for at, place in enumerate(places):
            key = (model, OTHER, "checkpoint", truth.name, truth.name, *place)
            within = HALVES if at else 85.0
            for method in ("difference_of_means", "logistic"):
                own = (*key, method)
                rows.append((*own, "transferred", "angle", ANGLE + 2, NAN, NAN, 40, "none"))
                for name, angle in (("corrected", ANGLE), ("halves_within", within)):
                    rows.append((*own, name, "angle", angle, angle - 2, angle + 2, 40, draws))
                for metric in ("accuracy", "accuracy_as_stored"):
                    for name, read in READ.items():
                        ends = (read - 0.05, read + 0.05, 40, boot)
                        rows.append((*own, name, metric, read, *ends))
                    rows.append((*own, "lost", metric, 0.1, 0.06, 0.14, 40, boot))
                rows.append((*own, "random", "accuracy", 0.55, 0.5, 0.6, 5, drawn))
                for name, slope in SLOPES.items():
                    rows.append((*own, name, "slope", slope, slope - 0.2, slope + 0.2, 40, boot))
                rows.append((*own, "random", "slope", 0.0, -0.3, 0.3, 5, drawn))
    return rows
