"""Which probes read more than shuffled labels allow, with as many probes as there are places.

A family of tests is all concepts and places of one model. Its p-values are adjusted for the false
discovery rate, which holds for tests that depend on one another positively, as those of
neighbouring layers do (Benjamini & Yekutieli 2001, Annals of Statistics 29).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.05
"""False discovery rate at which a probe counts as significant."""

P_VALUE = "p_value"
_KEY = ["concept", "site", "layer", "method", "split"]
_COLUMNS = [*_KEY, "metric", "p_value", "adjusted", "significant"]
# Values of a metric that are equal but for the order of their sums.
_TIE = 1e-12


def permutation_p_value(observed: ArrayLike, draws: ArrayLike) -> NDArray[np.float64]:
    """Chance, under the null, of a value as high as the observed: (1 + reached) / (1 + draws).

    observed: [...]; draws: [..., n_draws], the same statistic under permuted labels. The observed
    labels are one of the permutations, so that the value is never 0 and the test is exact (Phipson
    & Smyth 2010, Statistical Applications in Genetics and Molecular Biology 9). A draw that equals
    the observed value, or has none (NaN), counts as reaching it. Without draws the value is 1;
    where `observed` is NaN it is NaN.
    """
    values = np.asarray(observed, dtype=np.float64)
    null = np.asarray(draws, dtype=np.float64)
    reached = ~(null < values[..., None] - _TIE)
    p_values = (1 + reached.sum(axis=-1)) / (1 + null.shape[-1])
    return np.where(np.isnan(values), np.nan, p_values)


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p-values, of the shape of `p_values`; those up to q have a false discovery rate q.

    Each is the smallest rate at which its test is rejected (Benjamini & Hochberg 1995, Journal of
    the Royal Statistical Society B 57). NaN stays NaN and doesn't count as a test.
    """
    given = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(given.shape, np.nan)
    tested = ~np.isnan(given)
    order = np.argsort(given[tested], kind="stable")
    count = len(order)
    scaled = given[tested][order] * count / np.arange(1, count + 1)
    # A larger p-value is never adjusted to less than a smaller one.
    from_above = np.minimum.accumulate(scaled[::-1])[::-1]
    in_order = np.empty(count)
    in_order[order] = np.minimum(from_above, 1)
    adjusted[tested] = in_order
    return adjusted


def significance_table(probes: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """The p-values of a model's probes, adjusted over all concepts and places.

    probes: rows of the probe tables of all concepts of one model; those of the metric "p_value"
    count. Methods and splits are families of their own. Columns concept, site, layer, method,
    split, metric (what the test is of), p_value, adjusted, significant (adjusted is at most
    `level`). A probe without a p-value (NaN) is not significant.

    With D shuffled draws no p-value is below 1 / (1 + D), and k probes that reach it, of m in all,
    are adjusted to m / k / (1 + D): where few of many read the concept, many draws are needed.
    """
    found = probes[probes["metric"] == P_VALUE].reset_index(drop=True)
    parts = [
        of_family.assign(adjusted=benjamini_hochberg(of_family["value"].to_numpy()))
        for _, of_family in found.groupby(["method", "split"], sort=False)
    ]
    table = pd.concat(parts).loc[found.index] if parts else found.assign(adjusted=np.nan)
    table = table.assign(
        metric=_tested_metrics(probes, table),
        p_value=table["value"].astype(np.float64),
        adjusted=table["adjusted"].astype(np.float64),
        significant=table["adjusted"].to_numpy() <= level,
    )
    return table[_COLUMNS]


def _tested_metrics(probes: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """What each row's test is of: the accuracy, or R² where the concept has no classes."""
    classified = set(probes.loc[probes["metric"] == "accuracy", "concept"])
    return ["accuracy" if concept in classified else "r2" for concept in table["concept"]]
