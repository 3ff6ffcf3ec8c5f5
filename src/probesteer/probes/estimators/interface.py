"""What every probe beside the logistic one has in common."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError

Labels = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class UnfittableError(ProbesteerError):
    """The rows don't hold what an estimator needs (no pairs, too few groups): not measured.

    Its message is one line that says what is missing. Faults of the rows that no probe could be
    fitted to (a label is missing, a value isn't finite) are plain ProbesteerErrors.
    """


class FittedProbe(Protocol):
    """A probe that gives a score a row."""

    @property
    def linear(self) -> bool:
        """Whether the boundary is a hyperplane; then the probe is a `LinearProbe`."""

    @property
    def log_odds(self) -> bool:
        """Whether scores are log-odds of label 1, in nats, so that log loss and calibration error
        mean something; otherwise only their order and sign do."""

    def scores(self, X: Any) -> FloatArray:
        """Scores of X: [n, d], raw activations of any float dtype; [n], above 0 reads as 1."""


class Estimator(Protocol):
    """Fits a probe to training rows."""

    def __call__(
        self,
        X: NDArray[Any],
        y: Labels,
        groups: NDArray[Any],
        pairs: NDArray[Any] | None,
        seed: int,
    ) -> FittedProbe:
        """Fit to training rows and nothing else.

        X: [n, d], any float dtype; y: [n] in {0, 1}; groups: [n], rows of one are never split
        where rows are held out; pairs: [n] or None, the name that two contrasting rows share,
        None or NaN where a row has none. The same arguments give the same bytes.
        Raises UnfittableError where this estimator can't be fitted to such rows, ProbesteerError
        where a label is missing or a row isn't finite.
        """


@dataclass(frozen=True, eq=False)
class LinearProbe:
    """Scores are `X @ coefficient + intercept`, X as recorded."""

    coefficient: FloatArray
    """[d], in raw activation space; 0 for a feature that is constant in training."""
    intercept: float
    log_odds: bool
    linear: bool = True

    def scores(self, X: Any) -> FloatArray:
        """Scores of X: [n, d], any float dtype; [n]."""
        scores: FloatArray = np.asarray(X, dtype=np.float64) @ self.coefficient + self.intercept
        return scores
