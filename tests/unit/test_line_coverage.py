"""What is told of the lines that ran."""

import json
from pathlib import Path

import pytest

from tests.line_coverage import main, report

FILES: dict[str, dict[str, list[int]]] = {
    "src/a.py": {"executed_lines": [1, 2, 3], "missing_lines": [4]},
    "src/b.py": {"executed_lines": [1, 2, 3, 4], "missing_lines": []},
    "src/c.py": {"executed_lines": [1], "missing_lines": [2]},
    "src/empty.py": {"executed_lines": [], "missing_lines": []},
}


def test_lines_of_all_files_count_alike() -> None:
    total, shown = report(FILES)
    assert total == 80.0
    assert shown == [
        " 50.0 %  src/c.py: 1 lines never ran",
        " 75.0 %  src/a.py: 1 lines never ran",
    ]


@pytest.mark.parametrize(("least", "status"), [("80", 0), ("80.1", 1)])
def test_too_few_lines_are_status_1(
    least: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = tmp_path / "measured"
    measured.write_text(json.dumps({"files": FILES}))
    assert main([str(measured), "--least", least]) == status
    told = f"80.0 % of the lines of src/ ran in tests; at least {least} % must\n"
    assert capsys.readouterr().out.endswith(told)
