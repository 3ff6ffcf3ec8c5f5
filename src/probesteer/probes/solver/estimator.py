"""The solver as an estimator of scikit-learn: one fit for one problem or for many."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.utils import compute_class_weight
from sklearn.utils.extmath import softmax
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from probesteer.probes.solver.batch import fit_logistic_batch, fit_multinomial_batch
from probesteer.probes.solver.features import SharedFeatures
from probesteer.probes.solver.fits import BatchFits

FloatArray = NDArray[np.float64]


class BatchedLogisticRegression(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """L2-penalised logistic regression, many at once.

    With y: [n] it is scikit-learn's `LogisticRegression`, to the precision of float64: two classes
    give one set of coefficients, more are multinomial (one against the rest if asked for).

    With y: [n, p], p problems of two classes each (those of all columns together) that share
    X: [n, d] are fitted in one go: labellings, folds as columns of `sample_weight`, penalties as a
    list `C`. Attributes and results then have the problems as their first axis.

    C: inverse strength of the penalty; a number, or one a problem.
    fit_intercept: whether there is an intercept; it is not penalised.
    class_weight: None, "balanced" (for all rows of a problem alike) or a dict.
    one_vs_rest: fit each of several classes against all others.
    tol: share of the objective by which it may still fall when the solver stops.
    max_iter: Newton steps, at most.

    Attributes: `coef_` [k, d] and `intercept_` [k] (k: 1 for two classes), or [p, d] and [p];
    `classes_`; `n_iter_` and `converged_`, one a problem (a class against the rest is one).
    """

    def __init__(
        self,
        C: float | ArrayLike = 1.0,
        *,
        fit_intercept: bool = True,
        class_weight: Any = None,
        one_vs_rest: bool = False,
        tol: float = 1e-11,
        max_iter: int = 200,
    ) -> None:
        self.C = C
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.one_vs_rest = one_vs_rest
        self.tol = tol
        self.max_iter = max_iter

    def fit(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "BatchedLogisticRegression":
        """Fit to X: [n, d] dense or sparse, y: [n] or [n, p], sample_weight: [n] or [n, p].

        Raises ValueError where X or y can't be used, and warns where a problem does not converge.
        """
        X, labels = validate_data(
            self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32], multi_output=True
        )
        if labels.ndim == 2 and labels.shape[1] == 1:
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected",
                DataConversionWarning,
                stacklevel=2,
            )
            labels = labels[:, 0]
        self._many = labels.ndim == 2
        for column in np.atleast_2d(labels.T):
            check_classification_targets(column)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        codes = np.atleast_2d(codes.reshape(labels.shape).T)
        weights = self._weights(X, codes, sample_weight)
        if self._many and len(self.classes_) > 2:
            raise ValueError("y: [n, p] must hold two classes; fit more classes one y at a time")
        fits = self._fitted(X, codes, weights)
        self.coef_ = fits.coefficients.reshape(-1, X.shape[1])
        self.intercept_ = fits.intercepts.ravel()
        self.n_iter_, self.converged_ = fits.steps, fits.converged
        if not fits.converged.all():
            warnings.warn(
                f"{int((~fits.converged).sum())} of {len(fits.converged)} problems did not "
                "converge; scale the features, lower C or raise max_iter",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _fitted(self, X: Any, codes: NDArray[Any], weights: FloatArray) -> BatchFits:
        options: dict[str, Any] = {
            "free_intercept": self.fit_intercept,
            "tolerance": self.tol,
            "max_steps": self.max_iter,
        }
        classes, features = len(self.classes_), SharedFeatures(X, standardise=False)
        if classes == 2:
            return fit_logistic_batch(features, codes, self.C, weights, **options)
        if self.one_vs_rest:
            targets = codes[0] == np.arange(classes)[:, None]
            return fit_logistic_batch(
                features, targets, self.C, np.broadcast_to(weights, targets.shape), **options
            )
        return fit_multinomial_batch(features, codes, self.C, weights, classes=classes, **options)

    def _weights(self, X: Any, codes: NDArray[Any], sample_weight: ArrayLike | None) -> FloatArray:
        """Row weights of each problem, [p, n], class weights included; every class has some."""
        if len(getattr(sample_weight, "shape", ())) == 2:
            weights = np.asarray(sample_weight, dtype=np.float64).T
            if weights.shape != codes.shape:
                raise ValueError("sample_weight: [n, p] must have the shape of y")
        else:
            one = _check_sample_weight(sample_weight, X, dtype=np.float64)
            weights = np.broadcast_to(one, codes.shape)
        for column, of_rows in zip(codes, weights, strict=True):
            seen = np.unique(column[of_rows > 0])
            if len(seen) < 2 or (not self._many and len(seen) < len(self.classes_)):
                raise ValueError(
                    "This solver needs samples of at least 2 classes, and of every class: those "
                    f"of a weight above 0 are of {len(seen)} class{'es' * (len(seen) > 1)}"
                )
        if self.class_weight is None:
            return weights
        of_class = [
            compute_class_weight(
                self.class_weight,
                classes=self.classes_,
                y=self.classes_[column],
                sample_weight=of_rows,
            )[column]
            for column, of_rows in zip(codes, weights, strict=True)
        ]
        weighted: FloatArray = weights * np.stack(of_class)
        return weighted

    def decision_function(self, X: Any) -> FloatArray:
        """Log-odds [n] or logits [n, k]; of p problems, [p, n]."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", reset=False)
        scores: FloatArray = X @ self.coef_.T + self.intercept_
        if self._many:
            transposed: FloatArray = scores.T
            return transposed
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: Any) -> FloatArray:
        """Probabilities of the classes, [n, k]; of p problems, [p, n, 2]."""
        scores = self.decision_function(X)
        if not self._many and len(self.classes_) > 2:
            if not self.one_vs_rest:
                probabilities: FloatArray = softmax(scores)
                return probabilities
            each = np.exp(-np.logaddexp(0, -scores))
            shares: FloatArray = each / each.sum(axis=1, keepdims=True)
            return shares
        return np.stack(
            [np.exp(-np.logaddexp(0, scores)), np.exp(-np.logaddexp(0, -scores))], axis=-1
        )

    def predict_log_proba(self, X: Any) -> FloatArray:
        """Logarithm of `predict_proba`."""
        logarithms: FloatArray = np.log(self.predict_proba(X))
        return logarithms

    def predict(self, X: Any) -> NDArray[Any]:
        """The likelier class of each row, [n]; of p problems, [p, n]."""
        scores = self.decision_function(X)
        if not self._many and len(self.classes_) > 2:
            best: NDArray[Any] = self.classes_[scores.argmax(axis=1)]
            return best
        likelier: NDArray[Any] = self.classes_[(scores > 0).astype(np.int64)]
        return likelier

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
