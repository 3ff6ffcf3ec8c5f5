"""Writes that leave the target whole or missing, never half-written."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from probesteer.errors import ProbesteerError


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a path beside `target` to write to; on success it replaces `target`.

    On an exception the partial file is removed and `target` stays as it was. The random part of
    the name keeps two writers apart, also on two machines: the last to finish wins. A killed
    process leaves only the `.tmp` file behind.

    Raises ProbesteerError, naming the target, where the disk is full or the place can't be written.
    """
    partial = target.with_name(f"{target.name}.{secrets.token_hex(4)}.tmp")
    with written_at(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            with partial.open("rb") as written:
                os.fsync(written.fileno())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def written_at(path: Path) -> Iterator[None]:
    """Turn a fault of the disk in the block into a ProbesteerError that names `path`."""
    try:
        yield
    except OSError as fault:
        # What other libraries raise says where in them it happened; the number says what.
        reason = os.strerror(fault.errno) if fault.errno else str(fault).splitlines()[0]
        raise ProbesteerError(
            f"{path}: can't be written ({reason}); mend that and run again"
        ) from fault


def write_text(target: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with atomic_path(target) as partial:
        partial.write_text(text, encoding="utf-8")
