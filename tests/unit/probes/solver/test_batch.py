"""Many problems at once are the same as each by itself, wherever their features lie."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import sparse

from probesteer.errors import ProbesteerError
from probesteer.probes.solver import design
from probesteer.probes.solver.batch import (
    fit_logistic_batch,
    fit_multinomial_batch,
    fit_ridge_batch,
)
from probesteer.probes.solver.features import SharedFeatures
from probesteer.probes.solver.fits import BatchFits

GENERATOR = np.random.default_rng(0)
X = GENERATOR.standard_normal((90, 12)).astype(np.float32) * np.geomspace(0.1, 5, 12, dtype="f4")
TARGETS = (X[:, :4].T + GENERATOR.standard_normal((4, 90)) > 0).astype(np.int64)
FOLDS = np.arange(90) % 3
MASKS = np.stack([number % 3 != FOLDS for number in range(4)]).astype(np.float64)
PENALTIES = np.array([0.01, 0.1, 1.0, 100.0])


def together(features: object) -> BatchFits:
    return fit_logistic_batch(features, TARGETS, PENALTIES, MASKS)


def same(left: BatchFits, right: BatchFits, tolerance: float) -> None:
    np.testing.assert_allclose(left.coefficients, right.coefficients, atol=tolerance)
    np.testing.assert_allclose(left.intercepts, right.intercepts, atol=tolerance)
    np.testing.assert_allclose(left.objectives, right.objectives, rtol=1e-9)


def test_each_problem_is_the_one_fitted_alone() -> None:
    fits = together(X)
    for number in range(4):
        alone = fit_logistic_batch(X, TARGETS[number], PENALTIES[number], MASKS[number])
        assert fits.objectives[number] == pytest.approx(alone.objectives[0], rel=1e-10)
        np.testing.assert_allclose(fits.scores(X)[number], alone.scores(X)[0], atol=1e-5)


def test_a_row_of_weight_0_is_left_out_and_one_of_weight_2_counts_twice() -> None:
    weights = GENERATOR.integers(0, 3, 90)
    rows = np.repeat(np.arange(90), weights)
    weighted = fit_logistic_batch(SharedFeatures(X, False), TARGETS[0], 1.0, weights)
    repeated = fit_logistic_batch(SharedFeatures(X[rows], False), TARGETS[0][rows], 1.0)
    same(weighted, repeated, 1e-6)


def test_standardised_over_the_rows_asked_for() -> None:
    mask = FOLDS != 0
    masked = fit_logistic_batch(SharedFeatures(X, rows=mask), TARGETS[0], 1.0, mask)
    same(masked, fit_logistic_batch(X[mask], TARGETS[0][mask], 1.0), 1e-6)


@pytest.mark.parametrize("at_once", [17, 45, 90])
def test_a_memory_map_is_read_in_blocks(
    at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(design, "_BLOCK", 12 * at_once)
    monkeypatch.setattr(design, "_IN_MEMORY", 100)
    path = tmp_path / "features.bin"
    path.write_bytes(b"header" + X.tobytes())
    mapped = np.memmap(path, dtype=np.float32, mode="r", offset=6, shape=X.shape)
    blocks = [rows for rows, _ in design.Design(mapped).blocks(np.float64)]
    assert [(rows.start, rows.stop) for rows in blocks] == [
        (first, min(90, first + at_once)) for first in range(0, 90, at_once)
    ]
    same(together(mapped), together(X), 1e-6)
    # A view of a map doesn't tell where its rows lie in the file.
    same(fit_logistic_batch(mapped[5:], TARGETS[0, 5:], 1.0),
         fit_logistic_batch(X[5:], TARGETS[0, 5:], 1.0), 1e-6)  # fmt: skip


def test_torch_gives_the_same() -> None:
    same(together(torch.from_numpy(X)), together(X), 1e-6)
    wide = GENERATOR.standard_normal((30, 50)).astype(np.float32)
    same(
        fit_logistic_batch(torch.from_numpy(wide), TARGETS[0, :30], 1.0),
        fit_logistic_batch(wide, TARGETS[0, :30], 1.0),
        1e-6,
    )


@pytest.mark.parametrize("value", [0.0, 0.1, 1.0, 3.0])
def test_a_sparse_feature_that_is_constant_counts_for_nothing(value: float) -> None:
    features = X.astype(np.float64)
    features[:, 2] = value
    dense = fit_logistic_batch(features, TARGETS[0], 1.0)
    for thin in (sparse.csr_matrix(features), sparse.csr_array(features)):
        fits = fit_logistic_batch(thin, TARGETS[0], 1.0)
        assert fits.coefficients[0, 2] == 0
        same(fits, dense, 1e-6)


@pytest.mark.parametrize("n", [90, 10])
def test_sparse_gives_the_same(n: int) -> None:
    counts = np.maximum(GENERATOR.poisson(0.5, (n, 14)), 0).astype(np.float64)
    counts[:, 3] = 0  # a word that does not occur
    y = (np.arange(n) % 2).astype(np.int64)
    dense, thin = (fit_logistic_batch(X_, y, 1.0) for X_ in (counts, sparse.csr_matrix(counts)))
    np.testing.assert_allclose(
        dense.scores(counts), thin.scores(sparse.csr_matrix(counts)), atol=1e-6
    )
    assert dense.objectives[0] == pytest.approx(thin.objectives[0], rel=1e-9)


def test_more_problems_than_fit_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = together(X)
    monkeypatch.setattr("probesteer.probes.solver.features._AT_ONCE", 90 * 3)
    parts = together(X)
    same(parts, whole, 1e-6)
    assert parts.converged.shape == (4,)


def test_a_problem_that_gets_no_time_is_not_converged() -> None:
    fits = fit_logistic_batch(X, TARGETS, [0.01, 0.1, 1.0, 1e6], max_steps=2)
    assert not fits.converged.all()
    assert (fits.steps <= 2).all()


def test_no_intercept() -> None:
    fits = fit_logistic_batch(SharedFeatures(X, False), TARGETS[0], 1.0, free_intercept=False)
    assert fits.intercepts[0] == 0
    residuals = 1 / (1 + np.exp(-fits.scores(X)[0])) - TARGETS[0]
    np.testing.assert_allclose(X.T @ residuals, -fits.coefficients[0], atol=1e-5)


def test_many_multinomial_problems() -> None:
    y = np.stack([np.digitize(X[:, 0], [0]) + (X[:, 1] > 0), (X[:, 2] > 0) * 2 * (X[:, 3] > 0) + (
        X[:, 4] > 0)])  # fmt: skip
    y = np.minimum(y, 2)
    fits = fit_multinomial_batch(X, y, [0.1, 1.0], classes=3)
    for number, C in enumerate([0.1, 1.0]):
        alone = fit_multinomial_batch(X, y[number], C, classes=3)
        np.testing.assert_allclose(fits.coefficients[number], alone.coefficients[0], atol=1e-5)
    assert fits.scores(X).shape == (2, 90, 3)


def test_a_class_without_a_row_that_counts_is_named() -> None:
    y = np.arange(90) % 3
    told = "^probes: problem 1 lacks a class; add rows of that class$"
    with pytest.raises(ProbesteerError, match=told):
        fit_multinomial_batch(X, np.stack([y, y]), 1.0, np.stack([y < 3, y < 2]), classes=3)


def test_two_ridges_share_a_call() -> None:
    y = (X[:, :2].T * 2.0 + 1).astype(np.float64)
    fits = fit_ridge_batch(X, y, [1.0, 10.0])
    np.testing.assert_allclose(
        fits.scores(X)[1], fit_ridge_batch(X, y[1], 10.0).scores(X)[0], atol=1e-6
    )


@pytest.mark.parametrize(
    ("targets", "weights", "told"),
    [
        (np.zeros(90), None, "problem 0 has one label alone; add rows of the other label"),
        (TARGETS[0], np.zeros(90), "problem 0 has no row of weight above 0; give it rows"),
        (TARGETS[0, :5], None, "5 targets for 90 rows; give a target for every row"),
    ],
)
def test_what_cannot_be_fitted(
    targets: NDArray[np.int64], weights: NDArray[np.float64] | None, told: str
) -> None:
    with pytest.raises(ProbesteerError, match=f"^probes: {told}$"):
        fit_logistic_batch(X, targets, 1.0, weights)


def test_the_same_bytes_twice() -> None:
    assert together(X).coefficients.tobytes() == together(X).coefficients.tobytes()
