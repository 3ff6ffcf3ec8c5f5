"""The digest of a stage's code changes with its statements and with nothing else."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from probesteer.files import code
from probesteer.files.code import code_digest

Write = Callable[[str, str], None]

FILES = {
    "__init__.py": "",
    "stage.py": (
        '"""What it does."""\n'
        "from probesteer.room.first import work\n"
        "import probesteer.settings.schema\n"
        "import json\n\n\n"
        "def run(x: int) -> int:\n"
        '    """Run."""\n'
        "    from probesteer.room import second  # late\n"
        "    return work(x) + second.more\n"
    ),
    "other.py": "value = 1\n",
    "room/__init__.py": "",
    "room/first.py": "from .third import base\n\n\ndef work(x):\n    return base * x\n",
    "room/second.py": "more = 2\n",
    "room/third.py": "from . import fourth\nbase = fourth.base\n",
    "room/fourth.py": "base = 3\n",
    "room/fifth.py": "unused = 4\n",
    "settings/__init__.py": "",
    "settings/schema.py": "key = 1\n",
}


def forget() -> None:
    """Modules are parsed once a process; a test changes them."""
    for cached in (code._parsed, code._tree, code._imports):
        cached.cache_clear()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """A package of the project's name in which files are changed."""
    package = tmp_path / "probesteer"

    def write_file(name: str, content: str) -> None:
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        forget()

    monkeypatch.setattr(code, "_PACKAGE", package)
    for name, content in FILES.items():
        write_file(name, content)
    yield write_file
    forget()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("stage.py", "# late", "# a comment, changed"),
        ("stage.py", '"""Run."""', '"""Another docstring."""'),
        ("stage.py", '"""What it does."""\n', ""),
        ("stage.py", "def run(x: int) -> int:", "def run(\n    x: int,\n) -> int:"),
        ("stage.py", "work(x) + second.more", "(work(x)  +  second.more)"),
        ("room/fifth.py", "4", "5"),
        ("other.py", "1", "2"),
        ("settings/schema.py", "1", "2"),
    ],
)
def test_what_changes_nothing(file: str, old: str, new: str, write: Write) -> None:
    before = code_digest("probesteer.stage")
    assert old in FILES[file]
    write(file, FILES[file].replace(old, new))
    assert code_digest("probesteer.stage") == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("stage.py", "work(x) + second.more", "work(x) - second.more"),
        ("stage.py", "import json", "import math"),
        ("room/first.py", "base * x", "base * x * x"),
        ("room/second.py", "2", "3"),
        ("room/third.py", "fourth.base", "fourth.base + 1"),
        ("room/fourth.py", "3", "4"),
    ],
)
def test_a_changed_statement_in_what_is_imported_changes_it(
    file: str, old: str, new: str, write: Write
) -> None:
    before = code_digest("probesteer.stage")
    assert old in FILES[file]
    write(file, FILES[file].replace(old, new))
    assert code_digest("probesteer.stage") != before
    write(file, FILES[file])
    assert code_digest("probesteer.stage") == before


def test_a_template_beside_an_imported_module_counts(write: Write) -> None:
    write("room/page.html", "<p>one</p>")
    before = code_digest("probesteer.stage")
    write("room/page.html", "<p>two</p>")
    assert code_digest("probesteer.stage") != before


@pytest.mark.parametrize("name", ["probesteer.nothing", "json", "probesteer.room.first.work"])
def test_what_is_no_module_of_the_package_is_refused(name: str, write: Write) -> None:
    with pytest.raises(ValueError, match=f"{name} is not a module of probesteer"):
        code_digest(name)


def test_the_projects_own_stages_have_different_digests() -> None:
    names = [f"probesteer.stages.{name}" for name in ("probes", "directions", "figures", "report")]
    assert len({code_digest(name) for name in names}) == len(names)
