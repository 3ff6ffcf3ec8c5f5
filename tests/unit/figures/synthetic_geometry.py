"""Rows on superposition, polytopes, dictionaries and arithmetic with known truth."""

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
                rows += _arcs((*where, network, "arc", "spherical"), network)
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


def _arcs(key: Row, network: str) -> list[Row]:
    """Interpolations whose prediction changes halfway between classes, and never within one."""
    rows: list[Row] = []
    ends = (NAN, NAN, 16, "none")
    for side in ("within", "between"):
        value = density(side, network)
        for step in range(5):
            rows.append((*key, "fraction", step / 5 + 0.1, f"density_{side}", value, *ends))
        for step in range(6):
            changed = float(side == "between" and step >= 3)
            rows.append((*key, "fraction", step / 5, f"changed_{side}", changed, *ends))
        known = (value - 0.05, value + 0.05, 16, "bootstrap 95%")
        rows.append((*key, "none", NAN, f"density_{side}", value, *known))
        changes = float(side == "between")
        rows.append((*key, "none", NAN, f"changes_{side}", changes, changes, changes, 16, "none"))
    return rows


SIDE = 8
"""Points a side of the planes."""


def plane_rows(truths: Sequence[Truth], places: list[Site], model: str) -> list[Row]:
    """Planes whose right half is of another prediction, with twice the boundaries in their middle.

    Three places at most; the first has no three examples that span a plane.
    """
    rows: list[Row] = []
    for truth in truths:
        for place in places[1:4] or places:
            for network in ("trained", "reinitialised"):
                key = (model, truth.name, *place, network, "codes")
                for up in range(SIDE):
                    for right in range(SIDE):
                        other = right >= SIDE / 2
                        said = (float(other), "cold" if other else "warm")
                        rows.append((*key, "predicted", float(right), float(up), *said))
                        if max(up, right) < SIDE - 1:
                            counted = 12.0 if right == SIDE // 2 - 1 else 6.0
                            at = (right + 0.5, up + 0.5)
                            rows.append((*key, "density", *at, counted, ""))
                for number, (right, up, label) in enumerate(
                    ((1, 1, "1"), (6, 1, "1"), (2, 6, "0"))
                ):
                    mark = (float(right), float(up), float(number), label)
                    rows.append((*key, "example", *mark))
    return rows


ATOM_AREAS = {"sparse_coding": 0.7, "relu": 0.8, "topk": 0.9, "jumprelu": 0.85}
"""AUROC of the best atom of every kind, half of it at the embedding."""
ACTIVE = {"sparse_coding": 4.0, "relu": 10.0, "topk": 8.0, "jumprelu": 2.0}
"""Codes that are not 0."""


def dictionary_rows(truths: Sequence[Truth], places: list[Site], model: str) -> list[Row]:
    """What four kinds of dictionaries rebuild at every place, and what their atoms read."""
    rows: list[Row] = []
    end = "bootstrap 95%"
    for at, place in enumerate(places):
        read = 1.0 if at else 0.5
        for kind, area in ATOM_AREAS.items():
            for name in ("", *(truth.name for truth in truths)):
                own = (model, name, *place, kind)
                rows.append((*own, "explained", 0.9, 0.88, 0.92, 40, end))
                rows.append((*own, "explained_by_components", 0.6, 0.55, 0.65, 40, end))
                rows.append((*own, "explained_less_components", 0.3, 0.25, 0.35, 40, end))
                active = ACTIVE[kind]
                rows.append((*own, "l0", active, active - 1, active + 1, 40, end))
                if name:
                    value = read * area
                    rows.append((*own, "auroc", value, value - 0.05, value + 0.05, 40, end))
                    less = value - 0.95
                    rows.append((*own, "auroc_less_probe", less, less - 0.01, less + 0.01, 40, end))
            rows.append((model, "", *place, kind, "dead", 0.25, NAN, NAN, 40, "none"))
            rows.append((model, "", *place, kind, "atoms", 64.0, NAN, NAN, 40, "none"))
        for truth in truths:
            here = (model, truth.name, *place)
            rows.append((*here, "probe", "auroc", 0.95, 0.9, 1.0, 40, end))
            chance = ("random_directions", "auroc", 0.75, 0.7, 0.8, 40, "range of draws")
            rows.append((*here, *chance))
    return rows


def arithmetic_rows(truths: Sequence[Truth], places: list[Site], model: str) -> list[Row]:
    """Pairs with one offset from layer 0 on, none at the embedding."""
    rows: list[Row] = []
    for truth in truths:
        for at, place in enumerate(places):
            own = (model, truth.name, *place, "pair")
            for metric, value in (("offset_cosine", 0.8), ("top_1", 0.5), ("top_5", 0.7)):
                high = value if at else 0.0
                for method, measured in (
                    *(("pairs", high), ("shuffled", 0.1)),
                    *(("without_offset", 0.2), ("gain_of_offset", high - 0.2)),
                ):
                    if metric == "offset_cosine" and method not in ("pairs", "shuffled"):
                        continue
                    drawn = "95% of draws" if method == "shuffled" else "bootstrap 95%"
                    ends = (measured - 0.05, measured + 0.05, 24, drawn)
                    rows.append((*own, method, metric, measured, *ends))
            rows.append((*own, "pairs", "candidates", 45.0, NAN, NAN, 24, "none"))
    return rows
