"""The reliability curve against hand counts, a known truth and a naive bootstrap."""

import numpy as np
import pytest
from scipy.special import expit, logit

from probesteer.probes.metrics.calibration import reliability_curve
from probesteer.probes.metrics.intervals import group_resamples
from probesteer.probes.metrics.two_labels import calibration_error


def test_four_bins_of_eight_rows_by_hand() -> None:
    labels = np.array([0, 0, 0, 1, 1, 0, 1, 1])
    scores = logit(np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9]))
    shuffle = np.random.default_rng(0).permutation(8)
    resamples = group_resamples(np.arange(8), 10, 0)
    curve = reliability_curve(labels[shuffle], scores[shuffle], resamples, bins=4)
    assert [point.bin for point in curve] == [0, 1, 2, 3]
    assert [point.n for point in curve] == [2, 2, 2, 2]
    np.testing.assert_allclose([point.predicted for point in curve], [0.15, 0.35, 0.55, 0.8])
    assert [point.observed for point in curve] == [0, 0.5, 0.5, 1]
    # Two rows are two groups: too few for an interval.
    assert all(np.isnan([point.low, point.high]).all() for point in curve)


def test_rows_of_one_score_are_one_point() -> None:
    labels = np.array([0, 1] * 30)
    scores = np.repeat([-1.0, 1.0], [48, 12])
    curve = reliability_curve(labels, scores, group_resamples(np.arange(60), 10, 0))
    assert [(point.bin, point.n, point.observed) for point in curve] == [(4, 48, 0.5), (9, 12, 0.5)]
    assert curve[1].predicted == pytest.approx(1 / (1 + np.exp(-1)))


def test_the_intervals_are_those_of_groups_drawn_one_by_one() -> None:
    generator = np.random.default_rng(1)
    labels, scores = generator.integers(0, 2, 90), generator.standard_normal(90)
    groups = np.arange(90) // 2
    resamples = group_resamples(groups, 200, seed=3)
    curve = reliability_curve(labels, scores, resamples, bins=3)
    order = np.argsort(scores)
    for point, rows in zip(curve, np.split(order, 3), strict=True):
        assert point.n == 30
        shares = []
        for counts in resamples.counts:
            drawn = np.concatenate([np.repeat(labels[row], counts[groups[row]]) for row in rows])
            shares.append(drawn.mean())
        low, high = np.quantile(shares, [0.025, 0.975])
        assert (point.low, point.high) == pytest.approx((low, high), abs=1e-12)
        assert point.low < point.observed < point.high


def test_true_probabilities_lie_on_the_diagonal_and_doubled_log_odds_do_not() -> None:
    generator = np.random.default_rng(2)
    log_odds = 2 * generator.standard_normal(10_000)
    labels = (generator.random(10_000) < expit(log_odds)).astype(np.int64)
    resamples = group_resamples(np.arange(10_000), 100, seed=0)
    for scores, close in ((log_odds, True), (2 * log_odds, False)):
        curve = reliability_curve(labels, scores, resamples)
        covered = [point.low - 0.01 < point.predicted < point.high + 0.01 for point in curve]
        assert (sum(covered) >= 9) == close
        error = sum(point.n * abs(point.predicted - point.observed) for point in curve) / 10_000
        assert error == pytest.approx(float(calibration_error(labels, scores)), abs=1e-12)


def test_no_rows_give_no_points() -> None:
    none = np.zeros(0)
    assert reliability_curve(none.astype(np.int64), none, group_resamples(none, 5, 0)) == ()
