"""How many concepts single neurons read, over concepts that have texts of their own."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.random import random_directions
from probesteer.geometry.neurons.selectivity import concepts_read, neuron_auroc, random_rotation

Rows = NDArray[np.floating[Any]]
Row = tuple[object, ...]
# Activations X: [n, u] and labels: [n] in {0, 1} of one concept.
Labelled = tuple[Rows, NDArray[np.int64]]
_NAN = float("nan")


def neuron_rows(
    concepts: Mapping[str, Labelled], threshold: float, draws: int, seed: int
) -> list[Row]:
    """Shares of the units that read one concept or more, two or more, and the best of each.

    Of neurons, and of what they are compared with: as many random directions (Szegedy et al.
    2014), the units of randomly rotated bases, neurons with shuffled labels. A draw is the same
    for all concepts. Rows as those of `superposition.tables`; low and high: range over draws.
    """
    units = next(iter(concepts.values()))[0].shape[1]
    generator = np.random.default_rng([seed, 1])
    drawn = [random_directions(units, units, [seed, draw]).T for draw in range(draws)]
    turned = [random_rotation(units, generator) for _ in range(draws)]
    areas = {
        "neurons": [_areas(concepts, lambda X, y: (X, y))],
        "random_directions": [_areas(concepts, _through(basis)) for basis in drawn],
        "rotations": [_areas(concepts, _through(basis)) for basis in turned],
        "shuffled_labels": [
            _areas(concepts, lambda X, y: (X, generator.permutation(y))) for _ in range(draws)
        ],
    }
    rows: list[Row] = []
    for method, each in areas.items():
        counts = [concepts_read(area, threshold) for area in each]
        for least in (1, 2):
            shares = [float(np.mean(count >= least)) for count in counts]
            rows.append(("", "", method, f"share_reading_{least}", *_over_draws(shares), units))
        best = np.stack([(np.abs(area - 0.5) + 0.5).max(axis=1) for area in each])
        for at, name in enumerate(concepts):
            rows.append((name, "", method, "best_unit_auroc", *_over_draws(best[:, at]), units))
    return rows


def _through(basis: Rows) -> Callable[[Rows, NDArray[np.int64]], Labelled]:
    return lambda X, y: (X @ basis, y)


def _areas(
    concepts: Mapping[str, Labelled],
    changed: Callable[[Rows, NDArray[np.int64]], Labelled],
) -> NDArray[np.float64]:
    """AUROC of every concept by every unit: [k, u]."""
    areas = []
    for X, labels in concepts.values():
        rows, of = changed(np.asarray(X, dtype=np.float64), labels)
        areas.append(neuron_auroc(rows, of[:, None])[0])
    return np.stack(areas)


def _over_draws(values: Any) -> tuple[float, float, float]:
    """Mean, and the range where there are several draws."""
    if len(values) < 2:
        return float(values[0]), _NAN, _NAN
    return float(np.mean(values)), float(np.min(values)), float(np.max(values))
