"""Metrics against scikit-learn's, with and without weights."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, balanced_accuracy_score, roc_auc_score

from probesteer.probes.metrics import METRICS, accuracy, auroc, balanced_accuracy


def tied_scores(n: int = 80) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels, and scores of which many are equal."""
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 2, n)
    return labels, np.round(labels + generator.standard_normal(n) - 0.5, 1)


def test_auroc_of_four_rows_by_hand() -> None:
    # Pairs (label 1, label 0): .4 > .1, .4 < .5, .5 > .1, .5 = .5.
    value = auroc(np.array([0, 1, 1, 0]), np.array([0.1, 0.4, 0.5, 0.5]))
    assert float(value) == 2.5 / 4


def test_accuracies_of_five_rows_by_hand() -> None:
    labels, scores = np.array([0, 0, 0, 1, 1]), np.array([-1.0, -2.0, 3.0, 1.0, 0.0])
    assert float(accuracy(labels, scores)) == pytest.approx(3 / 5)
    assert float(balanced_accuracy(labels, scores)) == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_every_set_of_weights_gives_what_scikit_learn_gives() -> None:
    labels, scores = tied_scores()
    weights = np.random.default_rng(0).poisson(1.0, size=(25, len(labels))).astype(np.float64)
    predicted = (scores > 0).astype(int)
    expected = {
        "accuracy": [accuracy_score(labels, predicted, sample_weight=w) for w in weights],
        "balanced_accuracy": [
            balanced_accuracy_score(labels, predicted, sample_weight=w) for w in weights
        ],
        "auroc": [roc_auc_score(labels, scores, sample_weight=w) for w in weights],
    }
    assert set(expected) == set(METRICS)
    for name, values in expected.items():
        measured = METRICS[name](labels, scores, weights)
        assert measured.shape == (25,)
        np.testing.assert_allclose(measured, values, rtol=1e-12)
        unweighted = METRICS[name](labels, scores, None)
        assert float(unweighted) == float(METRICS[name](labels, scores, np.ones(len(labels))))


def test_scores_that_are_all_equal_separate_nothing() -> None:
    assert float(auroc(np.array([0, 1, 1]), np.zeros(3))) == 0.5


@pytest.mark.parametrize("label", [0, 1])
def test_one_label_alone_has_an_accuracy_and_no_auroc(label: int) -> None:
    labels, scores = np.full(4, label), np.array([1.0, 2.0, -1.0, 3.0])
    assert float(accuracy(labels, scores)) == (0.75 if label else 0.25)
    assert np.isnan(balanced_accuracy(labels, scores))
    assert np.isnan(auroc(labels, scores))


def test_a_draw_without_a_label_is_nan_and_the_others_are_not() -> None:
    labels, scores = np.array([0, 1]), np.array([-1.0, 1.0])
    values = auroc(labels, scores, np.array([[2.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_array_equal(values, [np.nan, 1.0])


@pytest.mark.parametrize("name", list(METRICS))
def test_no_rows_give_nan(name: str) -> None:
    none = np.zeros(0)
    assert np.isnan(METRICS[name](none.astype(np.int64), none, None))
    weighted = METRICS[name](none.astype(np.int64), none, np.zeros((3, 0)))
    np.testing.assert_array_equal(weighted, [np.nan] * 3)
