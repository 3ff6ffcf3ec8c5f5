"""The texts that two concepts have in common, with the labels of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.geometry.superposition.combinations import COMBINATIONS, joined

FEWEST = 5
"""Texts of each combination of labels, of which two concepts are composed."""

_READ = ["text", "tokens", "token"]


@dataclass(frozen=True, eq=False)
class SharedTexts:
    """Rows of one concept's activations whose texts are read for another concept, too."""

    concept: str
    other: str
    rows: NDArray[np.int64]
    """[n], of the concept's activations."""
    labels: NDArray[np.int64]
    """[n, 2], of the concept and of the other."""
    groups: NDArray[np.int64]
    """[n], from 0; what shares a group for either concept."""

    @property
    def fewest(self) -> int:
        """Rows of the rarest combination of labels."""
        return int(min((self.labels == each).all(axis=1).sum() for each in COMBINATIONS))


def shared_texts(
    named: Sequence[Sequence[str]] | None, rows: Sequence[tuple[str, pd.DataFrame]]
) -> list[SharedTexts]:
    """What every two concepts share, in the order of `named` or, where that is None, of `rows`.

    rows: by concept, what its activations were read from: text, tokens (whatever tells apart two
    readings of one text, such as its token ids), token (the position), label and group; `named` is
    of these concepts. A text that a concept reads twice at one token counts once. Two that share
    fewer than `FEWEST` texts of a combination are left out, unless `named` has them: then
    ProbesteerError, as they can't be composed.
    """
    by_name = dict(rows)
    pairs = list(combinations(by_name, 2)) if named is None else [(a, b) for a, b in named]
    found = []
    for one, other in pairs:
        shared = _shared(one, by_name[one], other, by_name[other])
        if shared.fewest >= FEWEST:
            found.append(shared)
        elif named is not None:
            raise ProbesteerError(_refusal(shared))
    return found


def _shared(one: str, of_one: pd.DataFrame, other: str, of_other: pd.DataFrame) -> SharedTexts:
    first, second = (
        each.reset_index(drop=True).rename_axis("row").reset_index().drop_duplicates(_READ)
        for each in (of_one, of_other)
    )
    both = first.merge(second, on=_READ, suffixes=("", "_of_other"))
    labels = both[["label", "label_of_other"]].to_numpy(dtype=np.int64)
    return SharedTexts(
        one,
        other,
        both["row"].to_numpy(dtype=np.int64),
        labels,
        joined(both["group"].to_numpy(), both["group_of_other"].to_numpy()),
    )


def _refusal(shared: SharedTexts) -> str:
    pair = f"config: geometry.compositions: {shared.concept} and {shared.other}"
    remedy = "give both the same texts and position, or leave the pair out"
    if not len(shared.rows):
        return f"{pair} share no text that is read at the same token; {remedy}"
    return (
        f"{pair} share {shared.fewest} texts of the rarest combination of labels, which takes"
        f" {FEWEST}; {remedy}"
    )
