"""Rows on superposition and polytopes with known truth."""

from collections.abc import Sequence

from tests.unit.figures.synthetic_truth import Row, Site, Truth, depths_of

PEAK = 2.0
"""Strength, and factor, at which boundaries lie densest."""

NAN = float("nan")


def overlap(method: str) -> float:
    """Cosine of any two concepts, of either sign."""
    return 0.4 if method == "raw" else 0.2


def density(side: str, network: str) -> float:
    """Boundary density as a share of that of all pairs."""
    if network == "reinitialised":
        return 1.0
    return 0.8 if side == "within" else 1.2


def superposition_rows(
    truths: Sequence[Truth], places: list[Site], layers: int, model: str
) -> list[Row]:
    """Cosines, read-outs and shapes at every place, and the best units of every layer."""
    rows: list[Row] = []
    for place in places:
        for method in ("raw", "whitened"):
            rows.append((model, "", "", *place, method, "cosine_random_mean", 0.07, NAN, NAN, 2))
        for at, truth in enumerate(truths):
            for other in truths:
                if other is truth:
                    continue
                key = (model, truth.name, other.name, *place)
                sign = (-1) ** at
                for method in ("raw", "whitened"):
                    rows.append((*key, method, "cosine", sign * overlap(method), NAN, NAN, 1))
                rows.append((*key, "readout", "moved", 0.3, NAN, NAN, 1))
            for network, rank in (("trained", 9.0), ("reinitialised", 30.0)):
                own = (model, truth.name, "", *place, network)
                rows.append((*own, "effective_rank", rank, NAN, NAN, 40))
                rows.append((*own, "between_share", 3 / rank, NAN, NAN, 40))
    for layer in range(layers):
        for truth in truths:
            for method, best in (
                *(("neurons", 0.9), ("random_directions", 0.8)),
                *(("rotations", 0.8), ("shuffled_labels", 0.6)),
            ):
                ends = (NAN, NAN) if method == "neurons" else (best - 0.05, best + 0.05)
                unit = (model, truth.name, "", "mlp_act", layer, method, "best_unit_auroc")
                rows.append((*unit, best, *ends, 64))
    return rows


def polytope_rows(truths: Sequence[Truth], places: list[Site], model: str) -> list[Row]:
    """The network at every place but the last, and what lies along rays and pushes there."""
    rows: list[Row] = []
    depths = depths_of(places, places)
    for truth in truths:
        for place, depth in list(zip(places, depths, strict=True))[:-1] or [(places[0], 0.0)]:
            where = (model, truth.name, *place)
            for network in ("trained", "reinitialised"):
                for side in ("within", "between"):
                    value = density(side, network)
                    key = (*where, network, "pairs", "activations", "none", NAN)
                    ends = (value - 0.05, value + 0.05, 60, "bootstrap 99%")
                    rows.append((*key, f"density_{side}", value, *ends))
            for path, method, unit in (
                *(("ray", "activations", "factor"), ("ray", "noise", "factor")),
                *(("push", "difference_of_means", "gap"), ("push", "random.0", "gap")),
            ):
                for strength in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0):
                    counted = (20.0 - 4 * abs(strength - PEAK)) * (1.2 - depth)
                    key = (*where, "trained", path, method, unit, strength)
                    ends = (counted - 1, counted + 1, 16, "bootstrap 95%")
                    rows.append((*key, "crossings", counted, *ends))
                    share = min(1.0, abs(strength - 1) / 3)
                    rows.append((*key, "prediction_changed", share, NAN, NAN, 16, "none"))
    return rows
