"""The solver under scikit-learn's conventions."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from probesteer.probes.solver.estimator import BatchedLogisticRegression

GENERATOR = np.random.default_rng(0)
X = GENERATOR.standard_normal((120, 6))
CLASSES = np.array(["low", "middle", "top"])[np.digitize(X[:, 0] + X[:, 1] / 2, [-0.6, 0.5])]


@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [
        BatchedLogisticRegression(),
        BatchedLogisticRegression(one_vs_rest=True),
        BatchedLogisticRegression(class_weight="balanced"),
    ]
)
def test_conventions(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("class_weight", [None, "balanced"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_as_scikit_learn(classes: int, class_weight: str | None, fit_intercept: bool) -> None:
    kept = np.isin(CLASSES, np.unique(CLASSES)[:classes])
    options = {"C": 0.5, "class_weight": class_weight, "fit_intercept": fit_intercept}
    own = BatchedLogisticRegression(**options).fit(X[kept], CLASSES[kept])  # type: ignore[arg-type]
    reference = LogisticRegression(**options, solver="newton-cholesky", tol=1e-12)
    reference.fit(X[kept], CLASSES[kept])
    np.testing.assert_allclose(own.predict_proba(X), reference.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(own.coef_, reference.coef_, atol=1e-5)
    assert (own.predict(X) == reference.predict(X)).all()


def test_many_problems_have_the_first_axis() -> None:
    y = np.stack([X[:, 0] > 0, X[:, 1] > 0, X[:, 2] + X[:, 3] > 0.5], axis=1)
    folds = (np.arange(120)[:, None] % 3 != np.arange(3)).astype(float)
    many = BatchedLogisticRegression(C=[0.1, 1.0, 10.0]).fit(X, y, sample_weight=folds)
    assert many.coef_.shape == (3, 6)
    assert many.predict_proba(X).shape == (3, 120, 2)
    for number, C in enumerate([0.1, 1.0, 10.0]):
        one = BatchedLogisticRegression(C=C).fit(X, y[:, number], folds[:, number])
        np.testing.assert_allclose(many.predict_proba(X)[number], one.predict_proba(X), atol=1e-6)
        assert (many.predict(X)[number] == one.predict(X)).all()


def test_one_against_the_rest() -> None:
    own = BatchedLogisticRegression(one_vs_rest=True).fit(X, CLASSES)
    for number, name in enumerate(own.classes_):
        alone = LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(X, name == CLASSES)
        np.testing.assert_allclose(own.coef_[number], alone.coef_[0], atol=1e-5)
    np.testing.assert_allclose(own.predict_proba(X).sum(axis=1), 1)


def test_it_says_when_it_does_not_converge() -> None:
    with pytest.warns(ConvergenceWarning, match="1 of 1 problems did not converge"):
        BatchedLogisticRegression(C=1e6, max_iter=1).fit(X, X[:, 0] > 0)
