"""The instruments of superposition on planted activations."""

import numpy as np

from probesteer.geometry.calibration import Calibration, about, exactly
from probesteer.geometry.superposition.arithmetic import analogies, parallelogram
from probesteer.geometry.superposition.bounds import welch_bound
from probesteer.geometry.superposition.composition import compose
from probesteer.geometry.superposition.composition_calibrations import calibrate_composition
from probesteer.geometry.superposition.drift import measure_drift
from probesteer.geometry.superposition.interference import (
    cosines,
    measure_interference,
    readout_interference,
    whitened,
)
from probesteer.geometry.superposition.orthogonal import read_orthogonally
from probesteer.geometry.superposition.spectra import separability, spectrum
from probesteer.geometry.toys.planted import (
    correlated_features,
    orthogonal_features,
    simplex_features,
    superposed_features,
)

_ROUNDING = 1e-9


def calibrate_superposition(seed: int) -> tuple[Calibration, ...]:
    """Every instrument of the room where its answer is known."""
    return (
        *_cosines(seed),
        *_readouts(seed),
        *_orthogonal_reading(seed),
        *_arithmetic(seed),
        *_composition(seed),
        *calibrate_composition(seed),
        *_spectra(seed),
        *_drift(seed),
    )


def _cosines(seed: int) -> tuple[Calibration, ...]:
    right = orthogonal_features(10, 16, 8, seed).directions
    simplex = simplex_features(10, 12, seed).directions
    crowd = measure_interference(superposed_features(10, 64, 256, seed).directions, seed, draws=20)
    cloud = np.random.default_rng(seed).standard_normal((50_000, 4)) * [1, 5, 1, 1]
    diagonals = np.array([[1.0, 1, 0, 0], [-1.0, 1, 0, 0]])
    return (
        Calibration(
            "orthogonal features",
            "largest cosine",
            about(0, _ROUNDING, "0, they were planted at right angles"),
            measure_interference(right, seed).largest,
        ),
        Calibration(
            "simplex of 13 features in 12 dimensions",
            "largest cosine",
            about(welch_bound(13, 12), _ROUNDING, "the Welch bound, 1/12"),
            measure_interference(simplex, seed).largest,
        ),
        Calibration(
            "256 random features in 64 dimensions",
            "mean cosine",
            about(crowd.random_mean, 0.003, "that of two random directions, about sqrt(2/(64 pi))"),
            crowd.mean,
        ),
        Calibration(
            "directions (1, 1) and (-1, 1), deviation 5 along the second axis",
            "whitened cosine",
            about((1 / 25 - 1) / (1 / 25 + 1), 0.01, "(1/25 - 1) / (1/25 + 1) = -0.923; raw 0"),
            float(cosines(whitened(diagonals, cloud))[0, 1]),
        ),
    )


def _readouts(seed: int) -> tuple[Calibration, ...]:
    oblique = correlated_features(4_000, 16, 0.6, 0.5, seed)
    written = np.stack(
        [
            oblique.X[label == 1].mean(axis=0) - oblique.X[label == 0].mean(axis=0)
            for label in oblique.labels.T
        ]
    )
    moved = readout_interference(written, written)
    undone = readout_interference(written, np.linalg.pinv(written).T)
    return (
        Calibration(
            "two features at cosine 0.6",
            "read-out interference of difference of means",
            about(0.6, 0.06, "0.6 of a unit, their cosine"),
            float(moved[0, 1]),
        ),
        Calibration(
            "two features at cosine 0.6",
            "read-out interference of dual directions",
            about(0, _ROUNDING, "0: fewer features than dimensions can be read apart"),
            float(np.abs(undone - np.eye(2)).max()),
        ),
    )


def _orthogonal_reading(seed: int) -> tuple[Calibration, ...]:
    right = orthogonal_features(2_000, 16, 6, seed, noise=0.2)
    reading = read_orthogonally(right.directions, [(right.X, y) for y in right.labels.T])
    oblique = correlated_features(2_000, 16, 0.9, 0.5, seed)
    # The two are read apart by their dual directions, whose cosine is -0.9.
    duals = np.linalg.pinv(oblique.directions).T
    turned = read_orthogonally(duals, [(oblique.X, y) for y in oblique.labels.T]).turned
    return (
        Calibration(
            "orthogonal features",
            "loss of an orthogonal basis",
            about(0, _ROUNDING, "0"),
            float(np.abs(reading.loss).max()),
        ),
        Calibration(
            "two features at cosine 0.9",
            "turn to an orthogonal basis, degrees",
            about((np.degrees(np.arccos(-0.9)) - 90) / 2, 1e-6, "half of the way to a right angle"),
            float(turned[0]),
        ),
    )


