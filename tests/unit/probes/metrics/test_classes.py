"""Metrics of more than two classes against scikit-learn's, with and without weights."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    roc_auc_score,
)

from probesteer.probes.metrics.classes import CLASS_METRICS, class_auroc, class_log_loss
from probesteer.probes.metrics.two_labels import METRICS, PROBABILITY_METRICS


def scored(n: int = 90, k: int = 4) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels of k classes, and scores that know a little of them; some rows are alike."""
    generator = np.random.default_rng(5)
    labels = generator.integers(0, k, n)
    scores = generator.standard_normal((n, k)) + (labels[:, None] == np.arange(k))
    scores[1::9] = scores[::9]
    return labels, scores


def test_every_set_of_weights_gives_what_scikit_learn_gives() -> None:
    labels, scores = scored()
    weights = np.random.default_rng(0).poisson(1.0, size=(12, len(labels))).astype(np.float64)
    probabilities, predicted = softmax(scores, axis=1), scores.argmax(axis=1)
    expected = {
        "accuracy": [accuracy_score(labels, predicted, sample_weight=w) for w in weights],
        "balanced_accuracy": [
            balanced_accuracy_score(labels, predicted, sample_weight=w) for w in weights
        ],
        "auroc": [
            roc_auc_score(labels, probabilities, sample_weight=w, multi_class="ovr")
            for w in weights
        ],
        "f1": [f1_score(labels, predicted, sample_weight=w, average="macro") for w in weights],
        "log_loss": [log_loss(labels, probabilities, sample_weight=w) / np.log(2) for w in weights],
    }
    assert set(expected) == set(CLASS_METRICS)
    for name, values in expected.items():
        measured = CLASS_METRICS[name](labels, scores, weights)
        assert measured.shape == (12,)
        np.testing.assert_allclose(measured, values, rtol=1e-12)
        unweighted = CLASS_METRICS[name](labels, scores, None)
        ones = np.ones(len(labels))
        assert float(unweighted) == float(CLASS_METRICS[name](labels, scores, ones))


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "auroc", "log_loss"])
def test_two_classes_are_two_labels(name: str) -> None:
    labels, scores = scored(k=2)
    log_odds = scores[:, 1] - scores[:, 0]
    binary = {**METRICS, **PROBABILITY_METRICS}[name](labels, log_odds, None)
    assert float(CLASS_METRICS[name](labels, scores, None)) == pytest.approx(float(binary))


def test_a_class_without_rows_is_left_out_of_the_mean() -> None:
    labels, scores = scored()
    held = labels != 2
    predicted = scores[held].argmax(axis=1)
    found = CLASS_METRICS["f1"](labels[held], scores[held], None)
    expected = f1_score(labels[held], predicted, labels=[0, 1, 3], average="macro")
    assert float(found) == pytest.approx(expected)
    # The same rows, left out by their weight.
    for name, measure in CLASS_METRICS.items():
        weighted = measure(labels, scores, held.astype(np.float64))
        assert float(weighted) == pytest.approx(float(measure(labels[held], scores[held], None)))
        assert not np.isnan(weighted), name


def test_one_class_alone_has_an_accuracy_and_no_mean_over_classes() -> None:
    labels, scores = np.array([1, 1, 1, 1]), scored()[1][:4]
    values = {name: float(measure(labels, scores, None)) for name, measure in CLASS_METRICS.items()}
    assert values["accuracy"] == (scores.argmax(axis=1) == 1).mean()
    assert {name for name, value in values.items() if np.isnan(value)} == {
        "balanced_accuracy",
        "auroc",
        "f1",
    }


def test_a_constant_a_row_changes_nothing() -> None:
    labels, scores = scored()
    # In 64ths, so that adding whole numbers rounds nothing and breaks no tie.
    scores = np.round(scores * 64) / 64
    shifted = scores + np.random.default_rng(1).integers(-500, 500, (len(labels), 1))
    for measure in CLASS_METRICS.values():
        before, after = measure(labels, scores, None), measure(labels, shifted, None)
        assert float(after) == float(before)


def test_scores_alike_cost_log2_of_the_classes_and_order_nothing() -> None:
    labels = np.arange(15) % 5
    assert float(class_log_loss(labels, np.zeros((15, 5)))) == pytest.approx(np.log2(5))
    assert float(class_auroc(labels, np.zeros((15, 5)))) == 0.5


def test_probabilities_that_round_to_1_still_order_rows() -> None:
    labels = np.array([0, 1, 1, 2])
    scores = np.array([[0.0, 250, 0], [0, 200, 0], [0, 300, 0], [0, 0, 400]])
    probabilities = softmax(scores, axis=1)
    assert probabilities[1, 1] == probabilities[0, 1] == 1
    # Log-odds of class 0: -250 above two of -200, -300, -400. Of class 1: 200 and 300, of which
    # one is above 250, both above -400. Of class 2: 400, above all.
    by_hand = (2 / 3 + 3 / 4 + 1) / 3
    assert float(class_auroc(labels, scores)) == pytest.approx(by_hand)


@pytest.mark.parametrize("name", list(CLASS_METRICS))
def test_no_rows_give_nan(name: str) -> None:
    labels, scores = np.zeros(0, dtype=np.int64), np.zeros((0, 3))
    assert np.isnan(CLASS_METRICS[name](labels, scores, None))
    weighted = CLASS_METRICS[name](labels, scores, np.zeros((2, 0)))
    np.testing.assert_array_equal(weighted, [np.nan] * 2)
