"""What toys show, as rows of one tidy table."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

COLUMNS = (
    *("toy", "method", "sparsity", "importance", "penalty", "step", "feature"),
    *("metric", "value", "low", "high", "n"),
)
Row = dict[str, str | float]


def toy_row(toy: str, method: str, metric: str, values: ArrayLike, **where: float) -> Row:
    """The mean of `values`: [K], one a trained network, between the least and the largest.

    Of a single network there is no range. where: columns of `COLUMNS` that place the measurement.
    """
    each = np.atleast_1d(np.asarray(values, dtype=np.float64))
    ends = (float(each.min()), float(each.max())) if len(each) > 1 else (np.nan, np.nan)
    measured: Row = {"metric": metric, "value": float(each.mean()), "n": len(each)}
    return {"toy": toy, "method": method, **where, **measured, "low": ends[0], "high": ends[1]}


def toy_table(rows: Iterable[Row]) -> pd.DataFrame:
    """Rows as a table with all columns; those that don't place a measurement are NaN."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS))
