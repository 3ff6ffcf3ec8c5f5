from pathlib import Path

import pandas as pd

from probesteer.figures.drawing import draw_figures
from probesteer.figures.style import FigureStyle

NAMES = ["accuracy_by_layer", "direction_cosines", "scale_sensitivity"]


def test_two_processes_draw_the_same_bytes_as_one(
    small_tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    style = FigureStyle(dpi=60)
    for processes in (1, 2):
        draw_figures(NAMES, small_tables, tmp_path / str(processes), style, processes)
    first, second = (sorted((tmp_path / folder).iterdir()) for folder in ("1", "2"))
    assert [path.name for path in first] == sorted(
        f"{name}.{form}" for name in NAMES for form in style.formats
    )
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
