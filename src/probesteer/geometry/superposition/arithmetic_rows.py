"""Rows of the table `arithmetic`: offsets of a concept's pairs, and analogies among them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.superposition.arithmetic import (
    Analogies,
    analogies,
    parallelogram,
    shuffled_analogies,
)
from probesteer.geometry.superposition.pair_sets import PairSet
from probesteer.geometry.superposition.two_pairs import TwoPairs

Row = tuple[object, ...]
COLUMNS = ["method", "metric", "value", "low", "high", "n", "interval"]

OFFSET_DRAWS = 200
"""Ways to deal out the second members, for the cosines of offsets."""
ANALOGY_DRAWS = 40
"""And for the analogies, which take longer."""
BOOTSTRAP = "bootstrap 95%"
DRAWS = "95% of draws"
FIRST = (1, 5)
"""Analogies are right where the answer is among the first so many candidates."""

_NAN = float("nan")


def offset_rows(pairs: PairSet, draws: int, seed: int) -> list[Row]:
    """Mean cosine of two pairs' offsets, of the pairs and of shuffled ones; draws: of intervals."""
    sides = (pairs.first, pairs.second)
    found = parallelogram(*sides, seed, OFFSET_DRAWS, list(pairs.groups))
    return [
        _measured("pairs", "offset_cosine", found.cosines, found.pairs, draws, seed),
        _drawn("shuffled", "offset_cosine", found.draws, found.pairs),
        _plain("shuffled", "share_of_draws_as_high", found.share_of_draws_as_high, found.pairs),
    ]


def analogy_rows(pairs: PairSet, draws: int, seed: int) -> list[Row]:
    """Share of the analogies that are right, against shuffled pairs and against c's neighbours."""
    sides, groups = (pairs.first, pairs.second), list(pairs.groups)
    found, n = analogies(*sides, groups=groups), len(pairs.first)
    dealt = [
        shuffled_analogies(*sides, seed + draw, groups=groups) for draw in range(ANALOGY_DRAWS)
    ]
    rows = [_plain("pairs", "candidates", found.candidates, n)]
    for k in FIRST:
        metric = f"top_{k}"
        right, near = found.rank <= k, found.rank_without_offset <= k
        for method, hits in (
            ("pairs", right),
            ("without_offset", near),
            ("with_inputs", found.rank_with_inputs <= k),
        ):
            rows.append(_measured(method, metric, _over(found, hits), n, draws, seed))
        gain = _over(found, right.astype(np.int64) - near)
        rows.append(_measured("gain_of_offset", metric, gain, n, draws, seed))
        tops = np.array([each.top(k) for each in dealt])
        rows.append(_drawn("shuffled", metric, tops, n))
    return rows


def _over(found: Analogies, values: NDArray[Any]) -> TwoPairs:
    return found.over_pairs(values.astype(np.float64))


def _measured(method: str, metric: str, found: TwoPairs, n: int, draws: int, seed: int) -> Row:
    ends = found.interval(draws, seed)
    return (method, metric, found.mean, ends.low, ends.high, n, BOOTSTRAP)


def _drawn(method: str, metric: str, values: NDArray[Any], n: int) -> Row:
    low, high = np.quantile(values, [0.025, 0.975])
    return (method, metric, float(values.mean()), float(low), float(high), n, DRAWS)


def _plain(method: str, metric: str, value: float, n: int) -> Row:
    return (method, metric, float(value), _NAN, _NAN, n, "none")
