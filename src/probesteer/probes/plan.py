"""What the probes of all places share, so that places differ by their activations alone."""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.checks import require_both_labels
from probesteer.probes.controls import shuffled_labels
from probesteer.probes.cross_validation import Fold, grouped_folds
from probesteer.probes.intervals import GroupResamples, group_resamples
from probesteer.probes.labelled_rows import LabelledRows
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
    null_labels: NDArray[np.int64]
    """[draws, n]"""

    @property
    def train_labels(self) -> NDArray[np.int64]:
        """Labels of the training rows."""
        return self.rows.labels[self.train]


def make_plan(rows: LabelledRows, settings: ProbeSettings, seed: int, null: bool = True) -> Plan:
    """The plan of all places; null: whether labels are shuffled.

    Raises ProbesteerError where the training rows lack a label or can't be cut into the folds.
    """
    train = np.flatnonzero(rows.splits == "train")
    require_both_labels(rows.labels[train], "train split")
    evaluated = {split: np.flatnonzero(rows.splits == split) for split in EVALUATED_SPLITS}
    draws = settings.shuffled_draws if null else 0
    null_labels = [
        shuffled_labels(rows.labels, rows.examples, rows.groups, rows.splits, draw, seed)
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
        grouped_folds(rows.labels[train], rows.groups[train], settings.folds, seed),
        np.array(null_labels, dtype=np.int64).reshape(draws, len(rows.labels)),
    )
