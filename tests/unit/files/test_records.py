"""A job reads only what another job has left as it wrote it."""

from pathlib import Path
from typing import Any

import pytest

from probesteer.errors import ProbesteerError
from probesteer.files.digests import file_digest
from probesteer.files.records import record_path, require_as_written, write_job_record


def provenance(**inputs: Path) -> dict[str, Any]:
    """What a job says of itself that reads these files now."""
    digests = {name: [file_digest(path)] for name, path in inputs.items()}
    return {"stage": "probes", "settings": {}, "code": "", "versions": {}, "inputs": digests}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A table that a job has written, with its record."""
    path = tmp_path / "tables" / "probes.parquet"
    path.parent.mkdir()
    path.write_bytes(b"numbers")
    write_job_record(provenance(), {}, [path])
    return path


def read(path: Path) -> None:
    require_as_written(provenance(probes=path), {"probes": path})


def test_what_a_job_has_written_may_be_read(written: Path) -> None:
    read(written)
    read(written.parent / ".." / "tables" / written.name)


def test_what_was_altered_is_named(written: Path) -> None:
    written.write_bytes(b"numberz")
    with pytest.raises(ProbesteerError) as told:
        read(written)
    assert str(told.value) == f"{written}: not what its job wrote; delete it and run again"
    written.write_bytes(b"numbers")
    read(written)


def test_a_file_of_another_job_in_its_place_is_named(written: Path) -> None:
    other = written.with_name("other.parquet")
    other.write_bytes(b"others")
    write_job_record(provenance(), {}, [other])
    read(other)
    other.replace(written)
    with pytest.raises(ProbesteerError, match="not what its job wrote"):
        read(written)


def test_a_source_that_no_job_has_written_may_change(written: Path) -> None:
    source = written.with_name("source.csv")
    for content in (b"text", b"texts"):
        source.write_bytes(content)
        read(source)


def test_a_record_that_is_not_whole_is_named_with_what_to_do(written: Path) -> None:
    record = record_path(written)
    record.write_bytes(record.read_bytes()[:-10])
    with pytest.raises(ProbesteerError) as told:
        read(written)
    assert str(told.value) == (
        f"{record}: not a whole record of a job; delete it and {written}, and run again"
    )
