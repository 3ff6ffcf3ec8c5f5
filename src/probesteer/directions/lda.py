"""Linear discriminant analysis: the difference of means in the metric of what varies anyway."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.estimators import difference_of_means
from probesteer.directions.spectrum import spectrum_of


def lda_direction(X: NDArray[np.floating[Any]], y: NDArray[np.int64]) -> NDArray[np.float64]:
    """S^-1 (mean of label 1 - mean of label 0), with S the covariance within the labels: [d].

    X: [n, d], y: [n]. The normal of Fisher's discriminant, also known as the mass-mean probe with
    a covariance (Marks & Tegmark 2023, arXiv 2310.06824). S is shrunk towards a multiple of the
    identity by `ledoit_wolf_share`, so that it can be inverted with fewer rows than features.
    Raises what `difference_of_means` does.
    """
    difference = difference_of_means(X, y)
    rows = np.asarray(X, dtype=np.float64)
    means = np.stack([rows[y == label].mean(axis=0) for label in (0, 1)])
    within = rows - means[y]
    share = ledoit_wolf_share(within)
    average = float((within**2).sum()) / within.size
    if average == 0:
        return difference  # nothing varies within the labels: any metric will do
    found = spectrum_of(within)
    inside = found.basis.T @ difference
    outside = difference - found.basis @ inside
    scaled = inside / ((1 - share) * found.variances + share * average)
    solved: NDArray[np.float64] = found.basis @ scaled
    # Where nothing varies, S is the identity's share alone; without one the data says nothing.
    return solved if share == 0 else solved + outside / (share * average)


def ledoit_wolf_share(centred: NDArray[np.float64]) -> float:
    """How far the covariance of centred rows, [n, d], is best shrunk, from 0 to 1.

    Ledoit & Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices",
    Journal of Multivariate Analysis 88.
    """
    n, d = centred.shape
    gram = centred.T @ centred if d <= n else centred @ centred.T
    squared = float((gram**2).sum()) / n**2  # of the covariance's entries
    sizes = (centred**2).sum(axis=1)
    average = float(sizes.sum()) / (n * d)
    distance = squared - d * average**2
    error = (float((sizes**2).sum()) / n - squared) / n
    return 0.0 if min(error, distance) <= 0 else min(error, distance) / distance
