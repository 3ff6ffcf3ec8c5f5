"""How much a probe owes to the split: the same again on other splits of the groups."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.cross_validation import Fold, best_C
from probesteer.probes.plan import Plan
from probesteer.probes.rows import Key, Row, draws_and_summary, measured
from probesteer.probes.solver.features import SharedFeatures

METHOD = "resplit"

_log = logging.getLogger(__name__)


class OtherSplit(NamedTuple):
    """Another way to deal out the groups."""

    train: NDArray[np.int64]
    """Indices of its training rows; so for test."""
    test: NDArray[np.int64]
    folds: tuple[Fold, ...]
    """Of the training rows."""


def resplit_folds(plan: Plan) -> list[OtherSplit]:
    """The other splits; one whose training rows can't be cut into folds is left out and logged."""
    found = []
    for number, splits in enumerate(plan.rows.other_splits, start=1):
        train, test = (np.flatnonzero(splits == split) for split in ("train", "test"))
        try:
            found.append(OtherSplit(train, test, plan.folds_of(train)))
        except ProbesteerError as fault:
            _log.info("other split %d is left out: %s", number, fault)
    return found


def resplit_rows(
    X: NDArray[Any],
    plan: Plan,
    place: Place,
    dealt: Sequence[OtherSplit],
) -> Iterator[Row]:
    """The test metrics of each other split, C chosen on its own training rows, and their summary.

    dealt: of `resplit_folds`. All folds and penalties of all splits are fitted at once. They share
    the standardisation, which is over all rows and knows no labels.
    """
    if not dealt:
        return
    features = SharedFeatures(X, device=plan.settings.device)
    task, targets = plan.task, plan.rows.targets
    grid = sorted(set(plan.settings.C))
    masks, held_out = [], []
    for split in dealt:
        for fold in split.folds:
            masks.append(_mask(len(targets), split.train[fold.fit]))
            held_out.append(split.train[fold.held_out])
    fits = task.fit(
        features,
        np.tile(targets, (len(masks) * len(grid), 1)),
        np.tile(grid, len(masks)),
        np.repeat(masks, len(grid), axis=0),
    )
    losses = task.losses(targets, fits.scores(X))
    by_fold = iter(zip(losses.reshape(len(masks), len(grid), -1), held_out, strict=True))
    penalties = []
    for split in dealt:
        own = [next(by_fold) for _ in split.folds]
        total = np.sum([loss[:, rows].sum(axis=1) for loss, rows in own], axis=0)
        mean = total / sum(len(rows) for _, rows in own)
        penalties.append(best_C(grid, task.log_likelihood(mean))[0])
    trained = [_mask(len(targets), split.train) for split in dealt]
    chosen = task.fit(features, np.tile(targets, (len(dealt), 1)), penalties, trained)
    scores, key = chosen.scores(X), Key(place, METHOD, "test")
    draws = []
    for split, of_split in zip(dealt, scores, strict=True):
        test = split.test
        draws.append(list(measured(key, task.all_metrics, targets[test], of_split[test])))
    yield from draws_and_summary(key, draws)


def _mask(n: int, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    mask = np.zeros(n)
    mask[rows] = 1
    return mask
