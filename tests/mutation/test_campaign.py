"""Which mutants are tried, and how their ends are counted."""

import json
from pathlib import Path

import pytest

from tests.mutation.campaign import ROOMS, SOURCE, drawn, made, outcome, row

NAMES = {f"m{number}": None for number in range(20)}


def test_a_seed_draws_the_same_few_among_the_many() -> None:
    few = drawn(NAMES, "solver", seed=6, mutants=5)
    assert len(set(few)) == 5
    assert few == drawn(dict(reversed(NAMES.items())), "solver", seed=6, mutants=5)
    assert drawn(NAMES, "solver", seed=6, mutants=9)[:5] == few
    assert few != drawn(NAMES, "solver", seed=7, mutants=5)
    assert sorted(drawn(NAMES, "solver", seed=6, mutants=0)) == sorted(NAMES)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(None, "not tried"), (0, "survived"), (1, "killed"), (-24, "timeout"), (33, "no test")],
)
def test_what_became_of_a_mutant(status: int | None, expected: str) -> None:
    assert outcome(status) == expected


def test_a_row_counts_what_no_test_reaches_as_unnoticed() -> None:
    told = row("splits", [1, 1, 36, 0, 33, None], of=40)
    assert told == "| splits | 5 of 40 | 2 | 1 | 1 | 1 | 60 % |"


def test_mutants_are_found_by_room(tmp_path: Path) -> None:
    for number, folders in enumerate(ROOMS.values()):
        for folder in folders:
            (tmp_path / SOURCE / folder).mkdir(parents=True)
            record = {"exit_code_by_key": {f"{folder} {number}": number}}
            (tmp_path / SOURCE / folder / "a.py.meta").write_text(json.dumps(record))
    assert made(tmp_path) == {
        "solver": {"probes/solver 0": 0},
        "sites": {"models 1": 1},
        "splits": {"concepts 2": 2},
        "statistics": {"probes/metrics 3": 3, "interventions/statistics 3": 3},
    }
