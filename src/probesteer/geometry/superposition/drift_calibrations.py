"""The instruments of drift on two synthetic models, between which a direction was turned."""

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.calibration import Calibration, about, at_least
from probesteer.geometry.superposition.drift_rows import TwoModels, reading_rows
from probesteer.geometry.superposition.halves import HALVINGS
from probesteer.geometry.superposition.slope_rows import share_of
from probesteer.probes.logistic import fit_logistic

TURN = 40
"""Degrees."""

ANGLE = "angle of directions net of the choice of examples"
READING = "accuracy lost by a turned probe"
SHARE = "share of the own slope"

_EXAMPLES, _WIDTH, _GAP, _OF_A_GROUP = 2400, 24, 3.0, 4


def calibrate_drift(seed: int) -> tuple[Calibration, ...]:
    """Angles, reading and pushes, turned and not turned."""
    turned, still = two_models(TURN, seed), two_models(0, seed)
    rows = []
    for method in ("difference_of_means", "logistic"):
        for pair, toy, expected in (
            (turned, f"a concept turned by {TURN} degrees", TURN),
            (still, "a concept that stayed, other noise", 0),
        ):
            halves = pair.halves(HALVINGS, seed)[method]
            measured = float("nan") if halves is None else halves.angle
            truth = about(expected, 16, f"{expected} degrees")
            rows.append(Calibration(f"{toy}, {method}", ANGLE, truth, measured))
    across = two_models(90, seed)
    lost = {name: _lost(pair, seed) for name, pair in (("still", still), ("across", across))}
    push = np.random.default_rng(seed).normal(1, 0.2, 80)
    kept = np.cos(np.radians(TURN))
    share, _, _ = share_of(kept * push, push, np.arange(80), 100, seed)
    return (
        *rows,
        Calibration(
            "a concept that stayed, other noise",
            READING,
            about(0, 0.06, "0"),
            lost["still"],
        ),
        Calibration(
            "a concept turned to a right angle",
            READING,
            at_least(0.3, "what the own probe reads beyond chance, 0.43"),
            lost["across"],
        ),
        Calibration(
            f"a linear read-out pushed {TURN} degrees beside",
            SHARE,
            about(float(kept), 1e-9, f"the cosine of {TURN} degrees"),
            share,
        ),
    )


def two_models(turn: float, seed: int) -> TwoModels:
    """The same examples in two models; the concept is written along a direction that is turned by
    `turn` degrees in the second, and the noise of each is its own."""
    generator = np.random.default_rng([seed, 1])
    basis, _ = np.linalg.qr(generator.standard_normal((_WIDTH, 2)))
    angle = np.radians(turn)
    after = np.cos(angle) * basis[:, 0] + np.sin(angle) * basis[:, 1]
    labels = np.tile([0, 1], _EXAMPLES // 2)
    groups = np.repeat(np.arange(_EXAMPLES // _OF_A_GROUP), _OF_A_GROUP)
    splits = np.where(groups % 3 < 2, "train", "test")

    def written(direction: NDArray[np.float64]) -> NDArray[np.float64]:
        noise = generator.standard_normal((_EXAMPLES, _WIDTH))
        rows: NDArray[np.float64] = noise + _GAP * np.outer(labels - 0.5, direction)
        return rows

    first, other = written(basis[:, 0]), written(after)
    probe = fit_logistic(first[splits == "train"], labels[splits == "train"], 0.1)
    return TwoModels(first, other, labels, groups, splits, probe)


def _lost(pair: TwoModels, seed: int) -> float:
    rows = reading_rows(pair, pair.directions(), 1, 0, seed)
    (lost,) = (row[3] for row in rows if row[:3] == ("logistic", "lost", "accuracy"))
    assert isinstance(lost, float)
    return lost
