"""How much a probe owes to the split: the same again on other splits of the groups."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.places import Place
from probesteer.probes.cross_validation import Fold, best_C, grouped_folds
from probesteer.probes.metrics import METRICS, PROBABILITY_METRICS
from probesteer.probes.plan import Plan
from probesteer.probes.rows import Key, Row, draws_and_summary, measured
from probesteer.probes.solver.batch import fit_logistic_batch
from probesteer.probes.solver.features import SharedFeatures

METHOD = "resplit"


def resplit_folds(plan: Plan) -> list[tuple[NDArray[np.int64], tuple[Fold, ...]]]:
    """Of each other split its training rows, and the folds of these."""
    found = []
    for splits in plan.rows.other_splits:
        train = np.flatnonzero(splits == "train")
        labels, groups = plan.rows.labels[train], plan.rows.groups[train]
        found.append((train, grouped_folds(labels, groups, plan.settings.folds, plan.seed)))
    return found


def resplit_rows(
    X: NDArray[Any],
    plan: Plan,
    place: Place,
    dealt: Sequence[tuple[NDArray[np.int64], tuple[Fold, ...]]],
) -> Iterator[Row]:
    """The test metrics of each other split, C chosen on its own training rows, and their summary.

    dealt: of `resplit_folds`. All folds and penalties of all splits are fitted at once. They share
    the standardisation, which is over all rows and knows no labels.
    """
    if not dealt:
        return
    features, labels = SharedFeatures(X), plan.rows.labels
    grid = sorted(set(plan.settings.C))
    masks, held_out = [], []
    for train, folds in dealt:
        for fold in folds:
            masks.append(_mask(len(labels), train[fold.fit]))
            held_out.append(train[fold.held_out])
    fits = fit_logistic_batch(
        features,
        np.tile(labels, (len(masks) * len(grid), 1)),
        np.tile(grid, len(masks)),
        np.repeat(masks, len(grid), axis=0),
    )
    losses = np.logaddexp(0.0, np.where(labels == 1, -1.0, 1.0) * fits.scores(X))
    by_fold = iter(zip(losses.reshape(len(masks), len(grid), -1), held_out, strict=True))
    penalties = []
    for _, folds in dealt:
        own = [next(by_fold) for _ in folds]
        total = sum(loss[:, rows].sum(axis=1) for loss, rows in own)
        penalties.append(best_C(grid, -total / sum(len(rows) for _, rows in own))[0])
    trained = [_mask(len(labels), train) for train, _ in dealt]
    chosen = fit_logistic_batch(features, np.tile(labels, (len(dealt), 1)), penalties, trained)
    scores, key = chosen.scores(X), Key(place, METHOD, "test")
    draws = []
    for splits, of_split in zip(plan.rows.other_splits, scores, strict=True):
        test = np.flatnonzero(splits == "test")
        metrics = METRICS | PROBABILITY_METRICS
        draws.append(list(measured(key, metrics, labels[test], of_split[test])))
    yield from draws_and_summary(key, draws)


def _mask(n: int, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    mask = np.zeros(n)
    mask[rows] = 1
    return mask
