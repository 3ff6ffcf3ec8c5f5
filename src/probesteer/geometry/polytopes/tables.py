"""What the polytopes of a network look like around activations, as rows of a tidy table."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.polytopes.density import PairDensities, compare_densities
from probesteer.geometry.polytopes.journeys import Journey, travel_by_parts
from probesteer.geometry.polytopes.passage import Continuation
from probesteer.geometry.polytopes.paths import noise_like, pushes, rays
from probesteer.geometry.polytopes.sampling import Sample
from probesteer.probes.metrics.intervals import GroupResamples, group_resamples

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]
Row = tuple[object, ...]
"""network, path, method, unit, strength, metric, value, low, high, n, interval."""

COLUMNS = [
    *("network", "path", "method", "unit", "strength", "metric", "value", "low", "high", "n"),
    "interval",
]
DRAWS = 1000
_NAN = float("nan")


def density_rows(
    sample: Sample, pairs: PairDensities, labels: NDArray[np.int64], method: str = "activations"
) -> list[Row]:
    """Boundary density within and between classes, over that of all pairs, 99% intervals.

    pairs: of the sample's examples; labels: [m]. method: how the rows call the codes that were
    compared.
    """
    found = compare_densities(pairs, labels, sample.seed, sample.groups, DRAWS)
    ends = {
        "within": found.within_interval,
        "between": found.between_interval,
        "difference": found.difference_interval,
    }
    key = (sample.network, "pairs", method, "none", _NAN)
    counts = {"within": found.within_pairs, "between": found.between_pairs}
    rows: list[Row] = [
        (
            *(*key, f"density_{name}", float(getattr(found, name)), each.low, each.high),
            counts.get(name, found.within_pairs + found.between_pairs),
            "bootstrap 99%",
        )
        for name, each in ends.items()
    ]
    rows.append((*key, "welch_t", found.welch_t, _NAN, _NAN, len(labels), "none"))
    return rows


def ray_rows(
    continuation: Continuation, sample: Sample, factors: Sequence[float], noise: bool
) -> list[Row]:
    """Along activations times each factor: boundaries per unit of length, predictions changed.

    noise: instead of the activations, Gaussian ones with their mean and deviations. Densities are
    told at the middles of the steps; lengths are those of the first activation of each ray, so
    that a factor of 1 is one length: crossings per unit of factor.
    """
    scales = np.array(sorted(factors))
    X = noise_like(sample.X, len(sample.X), sample.seed) if noise else sample.X
    journey = travel_by_parts(continuation, lambda part: rays(X[part], scales), sample.examples)
    method = "noise" if noise else "activations"
    start = int(np.argmin(np.abs(scales - 1)))
    return _along(journey, scales, start, (sample.network, "ray", method, "factor"), sample)


def push_rows(
    continuation: Continuation,
    sample: Sample,
    push: Rows,
    strengths: Sequence[float],
    unit: str,
    method: str,
) -> list[Row]:
    """Along activations plus each strength times `push`: [d], what one unit of strength adds.

    Activations that are whole maps, [tokens * d], are pushed at every token. Raises ValueError
    where they are no number of tokens.
    """
    steps = np.array(sorted(strengths))
    tokens, rest = divmod(sample.X.shape[1], len(push))
    if rest:
        raise ValueError(f"a push of {len(push)} of activations of {sample.X.shape[1]}")
    everywhere = np.tile(push, tokens)
    journey = travel_by_parts(
        continuation, lambda part: pushes(sample.X[part], everywhere, steps), sample.examples
    )
    start = int(np.argmin(np.abs(steps)))
    return _along(journey, steps, start, (sample.network, "push", method, unit), sample)


def _along(
    journey: Journey, steps: FloatArray, start: int, key: Sequence[str], sample: Sample
) -> list[Row]:
    """Crossings per unit of the step at the middles of the steps, and the share of predictions
    that differ from those at `start`; means over paths, 95% intervals over groups."""
    resamples = group_resamples(sample.groups, DRAWS, sample.seed)
    middles = (steps[1:] + steps[:-1]) / 2
    per_unit = journey.crossings / np.diff(steps)
    rows = [
        (*key, float(middle), "crossings", *mean_of(per_unit[:, at], resamples))
        for at, middle in enumerate(middles)
    ]
    if (journey.predicted >= 0).all():
        changed = journey.changed_from(start).astype(np.float64)
        rows += [
            (*key, float(step), "prediction_changed", *mean_of(changed[:, at], resamples))
            for at, step in enumerate(steps)
        ]
    return rows


def mean_of(values: FloatArray, resamples: GroupResamples, over: FloatArray | None = None) -> Row:
    """value, low, high, n, interval of the mean of values: [m].

    over: [m], whose mean is the unit, drawn together with the values.
    """
    whole = np.ones(len(values)) if over is None else over
    ends = resamples.interval(lambda weights: (weights @ values) / (weights @ whole))
    interval = "bootstrap 95%" if np.isfinite(ends.low) else "none"
    return (float(values.sum() / whole.sum()), ends.low, ends.high, len(values), interval)
