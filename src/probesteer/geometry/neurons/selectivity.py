"""How well single neurons read concepts, and how many each of them reads."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from probesteer.directions.random import random_directions

FloatArray = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]

# Ranks are float64: 4 million of them are 32 MB.
_RANKS_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class ConceptCounts:
    """How many of k concepts each unit reads, for neurons and for what they are compared with."""

    neurons: NDArray[np.int64]
    """[u]."""
    random_directions: NDArray[np.int64]
    """[draws, u], as many random directions of the same space (Szegedy et al. 2014, arXiv
    1312.6199, section 3)."""
    rotations: NDArray[np.int64]
    """[draws, u], the units of a randomly rotated basis: directions at right angles, as neurons
    are, so that they share out the variance in the same way."""
    shuffled: NDArray[np.int64]
    """[draws, u], neurons with the rows of the labels shuffled: what comes by chance alone."""

    def share(self, counts: NDArray[np.int64], at_least: int) -> float:
        """Share of the units, over all draws, that read `at_least` so many concepts.

        Two or more is polysemantic.
        """
        return float(np.mean(counts >= at_least))


def neuron_auroc(X: Rows, labels: NDArray[np.int64]) -> FloatArray:
    """AUROC of every concept as read by every neuron alone: [k, u].

    X: [n, u]; labels: [n, k] in {0, 1}. Above 0.5 the neuron is higher where the label is 1; ties
    count half. From rank sums (Mann & Whitney 1947), all neurons at once. NaN for a concept that
    lacks a label.
    """
    n, units = X.shape
    positive = labels.astype(np.float64)
    of_label_1 = positive.sum(axis=0)
    pairs = of_label_1 * (n - of_label_1)
    area = np.empty((labels.shape[1], units))
    width = max(1, _RANKS_AT_ONCE // max(1, n))
    for start in range(0, units, width):
        part = slice(start, start + width)
        ranks = rankdata(np.asarray(X[:, part]), axis=0)
        won = positive.T @ ranks - (of_label_1 * (of_label_1 + 1) / 2)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            area[:, part] = np.where(pairs[:, None] > 0, won / pairs[:, None], np.nan)
    return area


def concepts_read(area: FloatArray, threshold: float) -> NDArray[np.int64]:
    """How many concepts each unit reads with an AUROC of `threshold` or more, either way round.

    area: [k, u]; [u].
    """
    # A difference of AUROCs is exact to rounding only.
    reads = np.abs(area - 0.5) >= threshold - 0.5 - 1e-12
    counts: NDArray[np.int64] = reads.sum(axis=0)
    return counts


def count_concepts(
    X: Rows, labels: NDArray[np.int64], threshold: float, seed: int, draws: int = 5
) -> ConceptCounts:
    """Concepts per neuron of X: [n, u], labels: [n, k], and per unit of the controls."""
    rows = np.asarray(X, dtype=np.float64)
    units = rows.shape[1]
    generator = np.random.default_rng([seed, 1])

    def counted(columns: FloatArray, of: NDArray[np.int64]) -> NDArray[np.int64]:
        return concepts_read(neuron_auroc(columns, of), threshold)

    drawn = [random_directions(units, units, [seed, draw]) for draw in range(draws)]
    return ConceptCounts(
        neurons=counted(rows, labels),
        random_directions=np.stack([counted(rows @ each.T, labels) for each in drawn]),
        rotations=np.stack(
            [counted(rows @ random_rotation(units, generator), labels) for _ in range(draws)]
        ),
        shuffled=np.stack(
            [counted(rows, labels[generator.permutation(len(rows))]) for _ in range(draws)]
        ),
    )


def random_rotation(d: int, generator: np.random.Generator) -> FloatArray:
    """A rotation or reflection drawn evenly (Haar) from all: [d, d] (Mezzadri 2007)."""
    basis, upper = np.linalg.qr(generator.standard_normal((d, d)))
    rotation: FloatArray = basis * np.sign(np.diag(upper))
    return rotation
