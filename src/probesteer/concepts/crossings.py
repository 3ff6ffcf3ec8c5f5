"""What one group must hold whole, as train and test would share it otherwise: a text, a pair."""

from collections.abc import Sequence
from pathlib import Path

from probesteer.concepts.faults import row_fault, row_number, shown


def check_crossings(
    groups: Sequence[str], texts: Sequence[str], pairs: Sequence[str | None], source: Path
) -> None:
    """Check that no text and no pair stands in two groups, which may fall into two splits.

    groups, texts, pairs: of every row. Raises ProbesteerError that names both rows of `source`.
    """
    _check(groups, texts, "text", source)
    _check(groups, pairs, "pair", source)


def _check(groups: Sequence[str], values: Sequence[str | None], what: str, source: Path) -> None:
    first: dict[str, int] = {}
    for example, value in enumerate(values):
        if value is None:
            continue
        before = first.setdefault(value, example)
        if groups[before] != groups[example]:
            raise row_fault(
                source,
                example,
                f"the same {what} as in row {row_number(source, before)}, but the group"
                f" {shown(groups[example])} where that has {shown(groups[before])}, and one may"
                " fall into train and the other into test; give both rows the same group",
            )
