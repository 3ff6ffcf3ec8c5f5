"""Train, validation and test, by group: no group ever stands in two of them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.concepts.allocation import allocate, scarce_label
from probesteer.concepts.faults import row_fault, shown
from probesteer.errors import ProbesteerError

SPLITS = ("train", "validation", "test")
_OTHER = "split_"
_MEASURED = ("validation", "test")  # each needs prompts of its own


def assign_splits(
    examples: pd.DataFrame, shares: Mapping[str, float], seed: int, source: Path
) -> pd.Series:
    """The split of every example, by group, each split with every label.

    examples: columns label, group and split, as `read_examples` returns them; the label is that
    which splits are to have in equal parts, from 0 to k - 1. Splits that the
    file gives are used as they are; where they leave out validation, it is taken from train
    groups. Otherwise groups are dealt out by `shares` (of the rows of each label, over train,
    validation and test, sum 1). The result depends on the seed and on the groups, not on the
    order of the rows.

    Raises ProbesteerError, naming `source`, where shares or given splits are not valid or the
    groups are too few.
    """
    _check_shares(shares)
    if examples["split"].notna().any():
        splits = _check_given(examples, SPLITS, ("train", "test"), source)
        if not (splits == "validation").any():
            held_out = splits == "train"
            kept = {name: shares[name] for name in ("train", "validation")}
            splits[held_out] = _deal(examples[held_out], kept, seed, source)
        check_labels(examples["label"], splits, source)
        return splits
    return _deal(examples, {name: shares[name] for name in SPLITS}, seed, source)


def assign_prompt_splits(
    prompts: pd.DataFrame, examples: pd.DataFrame, seed: int, source: Path
) -> pd.Series:
    """The split of every prompt, by group.

    prompts: columns group and split, as `read_prompts` returns them; splits that the file gives
    are used as they are. examples: columns group and split (assigned), of the same concept. A
    prompt whose group stands among the examples has that group's split, so that no prompt of a
    training group counts as held out; of the other prompts, half are validation and half test.

    Raises ProbesteerError, naming `source`, where the given splits are not valid or no prompt
    falls into validation or into test.
    """
    if prompts["split"].notna().any():
        return _check_given(prompts, SPLITS, _MEASURED, source)
    home = dict(zip(examples["group"], examples["split"], strict=True))
    splits = prompts["group"].map(home).astype(object).rename("split")
    own = ~prompts["group"].isin(home.keys())
    splits[own] = _halve(prompts[own], seed)
    for split in _MEASURED:
        if not (splits == split).any():
            raise ProbesteerError(
                f"{source}: no prompt falls into {split}, as a group is never divided and prompts"
                " follow the examples of their group; add prompts of more groups, or give them"
                " groups of their own"
            )
    return splits


def _halve(prompts: pd.DataFrame, seed: int) -> list[str]:
    """Validation or test for every prompt, by group; a single group is test."""
    names, group_of, sizes = np.unique(
        prompts["group"].to_numpy(dtype=object), return_inverse=True, return_counts=True
    )
    if len(names) < len(_MEASURED):
        return ["test"] * len(prompts)
    # a prompt has no label, so it counts for both
    parts = allocate(names.tolist(), np.column_stack([sizes, sizes]), [0.5, 0.5], seed)
    return [_MEASURED[part] for part in parts[group_of]]


def check_folds(examples: pd.DataFrame, folds: int, source: Path) -> None:
    """Check that the training split can be cut by group into `folds` folds with every label.

    examples: columns label, group and split (assigned). Raises ProbesteerError where the training
    split has too few groups.
    """
    fault = _folds_fault(examples[examples["split"] == "train"], folds)
    if fault:
        raise ProbesteerError(f"{source}: {fault}; use fewer folds or add groups")


def with_other_splits(
    examples: pd.DataFrame, shares: Mapping[str, float], seed: int, count: int, folds: int
) -> pd.DataFrame:
    """The examples with columns split_1, split_2 … : up to `count` other ways to deal the groups.

    examples: columns label, group and split (assigned by `assign_splits` with the same seed). A
    way whose training groups can't be cut into `folds` folds is left out.
    """
    _check_shares(shares)
    wanted = {name: shares[name] for name in SPLITS}
    found: list[pd.Series] = []
    for other in range(1, count + 1):
        splits = _deal(examples, wanted, seed + other, Path("examples"))
        if not _folds_fault(examples[splits == "train"], folds):
            found.append(splits)
    columns = {f"{_OTHER}{number}": splits for number, splits in enumerate(found, start=1)}
    return examples.assign(**columns)


def other_splits(examples: pd.DataFrame) -> list[pd.Series]:
    """What `with_other_splits` added."""
    return [examples[column] for column in examples if str(column).startswith(_OTHER)]


def _folds_fault(training: pd.DataFrame, folds: int) -> str | None:
    """Why training examples can't be cut by group into folds with every label; None: they can."""
    names, _, counts = _count_groups(training)
    if len(names) < folds:
        return f"{len(names)} training groups are too few for {folds} folds"
    label = scarce_label(counts, folds)
    if label is None:
        return None
    every = "both labels" if counts.shape[1] == 2 else "every label"
    return (
        f"label {label} stands in {np.count_nonzero(counts[:, label])} training groups, too few "
        f"for {folds} folds with {every}"
    )


