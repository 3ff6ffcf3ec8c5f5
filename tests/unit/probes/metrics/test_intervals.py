"""Bootstrap intervals: known truths, and the plain loop that they shorten."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from probesteer.probes.metrics import intervals
from probesteer.probes.metrics.intervals import (
    MIN_GROUPS,
    Interval,
    bootstrap_mean,
    group_resamples,
)
from probesteer.probes.metrics.two_labels import auroc

Values = NDArray[np.float64]


def clustered(n_groups: int, size: int, seed: int) -> tuple[Values, NDArray[np.int64]]:
    """Values with mean 0 of which half the variance is shared within a group."""
    generator = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), size)
    shared = generator.standard_normal(n_groups)[groups]
    return shared + generator.standard_normal(n_groups * size), groups


def test_the_mean_over_groups_is_covered_as_often_as_promised() -> None:
    by_group, by_row = [], []
    for seed in range(300):
        values, groups = clustered(40, 5, seed)
        low, high = bootstrap_mean(values, groups, 300, seed)
        by_group.append(low <= 0 <= high)
        low, high = bootstrap_mean(values, np.arange(len(values)), 300, seed)
        by_row.append(low <= 0 <= high)
    assert 0.90 <= np.mean(by_group) <= 0.985
    # Rows taken for independent: the interval is about 1.7 times too narrow.
    assert np.mean(by_row) < 0.85


def test_the_group_interval_is_wider_than_the_row_interval() -> None:
    values, groups = clustered(60, 10, seed=0)
    low, high = bootstrap_mean(values, groups, 2_000, 0)
    row_low, row_high = bootstrap_mean(values, np.arange(len(values)), 2_000, 0)
    # Theory: sqrt(variance of group means / variance of row means) = sqrt(1.1 / 0.2).
    assert float(high - low) / float(row_high - row_low) == pytest.approx(2.35, abs=0.35)


def test_equals_a_loop_over_the_draws() -> None:
    generator = np.random.default_rng(0)
    labels, scores = generator.integers(0, 2, 30), generator.standard_normal(30)
    groups = np.array([f"g{number}" for number in generator.integers(0, 8, 30)], dtype=object)
    resamples = group_resamples(groups, 50, 7)
    names = np.unique(groups)
    looped = []
    for counts in resamples.counts:
        taken = [
            np.flatnonzero(groups == g)
            for g, k in zip(names, counts, strict=True)
            for _ in range(k)
        ]
        rows = np.concatenate(taken)
        looped.append(float(auroc(labels[rows], scores[rows])))
    distribution = resamples.distribution(lambda weights: auroc(labels, scores, weights))
    np.testing.assert_allclose(distribution, looped, rtol=1e-12)
    interval = resamples.interval(lambda w: auroc(labels, scores, w), level=0.8)
    assert interval.low == pytest.approx(float(np.quantile(looped, 0.1)))
    assert interval.high == pytest.approx(float(np.quantile(looped, 0.9)))


def test_a_draw_takes_as_many_groups_as_there_are() -> None:
    resamples = group_resamples(np.array([5, 5, 9, 2]), 200, 0)
    assert resamples.counts.shape == (200, 3)
    np.testing.assert_array_equal(resamples.counts.sum(axis=1), 3)
    np.testing.assert_array_equal(resamples.group_of_row, [1, 1, 2, 0])


def test_blocks_of_draws_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    values, groups = clustered(10, 3, seed=1)
    resamples = group_resamples(groups, 40, 0)

    def mean(weights: Values) -> Values:
        result: Values = (weights * values).sum(axis=1) / weights.sum(axis=1)
        return result

    whole = resamples.distribution(mean)
    monkeypatch.setattr(intervals, "_WEIGHTS_AT_ONCE", 100)
    assert resamples.distribution(mean).tobytes() == whole.tobytes()


def test_several_measurements_share_the_draws() -> None:
    values, groups = clustered(20, 2, seed=2)
    low, high = bootstrap_mean(np.stack([values, 3 * values + 1]), groups, 500, 4)
    single_low, single_high = bootstrap_mean(values, groups, 500, 4)
    assert low.shape == high.shape == (2,)
    assert single_low.shape == ()
    np.testing.assert_allclose(low, [single_low, 3 * single_low + 1])
    np.testing.assert_allclose(high, [single_high, 3 * single_high + 1])


def test_the_order_of_the_rows_does_not_matter() -> None:
    values, groups = clustered(12, 3, seed=5)
    order = np.random.default_rng(0).permutation(len(values))
    np.testing.assert_allclose(
        bootstrap_mean(values[order], groups[order], 300, 1), bootstrap_mean(values, groups, 300, 1)
    )


def test_a_nan_stays_with_its_measurement() -> None:
    values = np.array([[1.0, np.nan, 3.0, 1.0, 2.0], [1.0, 2.0, 3.0, 1.0, 2.0]])
    low, high = bootstrap_mean(values, np.arange(5), 100, 0)
    assert np.isnan(low[0])
    assert np.isnan(high[0])
    assert 1 <= low[1] < high[1] <= 3


@pytest.mark.parametrize("n_groups", range(1, 8))
def test_few_groups_give_no_interval(n_groups: int) -> None:
    values, groups = clustered(n_groups, 10, seed=0)
    ends = np.array(bootstrap_mean(values, groups, 100, 0))
    assert np.isfinite(ends).all() == (n_groups >= MIN_GROUPS)
    resamples = group_resamples(groups, 100, 0)
    interval = resamples.interval(lambda w: (w * values).sum(axis=1) / w.sum(axis=1))
    np.testing.assert_allclose([interval.low, interval.high], ends)
    assert resamples.enough == (n_groups >= MIN_GROUPS)


def test_fewest_groups_have_a_draw_in_each_tail() -> None:
    def different_draws(groups: int) -> int:
        return math.comb(2 * groups - 1, groups)

    assert different_draws(MIN_GROUPS - 1) < 1 / 0.025 <= different_draws(MIN_GROUPS)


def test_no_rows_give_no_interval() -> None:
    low, high = bootstrap_mean(np.zeros(0), np.zeros(0), 100, 0)
    assert np.isnan([low, high]).all()
    interval = group_resamples(np.zeros(0), 100, 0).interval(lambda w: w.sum(axis=1))
    assert np.isnan([interval.low, interval.high]).all()


def test_no_draws_give_no_interval() -> None:
    values, groups = clustered(5, 2, seed=0)
    assert np.isnan(bootstrap_mean(values, groups, 0, 0)).all()
    interval = group_resamples(groups, 0, 0).interval(lambda w: w.sum(axis=1))
    assert np.isnan([interval.low, interval.high]).all()


def test_draws_that_do_not_define_the_statistic_are_left_out() -> None:
    labels, scores = np.array([0, 0, 0, 0, 1]), np.array([0.0, 2.0, 0.5, 3.0, 1.0])
    resamples = group_resamples(np.arange(5), 200, 0)
    values = resamples.distribution(lambda w: auroc(labels, scores, w))
    defined = values[~np.isnan(values)]
    assert 0 < len(defined) < 200
    interval = resamples.interval(lambda w: auroc(labels, scores, w), level=0.5)
    low, high = np.quantile(defined, [0.25, 0.75])
    assert interval == Interval(low, high)


def test_a_seed_fixes_the_interval_to_the_bit() -> None:
    values, groups = clustered(15, 4, seed=3)
    first = np.stack(bootstrap_mean(values, groups, 400, 11))
    again = np.stack(bootstrap_mean(values, groups, 400, 11))
    other = np.stack(bootstrap_mean(values, groups, 400, 12))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()
