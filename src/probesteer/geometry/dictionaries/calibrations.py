"""Dictionaries of activations in which more features than dimensions were planted."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from probesteer.directions.random import random_directions
from probesteer.geometry.calibration import Calibration, about, at_least, at_most, exactly
from probesteer.geometry.dictionaries.autoencoder import (
    KINDS,
    AutoencoderSettings,
    fit_autoencoder,
)
from probesteer.geometry.dictionaries.dictionary import Dictionary, FloatArray, Rows
from probesteer.geometry.dictionaries.quality import (
    LabelledRows,
    measure_quality,
    read_by_single_atoms,
    recovered,
)
from probesteer.geometry.dictionaries.sparse_coding import SparseCodingSettings, fit_sparse_coding
from probesteer.geometry.toys.planted import PlantedActivations, superposed_features

_FEATURES, _WIDTH, _ACTIVE = 32, 16, 0.05
_TRAIN = 4_000

METHODS = ("sparse_coding", *KINDS)
"""Kinds of dictionaries, by the names that settings and tables give them."""
BY_HAND = "random directions"
"""The toy of what is asked of any dictionary."""


def toy_of(method: str) -> str:
    """The toy on which a kind of dictionary is tried."""
    return "sparse coding" if method == "sparse_coding" else f"autoencoder, {method}"


@dataclass(frozen=True, eq=False)
class _Untrained:
    """As many random directions, read as dictionaries are: what no learning gives."""

    atoms: FloatArray
    offset: FloatArray
    bias: FloatArray | float = 0.0

    def encode(self, X: Rows) -> FloatArray:
        codes: FloatArray = np.maximum((np.asarray(X) - self.offset) @ self.atoms.T + self.bias, 0)
        return codes


def calibrate_dictionaries(seed: int, steps: int = 2_500) -> tuple[Calibration, ...]:
    """Every kind of dictionary on 32 features in 16 dimensions, each active in 1 of 20 examples."""
    planted = superposed_features(_TRAIN + 2_000, _WIDTH, _FEATURES, seed, _ACTIVE)
    X = planted.X[:_TRAIN]
    coding = SparseCodingSettings(atoms=_FEATURES, penalty=0.1)
    fits: dict[str, Callable[[], Dictionary]] = {
        toy_of("sparse_coding"): lambda: fit_sparse_coding(X, coding, seed)
    }
    for kind in KINDS:
        settings = AutoencoderSettings(kind=kind, atoms=_FEATURES, active=3, steps=steps)
        fits[toy_of(kind)] = lambda settings=settings: fit_autoencoder(X, settings, seed)  # type: ignore[misc]
    found = [each for name, fit in fits.items() for each in _measured(name, fit(), planted, seed)]
    drawn = random_directions(_WIDTH, _FEATURES, seed + 1)
    return (*found, *_by_hand(_Untrained(drawn, X.mean(axis=0)), planted, seed))


def _by_hand(
    untrained: _Untrained, planted: PlantedActivations, seed: int
) -> tuple[Calibration, ...]:
    """What is known of atoms that nothing was learned for."""
    told = "clearly below a dictionary's"
    nearest = float(recovered(untrained, planted.directions).mean())
    # So far off that nothing reaches the first quarter of the atoms.
    far = np.where(np.arange(_FEATURES) < _FEATURES // 4, -1e6, 0.0)
    labels = np.random.default_rng([seed, 1]).integers(0, 2, len(planted.X))
    by_lot = read_by_single_atoms(
        untrained,
        LabelledRows(planted.X[:_TRAIN], labels[:_TRAIN]),
        LabelledRows(planted.X[_TRAIN:], labels[_TRAIN:]),
        seed,
    )
    return (
        Calibration(BY_HAND, "cosine", at_most(0.75, told), nearest),
        Calibration(
            BY_HAND,
            "dead atoms",
            exactly(0.25, "a quarter, set so that nothing reaches them"),
            measure_quality(_Untrained(untrained.atoms, untrained.offset, far), planted.X).dead,
        ),
        Calibration(
            BY_HAND,
            "AUROC of a label by lot by one atom",
            about(0.5, 0.06, "1/2, though the atom was chosen"),
            by_lot.area,
        ),
    )


def _measured(
    name: str, dictionary: Dictionary, planted: PlantedActivations, seed: int
) -> tuple[Calibration, ...]:
    test, labels = planted.X[_TRAIN:], planted.labels
    quality = measure_quality(dictionary, test)
    areas = [
        read_by_single_atoms(
            dictionary,
            LabelledRows(planted.X[:_TRAIN], labels[:_TRAIN, feature]),
            LabelledRows(test, labels[_TRAIN:, feature]),
            seed,
        ).area
        for feature in range(0, _FEATURES, 4)
    ]
    return (
        Calibration(
            name,
            "cosine of a planted feature with the nearest atom",
            at_least(0.9, "near 1"),
            float(recovered(dictionary, planted.directions).mean()),
        ),
        Calibration(
            name,
            "codes that are not 0",
            about(_FEATURES * _ACTIVE, 2.5, f"about {_FEATURES * _ACTIVE:g}, some more or fewer"),
            quality.l0,
        ),
        Calibration(
            name,
            "variance not rebuilt",
            at_most(0.25, "little"),
            quality.unexplained,
        ),
        Calibration(
            name, "AUROC of a feature by one atom", at_least(0.9, "near 1"), float(np.mean(areas))
        ),
    )
