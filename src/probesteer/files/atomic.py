"""Writes that leave the target whole or missing, never half-written."""

import ctypes
import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from probesteer.errors import ProbesteerError

_KEEP_SIZE = 1  # FALLOC_FL_KEEP_SIZE of Linux


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


def reserve(file: int, size: int) -> None:
    """Take room on the disk for the first bytes of an open file, which stays as long as it is.

    Does nothing where the system or the file system has no such thing. Raises OSError where there
    is no room.
    """
    allocate = getattr(ctypes.CDLL(None, use_errno=True), "fallocate", None)
    if allocate is None:
        return
    allocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    if allocate(file, _KEEP_SIZE, 0, size) != 0 and ctypes.get_errno() == errno.ENOSPC:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def write_text(target: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with atomic_path(target) as partial:
        partial.write_text(text, encoding="utf-8")
