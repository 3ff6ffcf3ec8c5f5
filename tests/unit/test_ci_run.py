"""What `.ci/run` runs, what it leaves out, and that a failure of either is its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def write_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def run_ci(folder: Path, install: str, make: str = "exit 0") -> tuple[int, str, list[str]]:
    """Its status, its last line and the targets that a pretended `make` was given."""
    shutil.copytree(REPOSITORY / ".ci", folder / ".ci")
    write_program(folder / "tests/slurm/install.sh", install)
    write_program(folder / "bin/make", f'echo "$1" >> {folder}/made\n{make}')
    run = subprocess.run(
        ["sh", "-c", f"exec {folder}/.ci/run <&-"],  # as it may be started: without any input
        env={
            "HOME": str(folder),
            "PATH": f"{folder}/bin{os.pathsep}{os.environ['PATH']}",
            "PYTHON": sys.executable,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    made = (folder / "made").read_text().split()
    return run.returncode, run.stdout.strip().rpartition("\n")[2], made


def test_both_kinds_of_tests_run_where_a_cluster_can_be(tmp_path: Path) -> None:
    assert run_ci(tmp_path, "exit 0") == (0, "", ["test", "test-slurm"])


def test_one_line_says_why_the_cluster_is_left_out(tmp_path: Path) -> None:
    status, said, made = run_ci(tmp_path, "echo 'no SLURM cluster here: no root' >&2; exit 1")
    assert (status, made) == (0, ["test"])
    assert said == "make test-slurm is left out: no SLURM cluster here: no root"


def test_a_failing_test_on_the_cluster_fails_it(tmp_path: Path) -> None:
    status, _, made = run_ci(tmp_path, "exit 0", make='[ "$1" = test ]')
    assert (status != 0, made) == (True, ["test", "test-slurm"])


def test_a_failing_test_elsewhere_fails_it_at_once(tmp_path: Path) -> None:
    status, _, made = run_ci(tmp_path, "exit 0", make="exit 2")
    assert (status != 0, made) == (True, ["test"])


@pytest.mark.parametrize(
    ("fakes", "expected"),
    [
        ({"id": "echo 1000"}, "installing and running its daemons needs root"),
        (
            {"id": "echo 0", "apt-get": "echo 'E: no mirror answers'; echo; exit 100"},
            "its packages can't be installed: E: no mirror answers",
        ),
        ({"id": "echo 0"}, "its daemons come from Debian's packages, and there is no apt-get"),
    ],
)
def test_the_installer_refuses_in_one_line(
    tmp_path: Path, fakes: dict[str, str], expected: str
) -> None:
    for name in ("timeout", "mktemp", "rm", "grep", "tail"):
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)
    for name, text in fakes.items():
        write_program(tmp_path / name, text)
    run = subprocess.run(
        ["/bin/sh", str(REPOSITORY / "tests/slurm/install.sh")],
        env={"PATH": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == f"no SLURM cluster here: {expected}\n"
