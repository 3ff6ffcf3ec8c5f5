"""Metrics against scikit-learn's, with and without weights."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    roc_auc_score,
)

from probesteer.probes.metrics import two_labels
from probesteer.probes.metrics.two_labels import (
    METRICS,
    PROBABILITY_METRICS,
    accuracy,
    auroc,
    balanced_accuracy,
    calibration_error,
    f1,
)

ALL_METRICS = METRICS | PROBABILITY_METRICS


def tied_scores(n: int = 80) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels, and scores of which many are equal."""
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 2, n)
    return labels, np.round(labels + generator.standard_normal(n) - 0.5, 1)


def error_of_rows(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    """The calibration error of rows that count once, row by row."""
    error = 0.0
    excess: dict[int, float] = {}
    for score in np.unique(scores):
        tied = scores == score
        middle = (scores < score).sum() + tied.sum() / 2
        number = int(10 * middle / len(labels))
        over = float((expit(scores[tied]) - labels[tied]).sum())
        excess[number] = excess.get(number, 0.0) + over
    for over in excess.values():
        error += abs(over) / len(labels)
    return error


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
        "f1": [f1_score(labels, predicted, sample_weight=w) for w in weights],
        "log_loss": [log_loss(labels, expit(scores), sample_weight=w) / np.log(2) for w in weights],
        "calibration_error": [
            error_of_rows(labels.repeat(w.astype(int)), scores.repeat(w.astype(int)))
            for w in weights
        ],
    }
    assert set(expected) == set(ALL_METRICS)
    for name, values in expected.items():
        measured = ALL_METRICS[name](labels, scores, weights)
        assert measured.shape == (25,)
        np.testing.assert_allclose(measured, values, rtol=1e-12)
        unweighted = ALL_METRICS[name](labels, scores, None)
        assert float(unweighted) == float(ALL_METRICS[name](labels, scores, np.ones(len(labels))))


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


@pytest.mark.parametrize("name", list(ALL_METRICS))
def test_no_rows_give_nan(name: str) -> None:
    none = np.zeros(0)
    assert np.isnan(ALL_METRICS[name](none.astype(np.int64), none, None))
    weighted = ALL_METRICS[name](none.astype(np.int64), none, np.zeros((3, 0)))
    np.testing.assert_array_equal(weighted, [np.nan] * 3)


def test_log_loss_of_four_rows_by_hand() -> None:
    # Probabilities of the own label: 1/2, 3/4, 1/4 and 8/9.
    scores = np.log(np.array([1.0, 3.0, 3.0, 1 / 8]))
    bits = (1 + np.log2(4 / 3) + 2 + np.log2(9 / 8)) / 4
    assert float(two_labels.log_loss(np.array([0, 1, 0, 0]), scores)) == pytest.approx(
        bits, abs=1e-15
    )


def test_log_loss_of_a_sure_error_is_its_log_odds() -> None:
    labels, scores = np.array([0, 1]), np.array([2000.0, 2000.0])
    assert float(two_labels.log_loss(labels, scores)) == pytest.approx(1000 / np.log(2), rel=1e-15)


def test_f1_by_hand_and_without_rows_of_label_1() -> None:
    labels, scores = np.array([1, 1, 1, 0, 0]), np.array([1.0, 2.0, -1.0, 1.0, -1.0])
    assert float(f1(labels, scores)) == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert float(f1(np.zeros(2, dtype=np.int64), np.array([1.0, -1.0]))) == 0
    assert np.isnan(f1(np.zeros(2, dtype=np.int64), np.array([-1.0, -1.0])))


def test_calibration_error_of_twenty_rows_by_hand() -> None:
    # Ten bins of two rows, each at a probability of 3/4: the share of label 1 is 1/2 in four of
    # them (off by 1/4) and 1 in six (off by 1/4); scores differ by too little to matter.
    labels = np.array([0, 1] * 4 + [1, 1] * 6)
    scores = np.log(3.0) + np.arange(20) * 1e-13
    assert float(calibration_error(labels, scores)) == pytest.approx(1 / 4, abs=1e-11)
    # In one bin the errors cancel but for the overall share, 16/20.
    assert float(calibration_error(labels, np.full(20, np.log(3.0)))) == pytest.approx(0.05)


def test_rows_of_one_score_are_one_bin() -> None:
    # Half of the rows are sure and half are not: two bins, each exactly right.
    labels = np.array([1, 1, 1, 0] * 10 + [0, 1] * 20)
    scores = np.repeat([np.log(3.0), 0.0], 40)
    assert float(calibration_error(labels, scores)) == pytest.approx(0, abs=1e-15)


def test_scores_that_are_too_sure_are_badly_calibrated() -> None:
    generator = np.random.default_rng(0)
    true = generator.standard_normal(20_000)
    labels = (generator.random(20_000) < expit(true)).astype(np.int64)
    # Each of ten bins of 2,000 rows is off by about 0.4 / sqrt(2000) = 0.01 by chance.
    assert float(calibration_error(labels, true)) < 0.02
    wide = np.abs(expit(3 * true) - expit(true)).mean()
    assert float(calibration_error(labels, 3 * true)) == pytest.approx(wide, abs=0.02)
