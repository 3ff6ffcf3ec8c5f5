"""One linear probe: L2-penalised logistic regression, expressed in raw activation space."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.checks import require_both_labels
from probesteer.probes.probe import LogisticProbe
from probesteer.probes.solver.batch import fit_logistic_batch
from probesteer.probes.solver.fits import BatchFits


def fit_logistic(X: Any, y: NDArray[np.int64], C: float) -> LogisticProbe:
    """Fit one probe to X: [n, d] and y: [n] in {0, 1}.

    X: dense of any float dtype (memory-mapped too), scipy sparse, or `SharedFeatures`. Features are
    scaled to unit variance on these rows, so that one C means the same at every layer; a constant
    feature gets the coefficient 0. What is minimised: see `solver.batch.fit_logistic_batch`.

    Raises ProbesteerError where a label is missing or a row is not finite.
    """
    require_both_labels(y, "rows to fit")
    return probe_of(fit_logistic_batch(X, y, C), 0, C)


def probe_of(fits: BatchFits, problem: int, C: float) -> LogisticProbe:
    """One of many probes that were fitted together, at the penalty C."""
    return LogisticProbe(
        fits.coefficients[problem],
        float(fits.intercepts[problem]),
        float(C),
        bool(fits.converged[problem]),
    )
