"""Fixtures for the tests of concepts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from probesteer.errors import ProbesteerError

Write = Callable[[str, bytes | str], Path]
Refusal = Callable[[Callable[[], object]], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file, bytes as they are and text as UTF-8 with its own line ends."""

    def write_file(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.fixture
def refusal(tmp_path: Path) -> Refusal:
    """Call what must be refused; the message, without the folder of the test's files."""

    def message(call: Callable[[], object]) -> str:
        with pytest.raises(ProbesteerError) as caught:
            call()
        found = str(caught.value)
        assert "\n" not in found
        return found.replace(f"{tmp_path}/", "")

    return message
