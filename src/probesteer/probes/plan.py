"""What the probes of all places share, so that places differ by their activations alone."""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.checks import require_both_labels
from probesteer.probes.controls.shuffled_labels import shuffled_labels
from probesteer.probes.cross_validation import Fold, grouped_folds
from probesteer.probes.labelled_rows import LabelledRows
from probesteer.probes.metrics.intervals import GroupResamples, group_resamples
from probesteer.probes.tasks import BINARY, Task
from probesteer.settings.schema import ProbeSettings

EVALUATED_SPLITS = ("validation", "test")


@dataclass(frozen=True, eq=False)
class Plan:
    """Splits, folds, shuffled labels and bootstrap draws, made once."""

    rows: LabelledRows
    settings: ProbeSettings
    seed: int
    train: NDArray[np.int64]
    """Indices of the training rows; so for the other splits."""
    evaluated: dict[str, NDArray[np.int64]]
    resamples: dict[str, GroupResamples]
    folds: tuple[Fold, ...]
    """Of the training rows."""
    null_labels: NDArray[Any]
    """[draws, n], targets that are shuffled."""
    task: Task = BINARY

    @property
    def train_labels(self) -> NDArray[np.int64]:
        """Labels of the training rows."""
        return self.rows.labels[self.train]

    @property
    def train_targets(self) -> NDArray[Any]:
        """Targets of the training rows."""
        return self.rows.targets[self.train]

    def folds_of(self, train: NDArray[np.int64]) -> tuple[Fold, ...]:
        """The folds of any training rows, all with every class or with both sides."""
        return _folds(self.rows, train, self.settings, self.seed, self.task)


def _folds(
    rows: LabelledRows,
    train: NDArray[np.int64],
    settings: ProbeSettings,
    seed: int,
    task: Task,
) -> tuple[Fold, ...]:
    classes = rows.targets if task.classes else rows.labels
    return grouped_folds(classes[train], rows.groups[train], settings.folds, seed)


def make_plan(
    rows: LabelledRows,
    settings: ProbeSettings,
    seed: int,
    null: bool = True,
    task: Task = BINARY,
) -> Plan:
    """The plan of all places; null: whether labels are shuffled.

    Raises ProbesteerError where the training rows lack a label or can't be cut into the folds.
    """
    train = np.flatnonzero(rows.splits == "train")
    require_both_labels(rows.labels[train], "train split")
    evaluated = {split: np.flatnonzero(rows.splits == split) for split in EVALUATED_SPLITS}
    draws = settings.shuffled_draws if null else 0
    null_labels = [
        shuffled_labels(rows.targets, rows.examples, rows.groups, rows.splits, draw, seed)
        for draw in range(draws)
    ]
    return Plan(
        rows,
        settings,
        seed,
        train,
        evaluated,
        {
            split: group_resamples(
                rows.groups[chosen], settings.bootstrap_draws, [seed, zlib.crc32(split.encode())]
            )
            for split, chosen in evaluated.items()
        },
        _folds(rows, train, settings, seed, task),
        np.array(null_labels, dtype=rows.targets.dtype).reshape(draws, len(rows.labels)),
        task,
    )
