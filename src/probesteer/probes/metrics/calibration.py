"""Whether probabilities can be taken at their word: the reliability curve of a probe.

Rows are put into bins of equal mass by their predicted probability, and in each bin the mean
prediction stands against the share of label 1 (DeGroot & Fienberg 1983, The Statistician 32;
bins of equal mass as in Nguyen & O'Connor 2015, arXiv 1508.05154).
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from probesteer.probes.metrics.intervals import MIN_GROUPS, GroupResamples
from probesteer.probes.metrics.two_labels import CALIBRATION_BINS
from probesteer.probes.metrics.weighting import FloatArray, equal_mass_bins, weighted_mean


@dataclass(frozen=True)
class ReliabilityBin:
    """One point of the curve: rows of like predictions."""

    bin: int
    """From 0, the rows that are least likely of label 1."""
    predicted: float
    """Mean predicted probability of label 1."""
    observed: float
    """Share of label 1."""
    low: float
    high: float
    """Bootstrap interval of `observed` over groups; NaN with too few groups in the bin."""
    n: int
    """Rows in the bin."""


def reliability_curve(
    labels: NDArray[np.int64],
    scores: FloatArray,
    resamples: GroupResamples,
    bins: int = CALIBRATION_BINS,
) -> tuple[ReliabilityBin, ...]:
    """The bins that hold rows, from the lowest prediction to the highest.

    labels: [n] in {0, 1}; scores: [n], log-odds of label 1; `resamples` are those of the same
    rows. The bins stay as they are when groups are resampled. Rows of one score are in one bin.
    A bin of one label alone has an interval without width: resampling shows no label that no row
    has, so such an interval says too little of what other rows would show.
    """
    bin_of_row = equal_mass_bins(scores, np.ones(len(labels)), bins)
    probabilities, ones = expit(scores), (labels == 1).astype(np.float64)
    curve = []
    for number in np.unique(bin_of_row):
        inside = bin_of_row == number
        low = high = float("nan")
        if len(np.unique(resamples.group_of_row[inside])) >= MIN_GROUPS:
            interval = resamples.interval(partial(_share, ones, inside))
            low, high = interval.low, interval.high
        curve.append(
            ReliabilityBin(
                int(number),
                float(probabilities[inside].mean()),
                float(ones[inside].mean()),
                low,
                high,
                int(inside.sum()),
            )
        )
    return tuple(curve)


def _share(ones: FloatArray, inside: NDArray[np.bool_], weights: FloatArray) -> FloatArray:
    """Weighted share of `ones` among the rows `inside`."""
    return weighted_mean(ones[inside], weights[..., inside])
