"""Other ways to deal out the groups, on which probes are fitted and tested again."""

from pathlib import Path

import numpy as np
import pandas as pd
from pandas.testing import assert_series_equal

from probesteer.concepts.splits import assign_splits, other_splits, with_other_splits

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
SOURCE = Path("a.csv")


def frame(groups: list[str], labels: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"group": groups, "label": labels, "split": None})


def random_examples(seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return frame(
        [f"g{number}" for number in generator.integers(0, 40, 400)],
        generator.integers(0, 2, 400).tolist(),
    )


def test_other_splits_deal_the_same_groups_out_anew() -> None:
    examples = random_examples(0)
    examples = examples.assign(split=assign_splits(examples, SHARES, 3, SOURCE))
    dealt = with_other_splits(examples, SHARES, 3, 4, folds=5)
    assert [name for name in dealt if name not in examples] == [f"split_{n}" for n in (1, 2, 3, 4)]
    every = [examples["split"], *other_splits(dealt)]
    for number, splits in enumerate(every):
        assert (
            examples.assign(dealt=splits)[["group", "dealt"]].drop_duplicates()["group"].is_unique
        )
        assert all(not splits.equals(other) for other in every[:number])
        assert_series_equal(
            splits, assign_splits(examples.assign(split=None), SHARES, 3 + number, SOURCE),
            check_names=False,
        )  # fmt: skip


def test_splits_that_leave_too_few_groups_to_train_on_are_no_other_splits() -> None:
    examples = frame([f"g{row // 2}" for row in range(12)], [0, 1] * 6)
    examples = examples.assign(split=assign_splits(examples, SHARES, 0, SOURCE))
    assert len(other_splits(with_other_splits(examples, SHARES, 0, 3, folds=2))) == 3
    assert not other_splits(with_other_splits(examples, SHARES, 0, 3, folds=6))
