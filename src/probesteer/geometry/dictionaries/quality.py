"""How good a dictionary is: what it rebuilds, how sparsely, and what single atoms read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.random import random_directions
from probesteer.geometry.dictionaries.dictionary import Dictionary, FloatArray, Rows, rebuild
from probesteer.geometry.neurons.selectivity import neuron_auroc
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics.two_labels import auroc


@dataclass(frozen=True)
class DictionaryQuality:
    """On activations that the dictionary was not fitted to."""

    unexplained: float
    """Share of the variance that is not rebuilt; 0 is perfect, 1 no better than the mean."""
    l0: float
    """Mean number of codes of an activation that are not 0."""
    dead: float
    """Share of the atoms that are never active on these activations."""
    atoms: int


@dataclass(frozen=True)
class SingleAtom:
    """How well the best atom reads a concept: chosen on training rows, AUROC on test rows."""

    atom: int
    """The atom, chosen by its AUROC on the training rows, either way round."""
    area: float
    """AUROC of its codes."""
    random: float
    """AUROC of the best of as many random directions, chosen in the same way."""
    probe: float
    """AUROC of a probe of the whole activation."""


@dataclass(frozen=True)
class LabelledRows:
    """Activations and labels of one concept."""

    X: Rows
    """[n, d]."""
    labels: NDArray[np.int64]
    """[n] in {0, 1}."""


def measure_quality(dictionary: Dictionary, X: Rows) -> DictionaryQuality:
    """Of a dictionary on X: [n, d]."""
    rows, codes = np.asarray(X, dtype=np.float64), dictionary.encode(X)
    left = ((rows - rebuild(dictionary, codes)) ** 2).sum()
    whole = ((rows - rows.mean(axis=0)) ** 2).sum()
    active = codes != 0
    return DictionaryQuality(
        unexplained=float(left / whole) if whole > 0 else float("nan"),
        l0=float(active.sum(axis=1).mean()),
        dead=float(np.mean(~active.any(axis=0))),
        atoms=len(dictionary.atoms),
    )


def read_by_single_atoms(
    dictionary: Dictionary, train: LabelledRows, test: LabelledRows, seed: int, C: float = 1.0
) -> SingleAtom:
    """Read one concept by the atom that reads it best; C: of the probe it is compared with."""
    atom, scores = best_unit(dictionary.encode(train.X), train.labels, dictionary.encode(test.X))
    area = float(auroc(test.labels, scores))
    drawn = random_directions(train.X.shape[1], len(dictionary.atoms), seed).T
    _, scores = best_unit(
        np.asarray(train.X, dtype=np.float64) @ drawn,
        train.labels,
        np.asarray(test.X, dtype=np.float64) @ drawn,
    )
    random = float(auroc(test.labels, scores))
    probe = fit_logistic(train.X, train.labels, C)
    scores = np.asarray(test.X, dtype=np.float64) @ probe.coefficient + probe.intercept
    return SingleAtom(atom, area, random, float(auroc(test.labels, scores)))


def best_unit(
    chosen_on: FloatArray, labels: NDArray[np.int64], read: FloatArray
) -> tuple[int, FloatArray]:
    """The unit that reads labels: [n] best, either way round, and what it gives for other rows.

    chosen_on: [n, units], read: [m, units]; scores [m] are higher where the label is likely 1.
    """
    areas = neuron_auroc(chosen_on, labels[:, None])[0]
    best = int(np.abs(areas - 0.5).argmax())
    sign = 1 if areas[best] >= 0.5 else -1
    return best, sign * np.asarray(read[:, best], dtype=np.float64)


def recovered(dictionary: Dictionary, directions: Rows) -> FloatArray:
    """Cosine of each true direction [k, d] with the atom nearest to it: [k].

    Its mean is the mean max cosine similarity of Sharkey et al. 2022.
    """
    true = np.asarray(directions, dtype=np.float64)
    units = true / np.linalg.norm(true, axis=1, keepdims=True)
    nearest: FloatArray = (units @ dictionary.atoms.T).max(axis=1)
    return nearest
