"""Do two concepts add up? Predict what was never seen from the combinations that were."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.floating[Any]]

# Squared distances that differ by less than this share of the rows' own are ties.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Composition:
    """One combination of two concepts, its mean predicted from those of the other three."""

    cosine: float
    """Of the predicted and the true change from the opposite combination; 1 where they add up."""
    error: float
    """Distance of the predicted and the true mean, over the length of the true change."""
    error_of_noise: float
    """The error expected of concepts that add up, from the spread of the examples alone."""
    hits: NDArray[np.bool_]
    """[examples of the unseen combination], whether one is nearer to its predicted mean than to the
    means of the other three. Ties count against it. By chance somewhat more than 1/4 are, as the
    prediction has the noise of three means."""

    @property
    def nearest(self) -> float:
        """Share of `hits`."""
        return float(self.hits.mean())

    @property
    def examples(self) -> int:
        """Of the unseen combination."""
        return len(self.hits)


def compose(X: Rows, concepts: NDArray[np.int64], unseen: tuple[int, int]) -> Composition:
    """X: [n, d] with two concepts: [n, 2] in {0, 1}; `unseen`, a combination such as (1, 1).

    The mean of the unseen combination is predicted as m(a, not b) + m(not a, b) - m(not a, not b),
    which is exact where each concept adds its own vector whatever the other is. Compare the tests
    of compositional generalisation by held-out combinations in Lake & Baroni 2018 (arXiv
    1711.00350). Raises ValueError where a combination has fewer than two examples.
    """
    rows = np.asarray(X, dtype=np.float64)
    a, b = unseen
    cells = [(a, b), (a, 1 - b), (1 - a, b), (1 - a, 1 - b)]
    members = [rows[(concepts == cell).all(axis=1)] for cell in cells]
    if min(map(len, members)) < 2:
        raise ValueError("every combination of the two concepts needs two examples")
    means = np.stack([part.mean(axis=0) for part in members])
    predicted = means[1] + means[2] - means[3]
    foreseen, true = predicted - means[3], means[0] - means[3]
    length = np.linalg.norm(true)
    # The four means err independently, each by the trace of its covariance over its examples.
    noise = sum(float(part.var(axis=0, ddof=1).sum()) / len(part) for part in members)
    compared = np.stack([predicted, *means[1:]])
    distances = np.stack([((members[0] - mean) ** 2).sum(axis=1) for mean in compared], axis=1)
    rounding = _ROUNDING * (members[0] ** 2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = (foreseen @ true) / (np.linalg.norm(foreseen) * length)
        error = np.linalg.norm(predicted - means[0]) / length
        floor = np.sqrt(noise) / length
    return Composition(
        cosine=float(cosine),
        error=float(error),
        error_of_noise=float(floor),
        hits=distances[:, 0] < distances[:, 1:].min(axis=1) - rounding,
    )
