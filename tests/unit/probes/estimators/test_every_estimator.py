"""What holds for every estimator: the interface, determinism, scaling, hard rows."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.probes.estimators.interface import FittedProbe, LinearProbe
from probesteer.probes.estimators.registry import ESTIMATORS
from probesteer.settings.schema import ProbeSettings

LINEAR = ("difference_of_means", "nearest_centroid", "lda", "ridge", "ccs")
NONLINEAR = ("mlp", "nearest_neighbours")
every = pytest.mark.parametrize("name", ESTIMATORS)


def contrast_rows(n: int, d: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Pairs of rows that share a topic and differ in a label; label 1 lies along (1, 1, ...)."""
    generator = np.random.default_rng(seed)
    first = generator.integers(0, 2, n // 2)
    y = np.stack([first, 1 - first], axis=1).ravel()
    topic = np.repeat(generator.standard_normal((n // 2, d)), 2, axis=0)
    X = topic + 0.3 * generator.standard_normal((n, d)) + 0.8 * (2 * y - 1)[:, None]
    return X.astype(np.float32), y


def fit(name: str, X: NDArray[Any], y: NDArray[np.int64], seed: int = 0) -> FittedProbe:
    """A probe of rows whose consecutive twos are groups and pairs."""
    pairs = np.arange(len(y)) // 2
    return ESTIMATORS[name](X, y, pairs, pairs.astype(object), seed)


def accuracy(probe: FittedProbe, X: NDArray[Any], y: NDArray[np.int64]) -> float:
    return float(np.mean((probe.scores(X) > 0) == (y == 1)))


def test_the_names_are_those_of_the_settings() -> None:
    assert list(ESTIMATORS) == ProbeSettings().estimators == [*LINEAR, *NONLINEAR]


@every
@pytest.mark.parametrize(("n", "d"), [(200, 8), (60, 150)])
def test_planted_labels_are_read_with_more_and_with_fewer_rows_than_features(
    name: str, n: int, d: int
) -> None:
    X, y = contrast_rows(n + 200, d)
    probe = fit(name, X[:n], y[:n])
    assert accuracy(probe, X[n:], y[n:]) > 0.9
    assert probe.scores(X[n:]).dtype == np.float64
    assert probe.scores(X[:0]).shape == (0,)


@every
def test_the_same_arguments_give_the_same_bytes(name: str) -> None:
    X, y = contrast_rows(80, 20)
    one, other = (fit(name, X.copy(), y.copy(), seed=4).scores(X) for _ in range(2))
    assert one.tobytes() == other.tobytes()


@every
def test_arguments_are_left_as_they_are(name: str) -> None:
    X, y = contrast_rows(80, 20)
    X = X.astype(np.float64)
    before = X.copy()
    fit(name, X, y)
    np.testing.assert_array_equal(X, before)


@every
def test_linear_probes_say_so_and_have_a_coefficient(name: str) -> None:
    X, y = contrast_rows(80, 20)
    probe = fit(name, X, y)
    assert probe.linear == isinstance(probe, LinearProbe) == (name in LINEAR)
    assert probe.log_odds == (name in ("lda", "ccs", *NONLINEAR))
    if isinstance(probe, LinearProbe):
        by_hand = X.astype(np.float64) @ probe.coefficient + probe.intercept
        np.testing.assert_array_equal(probe.scores(X), by_hand)


@pytest.mark.parametrize("name", [name for name in ESTIMATORS if name != "difference_of_means"])
@pytest.mark.parametrize(("n", "d"), [(80, 20), (40, 60)])
def test_the_scale_and_origin_of_a_feature_change_nothing(name: str, n: int, d: int) -> None:
    X, y = contrast_rows(n, d)
    rows = X.astype(np.float64)
    scale = 2.0 ** np.random.default_rng(1).integers(-6, 7, d)
    moved = (rows + 0.5) * scale
    one, other = fit(name, rows, y).scores(rows), fit(name, moved, y).scores(moved)
    np.testing.assert_allclose(other, one, rtol=1e-3, atol=1e-3)


def test_difference_of_means_is_not_scaled() -> None:
    X, y = contrast_rows(80, 20)
    probe = fit("difference_of_means", X, y)
    assert isinstance(probe, LinearProbe)
    difference = X[y == 1].mean(axis=0, dtype=np.float64) - X[y == 0].mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(probe.coefficient, difference)


@every
def test_constant_features_have_no_say(name: str) -> None:
    X, y = contrast_rows(80, 20)
    constant = np.full((80, 3), [0.1, 1 / 3, 1e6 + 0.1])  # their means round
    wider = np.concatenate([X.astype(np.float64), constant], axis=1)
    probe, without = fit(name, wider, y), fit(name, X, y)
    if isinstance(probe, LinearProbe):
        np.testing.assert_array_equal(probe.coefficient[-3:], 0)
    if name != "mlp":  # its starting weights depend on the number of features
        np.testing.assert_allclose(probe.scores(wider), without.scores(X), rtol=1e-4, atol=1e-4)
    else:
        other = wider.copy()
        other[:, -3:] += 1
        np.testing.assert_allclose(probe.scores(other), probe.scores(wider), atol=1e-9)


@pytest.mark.parametrize("name", [name for name in ESTIMATORS if name != "ccs"])
def test_rows_that_are_all_alike_get_one_score(name: str) -> None:
    X = np.full((60, 5), 0.1, dtype=np.float32)
    scores = fit(name, X, np.tile([0, 1], 30)).scores(X)
    assert np.isfinite(scores).all()
    assert len(np.unique(scores)) == 1


@every
def test_a_missing_label_is_refused(name: str) -> None:
    X, _ = contrast_rows(20, 4)
    with pytest.raises(ProbesteerError, match="labels are"):
        fit(name, X, np.ones(20, dtype=np.int64))


@every
def test_a_row_that_is_not_finite_is_named(name: str) -> None:
    X, y = contrast_rows(20, 4)
    X[7, 2] = np.nan
    with pytest.raises(ProbesteerError, match="row 7: activation is NaN or infinite"):
        fit(name, X, y)


def test_xor_is_read_by_the_nonlinear_probes_alone() -> None:
    generator = np.random.default_rng(0)
    corners = generator.integers(0, 2, (700, 2))
    y = corners[:, 0] ^ corners[:, 1]
    X = 2.0 * corners - 1 + 0.25 * generator.standard_normal((700, 2))
    groups, pairs = np.arange(500), np.full(500, None)
    pairs[:200] = np.repeat(np.arange(100), 2)
    for name, estimator in ESTIMATORS.items():
        found = accuracy(estimator(X[:500], y[:500], groups, pairs, 0), X[500:], y[500:])
        if name in NONLINEAR:
            assert found > 0.97, name
        else:
            assert found < 0.8, name  # three corners of four would be 0.75


def test_of_two_gaussians_lda_reads_what_can_be_read() -> None:
    from scipy.stats import norm

    generator = np.random.default_rng(1)
    mixing = np.array([[1.0, 0.0, 0.0], [1.8, 0.6, 0.0], [0.0, 0.0, 1.0]])
    mean = np.array([0.0, 0.6, 0.3])  # label 1; label 0 lies opposite
    y = np.tile([0, 1], 10_000)
    X = generator.standard_normal((20_000, 3)) @ mixing.T + np.where(y[:, None] == 1, mean, -mean)
    covariance = mixing @ mixing.T
    best = norm.cdf(np.sqrt(mean @ np.linalg.solve(covariance, mean)))
    along_means = norm.cdf(mean @ mean / np.sqrt(mean @ covariance @ mean))
    fitted = {name: fit(name, X[:4000], y[:4000]) for name in ESTIMATORS if name in LINEAR}
    read = {name: accuracy(probe, X[4000:], y[4000:]) for name, probe in fitted.items()}
    # Four standard errors of a share over 16,000 rows.
    assert best - along_means > 0.15
    for name, expected in (("lda", best), ("ridge", best), ("difference_of_means", along_means)):
        assert read[name] == pytest.approx(expected, abs=0.016), name
