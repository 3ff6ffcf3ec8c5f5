"""Contrast-consistent search: a probe found without labels, from pairs that contradict."""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from probesteer.probes.estimators.interface import (
    FittedProbe,
    FloatArray,
    Labels,
    UnfittableError,
)
from probesteer.probes.estimators.spectrum import thin_spectrum
from probesteer.probes.estimators.standardisation import fit_standardisation, training_rows

RESTARTS = 10
_STEPS_EACH = 12  # of every restart, before the best goes on alone
_STEPS = 100
# Weight of half the squared norm, where rows lie 1 (root mean square) from their pair's midpoint.
PENALTY = 1e-3
_STREAM = zlib.crc32(b"contrast-consistent search")


def fit_ccs(
    X: NDArray[Any], y: Labels, groups: NDArray[Any], pairs: NDArray[Any] | None, seed: int
) -> FittedProbe:
    """Score = log-odds of p, where p is near 1 on one row of each pair and near 0 on the other.

    Burns et al. 2022 (arXiv 2212.03827), section 2.2: over the pairs, the mean of
    (p + p' - 1)^2 + min(p, p')^2, consistency and confidence, is minimised over a direction and a
    bias, from `RESTARTS` seeded random directions. Labels tell which rows are a pair's (one of
    each label) and, in the end, the sign: that of the higher accuracy on the training rows. They
    don't enter the loss, which is the same for (p, p') and (p', p).

    Each side of the pairs is normalised by itself in the paper, to remove what its "yes" and "no"
    templates differ in. Here the sides have no name but the label, whose mean would be removed
    too; so every pair counts in both orders, and both sides have the same mean and deviation,
    those of all paired rows.

    The paper's code decays the weights; here `PENALTY` times half their squared norm is added to
    the loss, or with fewer pairs than features every direction would reach a loss of 0. The
    solver is L-BFGS (by SciPy) in the span of the rows; after a few steps from every start the
    one with the lowest loss goes on. Groups play no part.
    Raises UnfittableError where there are fewer than two pairs, or the two rows of every pair are
    alike.
    """
    rows = training_rows(X, y, "CCS")
    ones, zeros = contrast_pairs(y, pairs)
    if len(ones) < 2:
        raise UnfittableError(
            f"CCS: {len(ones)} pairs with one row of each label, at least 2 are needed; name the "
            "pairs in the column `pair`"
        )
    paired = rows[np.concatenate([ones, zeros])]
    standardisation = fit_standardisation(paired)
    scaled = standardisation.apply(paired)
    halves = (scaled[: len(ones)] - scaled[len(ones) :]) / 2
    unit = float(np.sqrt(np.mean(np.einsum("ij,ij->i", halves, halves))))
    if unit == 0:
        raise UnfittableError("CCS: the two rows of every pair are alike; read another position")
    scaled /= unit
    left, values = thin_spectrum(scaled)
    solution = _search(left * values, np.random.default_rng([seed, _STREAM]))
    weights = scaled.T @ (left @ (solution[:-1] / values)) / unit
    bias = float(solution[-1])
    correct = np.mean((standardisation.apply(rows) @ weights + bias > 0) == (y == 1))
    sign = 1.0 if correct >= 0.5 else -1.0
    return standardisation.linear_probe(sign * weights, sign * bias, log_odds=True)


def contrast_pairs(
    y: Labels, pairs: NDArray[Any] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of label 1, [p], and the row of label 0 that each is paired with, [p].

    y: [n]; pairs: [n], names, None or NaN where a row has none. Where several rows of a label
    have one name, the first of label 1 goes with the first of label 0, and so on; a row that is
    left over is left out.
    """
    members: dict[Any, tuple[list[int], list[int]]] = {}
    for row, (name, label) in enumerate(zip([] if pairs is None else pairs, y, strict=False)):
        if name is not None and name == name:  # NaN differs from itself
            members.setdefault(name, ([], []))[int(label)].append(row)
    matched = [pair for zeros, ones in members.values() for pair in zip(ones, zeros, strict=False)]
    ones, zeros = np.array(matched, dtype=np.int64).reshape(-1, 2).T
    return ones, zeros


def _search(Z: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Weights and bias, [r + 1], of the lowest loss; Z: [2p, r], row i paired with row p + i."""
    spread = np.sqrt(np.mean(np.einsum("ij,ij->i", Z, Z)) / Z.shape[1])
    starts = generator.standard_normal((RESTARTS, Z.shape[1])) / (spread * np.sqrt(Z.shape[1]))
    begun = [_descend(np.append(start, 0.0), Z, _STEPS_EACH) for start in starts]
    _, best = min(begun, key=lambda result: result[0])
    return _descend(best, Z, _STEPS)[1]


def _descend(start: FloatArray, Z: FloatArray, steps: int) -> tuple[float, FloatArray]:
    found = minimize(
        ccs_loss, start, args=(Z,), jac=True, method="L-BFGS-B", options={"maxiter": steps}
    )
    return float(found.fun), np.asarray(found.x, dtype=np.float64)


def ccs_loss(solution: FloatArray, Z: FloatArray) -> tuple[float, FloatArray]:
    """Penalised loss and its gradient, [r + 1], at weights and bias, [r + 1]; Z as in `_search`."""
    weights, bias = solution[:-1], solution[-1]
    p = expit(Z @ weights + bias).reshape(2, -1)
    inconsistent = p.sum(axis=0) - 1
    lower = np.minimum(p[0], p[1])
    loss = float(np.mean(inconsistent**2 + lower**2)) + PENALTY / 2 * float(weights @ weights)
    by_p = 2 * inconsistent + np.where(p == lower, 2 * lower, 0.0)
    by_score = (by_p * p * (1 - p) / p.shape[1]).ravel()
    gradient = np.append(Z.T @ by_score + PENALTY * weights, by_score.sum())
    return loss, gradient
