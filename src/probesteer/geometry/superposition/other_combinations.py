"""Is a concept read by a direction learned where another concept has one label alone?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.superposition.combinations import Crossed
from probesteer.probes.estimators.folds import training_folds
from probesteer.probes.solver.batch import fit_logistic_batch
from probesteer.probes.solver.features import SharedFeatures

FloatArray = NDArray[np.float64]

PENALTY = 0.1
"""C of the logistic probes."""


@dataclass(frozen=True, eq=False)
class ReadAcross:
    """Scores of rows by directions that were learned on other groups."""

    seen: FloatArray
    """[n], learned where the other concept has the row's own label."""
    unseen: FloatArray
    """[n], learned where it has the other label: on combinations that aren't the row's."""


def read_across(rows: Crossed, concept: int, seed: int) -> ReadAcross:
    """Logistic probes of a concept, cross-fitted over folds of whole groups.

    Both scores of a row come from the same folds, so that they can be compared row by row. Features
    are scaled over all rows, which knows no labels: a dimension that is quiet on some combinations
    alone would else be stretched, and throw the scores of others far off. Raises UnfittableError
    where groups can't be held out with all four combinations left.
    """
    y, other = rows.labels[:, concept], rows.labels[:, 1 - concept]
    folds = training_folds(rows.combination, rows.groups, seed, "directions of combinations")
    sides = [(fold, side) for fold in folds for side in (0, 1)]
    masks = np.zeros((len(sides), len(y)))
    for mask, (fold, side) in zip(masks, sides, strict=True):
        mask[fold.fit[other[fold.fit] == side]] = 1
    features = SharedFeatures(rows.X)
    fits = fit_logistic_batch(features, np.tile(y, (len(sides), 1)), PENALTY, masks)
    seen, unseen = np.full((2, len(y)), np.nan)
    for scores, (fold, side) in zip(fits.scores(features.X), sides, strict=True):
        own = other[fold.held_out] == side
        seen[fold.held_out[own]] = scores[fold.held_out[own]]
        unseen[fold.held_out[~own]] = scores[fold.held_out[~own]]
    return ReadAcross(seen, unseen)
