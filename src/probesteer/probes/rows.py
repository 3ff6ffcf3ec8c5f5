"""Rows of the probe table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.places import Place
from probesteer.probes.metrics.intervals import GroupResamples
from probesteer.probes.tasks import TaskMetric

NAN = float("nan")
BOOTSTRAP = "bootstrap 95%"
DEVIATION = "standard deviation"


class Row(NamedTuple):
    """One measurement; `draw` is -1 for what isn't one of several."""

    site: str
    layer: int
    method: str
    draw: int
    split: str
    metric: str
    value: float
    low: float
    high: float
    n: int
    interval: str


class Key(NamedTuple):
    """What a row is a measurement of."""

    place: Place
    method: str
    split: str
    draw: int = -1

    def row(
        self,
        metric: str,
        value: float,
        n: int,
        low: float = NAN,
        high: float = NAN,
        interval: str = "none",
    ) -> Row:
        """A measurement of it."""
        site, layer = self.place.site, self.place.layer
        return Row(
            site, layer, self.method, self.draw, self.split, metric, value, low, high, n, interval
        )


def measured(
    key: Key,
    metrics: Mapping[str, TaskMetric],
    targets: NDArray[Any],
    scores: NDArray[np.float64],
    resamples: GroupResamples | None = None,
) -> Iterator[Row]:
    """Each metric of the scores: [n] or [n, k]; with its interval where there are resamples."""
    for name, metric in metrics.items():
        value = float(metric(targets, scores, None))
        if resamples is None:
            yield key.row(name, value, len(targets))
        else:
            ends = resamples.interval(partial(metric, targets, scores))
            yield key.row(name, value, len(targets), ends.low, ends.high, BOOTSTRAP)


def draws_and_summary(key: Key, draws: Sequence[Iterable[Row]]) -> Iterator[Row]:
    """The rows of each draw, and each metric's mean -/+ standard deviation over them as draw -1."""
    values: dict[str, list[float]] = {}
    for number, rows in enumerate(draws):
        for row in rows:
            values.setdefault(row.metric, []).append(row.value)
            yield row._replace(draw=number)
    for metric, found in values.items():
        mean = float(np.mean(found))
        spread = float(np.std(found, ddof=1)) if len(found) > 1 else NAN
        yield key.row(metric, mean, len(found), mean - spread, mean + spread, DEVIATION)


def table_of(rows: Iterable[Row]) -> pd.DataFrame:
    """The rows as a table."""
    return pd.DataFrame(list(rows), columns=list(Row._fields))
