"""The journal of a fill: which shards lie on disk, so that a stopped fill goes on from there.

JSON lines. The first names the request and the plan that the others belong to; then a line for
each finished shard with the checksums of its rows, and one for each smaller budget of tokens.
"""

import json
import os
from pathlib import Path
from typing import Any

from probesteer.files.atomic import written_at
from probesteer.files.digests import canonical_json

JOURNAL = "journal.jsonl"


class Journal:
    """What is known of the shards of one request and one plan."""

    def __init__(self, folder: Path, request: str, plan: str) -> None:
        """Take up the journal in `folder`; one of another request or plan is started anew.

        request, plan: their digests.
        """
        self.path = folder / JOURNAL
        self.shards: dict[int, dict[str, str]] = {}  # by number: checksum by place
        self.batch_tokens: int | None = None  # the last budget that memory sufficed for
        head = {"request": request, "plan": plan}
        kept = self._take_up(head)
        self.resumed = kept > 0
        if self.resumed:
            os.truncate(self.path, kept)
        else:
            self.path.unlink(missing_ok=True)
            self._append(head)

    def record_shard(self, number: int, checksums: dict[str, str]) -> None:
        """Say that the rows of a shard lie on disk; call it after they were flushed."""
        known = {**self.shards.get(number, {}), **checksums}
        self._append({"shard": number, "sha256": known})
        self.shards[number] = known

    def record_budget(self, batch_tokens: int) -> None:
        """Remember a budget of tokens, for this fill and for one that takes it up."""
        self._append({"batch_tokens": batch_tokens})
        self.batch_tokens = batch_tokens

    def _take_up(self, head: dict[str, str]) -> int:
        """Read the lines up to the first that is not whole; returns their bytes, 0: not ours."""
        if not self.path.is_file():
            return 0
        kept = 0
        for line in self.path.read_bytes().splitlines(keepends=True):
            entry = _parsed(line)
            if entry is None or (kept == 0 and entry != head):
                break
            if "shard" in entry:
                self.shards[entry["shard"]] = entry["sha256"]
            elif "batch_tokens" in entry:
                self.batch_tokens = entry["batch_tokens"]
            kept += len(line)
        return kept

    def _append(self, entry: dict[str, Any]) -> None:
        with written_at(self.path), self.path.open("ab") as file:
            file.write((canonical_json(entry) + "\n").encode())
            file.flush()
            os.fsync(file.fileno())


def _parsed(line: bytes) -> dict[str, Any] | None:
    """The entry of a line; None for one whose end is missing or that can't be read."""
    if not line.endswith(b"\n"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
