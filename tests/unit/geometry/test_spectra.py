"""Ranks, isotropy, separability and drift where they are known or summed naively."""

import numpy as np
import pytest

from probesteer.geometry.superposition.drift import measure_drift
from probesteer.geometry.superposition.spectra import separability, spectrum

RNG = np.random.default_rng(0)
BASIS, _ = np.linalg.qr(RNG.standard_normal((12, 12)))


def test_a_ball_has_all_its_dimensions_and_a_line_one() -> None:
    ball = spectrum(RNG.standard_normal((200_000, 6)))
    assert ball.effective_rank == pytest.approx(6, abs=0.01)
    assert ball.participation_ratio == pytest.approx(6, abs=0.01)
    assert ball.isotropy == pytest.approx(1, abs=0.01)
    assert ball.mean_cosine == pytest.approx(0, abs=0.001)
    line = spectrum(np.outer(RNG.standard_normal(50), BASIS[0]) + 7)
    assert line.effective_rank == pytest.approx(1, abs=1e-6)
    assert line.isotropy == pytest.approx(0, abs=1e-6)


def test_a_spectrum_is_as_its_formulas_say() -> None:
    X = RNG.standard_normal((40, 5)) * [5, 3, 1, 1, 0.2]
    singular = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    shares, found = singular / singular.sum(), spectrum(X)
    assert found.effective_rank == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))
    singular = np.linalg.svd(X, compute_uv=False)
    shares = singular / singular.sum()
    assert found.rank_about_origin == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))
    # IsoScore as in its paper: distance of the normalised variances from those of a ball.
    variances = np.var(X @ np.linalg.svd(X - X.mean(axis=0))[2].T, axis=0, ddof=1)
    normalised = np.sqrt(5) * variances / np.linalg.norm(variances)
    defect = np.linalg.norm(normalised - 1) / np.sqrt(2 * (5 - np.sqrt(5)))
    dimensions = (5 - defect**2 * (5 - np.sqrt(5))) ** 2 / 5
    assert found.isotropy == pytest.approx((dimensions - 1) / 4)
    units = X / np.linalg.norm(X, axis=1, keepdims=True)
    pairs = (units @ units.T)[np.triu_indices(40, 1)]
    assert found.mean_cosine == pytest.approx(pairs.mean())


def test_scale_and_rotation_change_no_spectrum() -> None:
    X = RNG.standard_normal((30, 12)) * np.arange(1, 13)
    one, other = spectrum(X), spectrum(1e-4 * X @ BASIS)
    for name in (
        "effective_rank",
        "rank_about_origin",
        "participation_ratio",
        "isotropy",
        "mean_cosine",
    ):
        assert getattr(one, name) == pytest.approx(getattr(other, name))


def test_collapsed_activations_have_no_rank() -> None:
    collapsed = spectrum(np.tile(RNG.standard_normal(6) * 1e3, (50, 1)))
    assert collapsed.effective_rank == 0
    assert collapsed.rank_about_origin == pytest.approx(1)
    assert collapsed.isotropy == 0
    assert collapsed.mean_cosine == pytest.approx(1)


def test_separability_is_a_sum_over_classes() -> None:
    labels = np.array(["a"] * 7 + ["b"] * 5 + ["c"] * 9)
    X = RNG.standard_normal((21, 4)) + (labels == "b")[:, None] * 2
    within = sum(
        ((X[labels == name] - X[labels == name].mean(axis=0)) ** 2).sum() for name in "abc"
    )
    between = ((X - X.mean(axis=0)) ** 2).sum() - within
    correct = 0
    for i in range(21):
        others = np.arange(21) != i
        means = [X[others & (labels == name)].mean(axis=0) for name in "abc"]
        correct += (
            "abc"[int(np.argmin([((X[i] - mean) ** 2).sum() for mean in means]))] == labels[i]
        )
    found = separability(X, labels)
    assert found.fisher == pytest.approx(between / within)
    assert found.between_share == pytest.approx(between / (between + within))
    assert found.nearest_mean == correct / 21


def test_separability_needs_two_classes_of_two() -> None:
    for labels in ([0, 0, 0], [0, 0, 1]):
        with pytest.raises(ValueError, match="two classes of two"):
            separability(RNG.standard_normal((3, 2)), np.array(labels))


def test_directions_that_stay_do_not_drift() -> None:
    drift = measure_drift(BASIS[:4], 3 * BASIS[:4])
    np.testing.assert_allclose(drift.angle, 0, atol=1e-6)
    np.testing.assert_allclose(drift.subspace_angles, 0, atol=1e-6)
    assert drift.angle.shape == (4,)


def test_a_rotated_space_keeps_relations_and_not_directions() -> None:
    before = RNG.standard_normal((6, 12))
    rotation, _ = np.linalg.qr(RNG.standard_normal((12, 12)))
    drift = measure_drift(before, before @ rotation)
    np.testing.assert_allclose(drift.after_rotation, 1)
    assert drift.cosine_of_cosines == pytest.approx(1)
    assert np.abs(drift.cosine).mean() < 0.6
    unrelated = measure_drift(before, RNG.standard_normal((6, 12)))
    assert abs(unrelated.cosine_of_cosines) < 0.7
    assert unrelated.after_rotation.mean() < 0.97


def test_a_direction_that_turned_round_is_told() -> None:
    drift = measure_drift(BASIS[:1], -BASIS[:1])
    assert drift.cosine.tolist() == [-1]
    assert drift.angle.tolist() == pytest.approx([180])
    assert np.isnan(drift.cosine_of_cosines)


def test_principal_angles_are_those_of_scipy() -> None:
    from scipy.linalg import subspace_angles

    before, after = RNG.standard_normal((2, 3, 12))
    after[2] = after[0] + after[1]  # a plane
    expected = np.degrees(subspace_angles(before.T, after[:2].T))[::-1]
    np.testing.assert_allclose(measure_drift(before, after).subspace_angles, expected)


def test_sets_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="can't be compared"):
        measure_drift(BASIS[:2], BASIS[:3])
    with pytest.raises(ValueError, match="direction 1 is zero"):
        measure_drift(BASIS[:2], BASIS[:2] * np.array([[1], [0]]))
