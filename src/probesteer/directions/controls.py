"""Directions to compare a concept's with: they stand for chance, each for another kind of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.directions.estimators import difference_of_means
from probesteer.directions.spectrum import spectrum_of
from probesteer.directions.training import TrainingRows
from probesteer.probes.controls.shuffled_labels import shuffled_labels


def orthogonal_directions(
    X: NDArray[np.floating[Any]],
    concept: NDArray[np.floating[Any]],
    draws: int,
    seed: Sequence[int],
    share: float = 0.9,
) -> NDArray[np.float64]:
    """Unit vectors that the data vary along and that are orthogonal to a concept: [draws, d].

    X: [n, d]; concept: [d] or [m, d], the directions to keep clear of. The vectors are drawn
    evenly from the part of X's leading principal components (as many as hold `share` of the
    variance, at least one more than there are concepts) that is orthogonal to them. A random
    direction of the whole space lies mostly where no activation ever does; these don't.
    No vectors where the data vary in too few dimensions.
    """
    rows = np.asarray(X, dtype=np.float64)
    found = spectrum_of(rows - rows.mean(axis=0))
    avoided = np.atleast_2d(np.asarray(concept, dtype=np.float64))
    if found.variances.size <= len(avoided):
        return np.zeros((0, rows.shape[1]))
    leading = found.leading(share, at_least=len(avoided) + 1)
    # In the coordinates of the components, v.u = g.(basis' u): what is left when these are gone.
    taken, sizes, _ = np.linalg.svd(leading.T @ avoided.T, full_matrices=False)
    taken = taken[:, sizes > 1e-12 * np.linalg.norm(avoided)]
    drawn = np.random.default_rng(seed).standard_normal((draws, leading.shape[1]))
    vectors = (drawn - (drawn @ taken) @ taken.T) @ leading.T
    unit: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def shuffled_directions(rows: TrainingRows, draws: int, seed: int) -> NDArray[np.float64]:
    """Differences of means for labels that were dealt out anew: [draws, d], not scaled.

    The labels go with the examples, or with whole groups where every group has one label
    (`probes.controls.shuffled_labels`); without groups or examples a row is one of its own.
    """
    own = np.arange(len(rows.y))
    examples = own if rows.examples is None else rows.examples
    groups = examples if rows.groups is None else rows.groups
    splits = np.zeros(len(rows.y), dtype=np.int64)
    return np.stack(
        [
            difference_of_means(
                rows.X, shuffled_labels(rows.y, examples, groups, splits, draw, seed)
            )
            for draw in range(draws)
        ]
    )
