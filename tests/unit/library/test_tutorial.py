"""The notebook of the documentation runs, and shows what it says."""

import copy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

REPOSITORY = Path(__file__).parents[3]
NOTEBOOK = REPOSITORY / "docs" / "tutorial.ipynb"

# What the text claims, of the names that the notebook leaves behind.
CLAIMS = """
assert probes.accuracy["value"].iloc[1:].min() > 0.95 > 0.7 > probes.accuracy["value"].iloc[0]
assert best.place.stem == "resid_post.002"
at_two = table.loc[2.0]
assert at_two["difference_of_means"] > 5 > abs(at_two["random"])
assert not any(module._forward_hooks for module in model.blocks)
"""


def cells_of(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds_of(cell: Any) -> list[str]:
    """Kinds of a cell's outputs, warnings of libraries aside."""
    return [output.output_type for output in cell.outputs if output.get("name") not in ("stderr",)]


def test_it_has_25_lines_and_was_executed() -> None:
    cells = cells_of(nbformat.read(NOTEBOOK, as_version=4))
    lines = [line for cell in cells for line in cell.source.splitlines() if line.strip()]
    assert 15 < len(lines) <= 25
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert "error" not in [kind for cell in cells for kind in kinds_of(cell)]
    assert NOTEBOOK.stat().st_size < 100_000


@pytest.mark.slow
def test_it_runs_and_shows_what_it_says(tmp_path: Path) -> None:
    stored = nbformat.read(NOTEBOOK, as_version=4)
    notebook = copy.deepcopy(stored)
    notebook.cells.append(nbformat.v4.new_code_cell(CLAIMS))
    (tmp_path / "config").symlink_to(REPOSITORY / "config")
    folder = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=folder).execute()
    executed = cells_of(notebook)[:-1]
    assert [kinds_of(cell) for cell in executed] == [kinds_of(cell) for cell in cells_of(stored)]
    assert (tmp_path / "tense.gguf").is_file()
