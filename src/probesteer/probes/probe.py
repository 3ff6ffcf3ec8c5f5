"""A fitted linear probe. Apart from its fit, so that reading one needs no scikit-learn."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class LogisticProbe:
    """A fitted probe: log-odds of label 1 are `X @ coefficient + intercept`, X as recorded."""

    coefficient: NDArray[np.float64]
    """[d], in raw activation space: the standardisation of the fit is already undone."""
    intercept: float
    """Log-odds at the origin of raw activation space."""
    C: float
    """Inverse strength of the L2 penalty that the probe was fitted with."""
    converged: bool
    """Whether the solver reached its tolerance."""

    def scores(self, X: Any) -> NDArray[np.float64]:
        """Log-odds of label 1, [n], for X: [n, d] dense (any float dtype) or scipy sparse."""
        features = np.asarray(X, dtype=np.float64) if isinstance(X, np.ndarray) else X
        scores: NDArray[np.float64] = features @ self.coefficient + self.intercept
        return scores
