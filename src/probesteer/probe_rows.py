"""Which rows of a table are the probe's own, and which say how well it reads, by kind of labels.

A concept whose labels are 0 and 1 or classes is read by the method `logistic` and judged by its
accuracy, one of real numbers by `ridge` and its R². Where there is `logistic`, `ridge` is one of
the other estimators.
"""

import math

import pandas as pd

READING_METRICS = ("accuracy", "r2")
"""What says how well a concept is read: of labels, and of real numbers. A concept has one."""

_CONCEPT = ["model", "concept"]


def of_probe(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the probe of each concept.

    rows: columns model, concept, method; without the first two, of one concept. Of each concept all
    methods, or none but the probe's.
    """
    logistic = (rows["method"] == "logistic").to_numpy(dtype=bool)
    ridge = (rows["method"] == "ridge").to_numpy(dtype=bool)
    if not set(_CONCEPT) <= set(rows.columns):
        return rows[logistic if logistic.any() else ridge]
    concepts = pd.MultiIndex.from_frame(rows[_CONCEPT])
    return rows[logistic | (ridge & ~concepts.isin(concepts[logistic]))]


def of_reading(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of `rows` (column metric) that say how well the concept is read."""
    return rows[rows["metric"].isin(READING_METRICS)]


def is_real(rows: pd.DataFrame) -> bool:
    """Whether `rows` of one concept are of real numbers."""
    found = set(rows["metric"])
    return "r2" in found and "accuracy" not in found


def guess(rows: pd.DataFrame) -> float:
    """What a guess reaches on the concept that all `rows` of the table of probes are of.

    Of real numbers the R² of their mean, 0; of k classes 1 / k. The table tells k by its uniform
    code, which spends log2 k bits on a training row; where it has none, k is 2.
    """
    if is_real(rows):
        return 0.0
    codes = rows[rows["metric"] == "uniform_codelength"]
    lengths = codes[(codes["value"] > 0) & (codes["n"] > 0)]
    if lengths.empty:
        return 0.5
    first = lengths.iloc[0]
    return 1.0 / round(math.pow(2.0, float(first["value"]) / float(first["n"])))