def _deal(
    examples: pd.DataFrame, shares: Mapping[str, float], seed: int, source: Path
) -> pd.Series:
    names, group_of, counts = _count_groups(examples)
    splits = tuple(shares)
    label = scarce_label(counts, len(splits))
    if label is not None:
        raise ProbesteerError(
            f"{source}: label {label} stands in {np.count_nonzero(counts[:, label])} of"
            f" {len(names)} groups, but {_enumerated(splits, 'and')} need one each, as a group"
            " is never divided; add groups with this label or use smaller groups"
        )
    total = sum(shares.values())
    try:
        parts = allocate(names, counts, [share / total for share in shares.values()], seed)
    except ValueError as fault:
        raise ProbesteerError(
            f"{source}: no way to deal {len(names)} groups out was found in which"
            f" {_enumerated(splits, 'and')} each have every label; use smaller groups or add some"
        ) from fault
    return _as_splits(examples, splits, parts[group_of])


def _count_groups(
    examples: pd.DataFrame,
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Names of the groups, group of every row [n], rows of each label [groups, k]."""
    names, group_of = np.unique(examples["group"].to_numpy(dtype=object), return_inverse=True)
    labels = examples["label"].to_numpy()
    counts = np.zeros((len(names), max(2, int(labels.max(initial=0)) + 1)), dtype=np.int64)
    np.add.at(counts, (group_of, labels), 1)
    return names.tolist(), group_of, counts


def _as_splits(frame: pd.DataFrame, splits: tuple[str, ...], parts: NDArray[np.int64]) -> pd.Series:
    return pd.Series(np.array(splits, dtype=object)[parts], index=frame.index, name="split")


def _check_shares(shares: Mapping[str, float]) -> None:
    if (
        set(shares) != set(SPLITS)
        or not all(share > 0 for share in shares.values())
        or abs(sum(shares.values()) - 1) > 1e-6
    ):
        raise ProbesteerError(
            f"split shares {dict(shares)} are not valid;"
            " give train, validation and test a share above 0 each, sum 1"
        )


def _check_given(
    frame: pd.DataFrame, known: tuple[str, ...], needed: tuple[str, ...], source: Path
) -> pd.Series:
    """The splits that the file gives, after checking values and groups."""
    choice = _enumerated(known, "or")
    for example, split in zip(frame.index, frame["split"], strict=True):
        if split is None or split != split:
            raise row_fault(
                source, example, f"split is empty; use {choice} in every row, or in none"
            )
        if split not in known:
            raise row_fault(source, example, f"split is {shown(split)}; use {choice}")
    home: dict[str, str] = {}
    for group, split in zip(frame["group"], frame["split"], strict=True):
        if home.setdefault(group, split) != split:
            raise ProbesteerError(
                f"{source}: the group {shown(group)} stands in {home[group]} and in {split};"
                " put all its rows into one split"
            )
    for split in needed:
        if not (frame["split"] == split).any():
            raise ProbesteerError(
                f"{source}: no row has the split {split}; give it rows, or leave out the column"
            )
    return pd.Series(frame["split"].tolist(), index=frame.index, name="split")


def _enumerated(splits: tuple[str, ...], conjunction: str) -> str:
    return f"{', '.join(splits[:-1])} {conjunction} {splits[-1]}"


def check_labels(labels: pd.Series, splits: pd.Series, source: Path) -> None:
    """Raise ProbesteerError, naming `source`, where a split lacks a label, from 0 to the highest.

    labels, splits: [n], of the same index.
    """
    for split in SPLITS:
        for label in range(max(2, int(labels.max()) + 1)):
            if not ((splits == split) & (labels == label)).any():
                raise ProbesteerError(
                    f"{source}: no row of the split {split} has label {label}; add rows"
                )