def _arithmetic(seed: int) -> tuple[Calibration, ...]:
    generator = np.random.default_rng(seed)
    bases = generator.standard_normal((40, 256))
    offset = generator.standard_normal(256)
    offset *= 16 / np.linalg.norm(offset)
    # Offsets of norm 16, with a deviation of 0.5 in each of 256 dimensions, of norm 8.
    noisy = parallelogram(bases, bases + offset + 0.5 * generator.standard_normal((40, 256)), seed)
    exact = analogies(bases, bases + offset)
    unrelated = parallelogram(bases, generator.standard_normal((40, 256)), seed)
    # Starts are near each other, and their ends far away.
    near = 64 * np.eye(256)[0] + bases
    afar = analogies(near, near + 4 * offset)
    return (
        Calibration(
            "pairs with one offset",
            "parallelogram cosine",
            about(256 / (256 + 64), 0.02, "16^2 / (16^2 + 8^2) = 0.8"),
            noisy.cosine,
        ),
        Calibration(
            "pairs with one offset",
            "parallelogram cosine, shuffled",
            about(256 / (256 + 64 + 512), 0.04, "16^2 / (16^2 + 8^2 + 2 x 16^2) = 0.31"),
            noisy.shuffled,
        ),
        Calibration(
            "pairs with one offset", "analogies, top 1", exactly(1, "all of them"), exact.top(1)
        ),
        Calibration(
            "pairs with one offset, ends far from starts",
            "analogies, top 1",
            exactly(1, "all of them"),
            afar.top(1),
        ),
        Calibration(
            "pairs with one offset, ends far from starts",
            "analogies without the offset, top 1",
            exactly(0, "none: the other starts are nearer"),
            afar.top_without_offset(1),
        ),
        Calibration(
            "unrelated pairs",
            "parallelogram cosine less shuffled",
            about(0, 0.02, "0"),
            unrelated.cosine - unrelated.shuffled,
        ),
    )


def _composition(seed: int) -> tuple[Calibration, ...]:
    generator = np.random.default_rng(seed)
    bits = generator.integers(0, 2, (4_000, 2))
    axes = np.eye(8)[:3] * 4
    additive = bits @ axes[:2] + 0.3 * generator.standard_normal((4_000, 8))
    joint = additive + np.outer(bits.prod(axis=1), axes[2])
    sums = compose(additive, bits, unseen=(1, 1))
    more = compose(joint, bits, unseen=(1, 1))
    return (
        Calibration(
            "two concepts that add up",
            "error on an unseen combination, over that of noise",
            about(1, 1, "about 1"),
            sums.error / sums.error_of_noise,
        ),
        Calibration(
            "two concepts with a joint third",
            "error on an unseen combination",
            about(1 / np.sqrt(3), 0.02, "1 / sqrt(3) = 0.577"),
            more.error,
        ),
    )


def _spectra(seed: int) -> tuple[Calibration, ...]:
    generator = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(generator.standard_normal((32, 32)))
    # Corners of a cross: each of five dimensions holds the same variance, the others none.
    flat = spectrum(np.vstack([basis[:5], -basis[:5]]) + 3 * basis[9])
    means = np.repeat([[1.0], [-1.0]], 4_000, axis=0) * basis[0]
    apart = separability(means + generator.standard_normal((8_000, 32)), np.repeat([0, 1], 4_000))
    toy = "five equal dimensions of 32"
    return (
        Calibration(toy, "effective rank", about(5, 1e-6, "5"), flat.effective_rank),
        Calibration(toy, "IsoScore", about(4 / 31, 1e-6, "4/31"), flat.isotropy),
        Calibration(
            toy, "mean cosine", about(8 / 9, 1e-6, "8/9, for their offset of 3"), flat.mean_cosine
        ),
        Calibration(
            "two classes at distance 2 in 32 dimensions",
            "Fisher's ratio",
            about(1 / 32, 0.004, "1/32"),
            apart.fisher,
        ),
        Calibration(
            "constant activations",
            "effective rank",
            exactly(0, "0"),
            spectrum(np.full((9, 4), 0.1)).effective_rank,
        ),
    )


def _drift(seed: int) -> tuple[Calibration, ...]:
    basis, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((16, 16)))
    turn = np.radians(25)
    after = np.stack([np.cos(turn) * basis[0] + np.sin(turn) * basis[5], basis[2], basis[1]])
    drift = measure_drift(basis[:3], after)
    return (
        Calibration(
            "a direction turned by 25 degrees",
            "angle",
            about(25, 1e-6, "25 degrees"),
            float(drift.angle[0]),
        ),
        Calibration(
            "two directions that changed places",
            "sum of the principal angles",
            about(25, 1e-6, "0, 0 and 25 degrees"),
            float(drift.subspace_angles.sum()),
        ),
    )
