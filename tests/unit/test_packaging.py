"""What is installed: the same versions everywhere, and nothing left out of the package."""

import ast
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

REPOSITORY = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
RUNTIME: list[str] = PROJECT["project"]["dependencies"]
OPTIONAL: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
# The evaluation harness brings what nothing here needs; it is for those who ask for it.
EVERY = [*RUNTIME, *OPTIONAL["dev"], *OPTIONAL["mutation"], *OPTIONAL["slurm"]]


def files_in_git() -> list[str]:
    """The files under version control; of a copy without git, all that it holds."""
    if not (REPOSITORY / ".git").exists():
        files = (path for path in REPOSITORY.rglob("*") if path.is_file())
        return [str(path.relative_to(REPOSITORY)) for path in files]
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.split("\0") if (REPOSITORY / name).is_file()]


def pins() -> dict[str, Version]:
    """The pinned version of every package, by its canonical name."""
    pinned: dict[str, Version] = {}
    for line in (REPOSITORY / "constraints.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, version = line.split("==")
            pinned[canonicalize_name(name)] = Version(version)
    return pinned


def test_environment_equals_the_package() -> None:
    environment = yaml.safe_load((REPOSITORY / "environment.yml").read_text())
    *conda, with_pip = environment["dependencies"]
    assert conda == [f"python{PROJECT['project']['requires-python']}", "pip"]
    assert with_pip == {"pip": [*RUNTIME, "-e ."]}


@pytest.mark.parametrize("requirement", EVERY)
def test_every_dependency_is_pinned_within_its_range(requirement: str) -> None:
    wanted = Requirement(requirement)
    assert wanted.specifier.contains(pins()[canonicalize_name(wanted.name)])


def test_constraints_are_exact_public_versions_in_order() -> None:
    comment, *lines = (REPOSITORY / "constraints.txt").read_text().splitlines()
    assert comment.startswith("# ")
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line) for line in lines)
    assert lines == sorted(lines, key=lambda line: line.split("==")[0].lower())


def test_everything_that_lies_beside_the_code_is_packaged() -> None:
    patterns: list[str] = PROJECT["tool"]["setuptools"]["package-data"]["probesteer"]
    beside = [
        name.removeprefix("src/probesteer/")
        for name in files_in_git()
        if name.startswith("src/probesteer/") and not name.endswith(".py")
    ]
    assert {Path(name).suffix for name in beside} >= {".safetensors", ".json", ".html", ".css"}
    assert [n for n in beside if not any(fnmatch(n, pattern) for pattern in patterns)] == []


def test_every_room_is_a_package() -> None:
    modules = [Path(n) for n in files_in_git() if fnmatch(n, "src/probesteer/*.py")]
    folders = {module.parent for module in modules}
    assert [f for f in sorted(folders) if not (REPOSITORY / f / "__init__.py").is_file()] == []


def test_no_file_names_a_package_registry() -> None:
    # Where packages come from is the machine's matter: pip and conda are told there.
    address = re.compile(
        rb"https?://[^\s\"'>)]*(pypi|pythonhosted|/simple\b|download\.pytorch|anaconda\.org)"
        rb"|(extra-)?index[-_]url\s*[=:]?\s*(https?|file):|--find-links\s",
        re.IGNORECASE,
    )
    found = []
    for name in files_in_git():
        if Path(name).suffix not in {".safetensors", ".parquet", ".png"}:
            found += [
                f"{name}: {hit[0].decode()}"
                for hit in address.finditer((REPOSITORY / name).read_bytes())
            ]
    assert found == []


def test_citation_and_package_agree() -> None:
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["project"]["version"]
    assert citation["license"] == PROJECT["project"]["license"]


def test_figures_of_the_workflow_are_those_of_the_catalogue() -> None:
    from probesteer.figures.catalogue import CATALOGUE

    rules = (REPOSITORY / "workflow/rules/figures.smk").read_text()
    listed = rules[rules.index("{") : rules.index("\n}\n") + 2]
    chapters: dict[str, list[str]] = {}
    for entry in CATALOGUE:
        chapters.setdefault(entry.chapter, []).append(entry.name)
    assert ast.literal_eval(listed) == chapters
