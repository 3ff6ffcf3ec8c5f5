"""Progress of long work: a bar where someone watches, nothing in a log file."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def progress(items: Iterable[Item], label: str, total: int | None = None) -> Iterator[Item]:
    """Iterate over `items`; draw a bar on standard error if that is a terminal."""
    yield from tqdm(items, desc=label, total=total, disable=None, leave=False)
