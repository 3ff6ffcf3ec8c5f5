"""200 labelled rows at two places, one of which holds the label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.places import Place
from probesteer.probes.evaluation import ProbeResults, evaluate_probes
from probesteer.probes.labelled_rows import LabelledRows
from probesteer.settings.schema import ProbeSettings

EMPTY, PLANTED = Place("resid_pre", 0), Place("resid_post", 0)


def quick(C: Sequence[float] = (0.01, 0.1, 1.0), shuffled_draws: int = 6) -> ProbeSettings:
    return ProbeSettings(
        C=[*C], folds=4, shuffled_draws=shuffled_draws, bootstrap_draws=100, estimators=[]
    )


@dataclass
class Data:
    """200 rows in groups of 4, of which 120 train; the second place holds the label."""

    labels: NDArray[np.int64]
    groups: NDArray[np.object_]
    splits: NDArray[np.object_]
    activations: dict[Place, NDArray[np.float64]]

    def evaluate(self, settings: ProbeSettings | None = None, seed: int = 0) -> ProbeResults:
        return evaluate_probes(
            self.activations.__getitem__,
            list(self.activations),
            self.rows,
            settings or quick(),
            seed,
        )

    @property
    def rows(self) -> LabelledRows:
        return LabelledRows(self.labels, self.groups, self.splits, np.arange(len(self.labels)))


def planted_data() -> Data:
    """Twelve features of noise, one of which carries the label at the second place."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 200)
    group = np.arange(200) // 4
    names = np.array(["train", "train", "train", "validation", "test"], dtype=object)
    noise = generator.standard_normal((2, 200, 12))
    planted = noise[1] + 2.5 * np.outer(labels, np.eye(12)[3])
    return Data(
        labels=labels,
        groups=np.array([f"g{number}" for number in group], dtype=object),
        splits=names[group % 5],
        activations={EMPTY: noise[0], PLANTED: planted},
    )


def pick(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    kept = table
    for column, value in values.items():
        kept = kept[kept[column] == value]
    return kept
