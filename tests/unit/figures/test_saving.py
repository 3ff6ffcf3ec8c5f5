from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

from probesteer.figures.catalogue import draw_figure
from probesteer.figures.saving import save_figure
from probesteer.figures.style import FigureStyle

Tables = dict[str, pd.DataFrame]


@pytest.mark.parametrize("name", ["accuracy_by_layer", "direction_cosines", "scale_sensitivity"])
def test_equal_tables_give_equal_bytes(
    name: str, small_tables: Tables, style: FigureStyle, tmp_path: Path
) -> None:
    written = []
    for attempt in ("first", "second"):
        copies = {table: frame.copy() for table, frame in small_tables.items()}
        figure = draw_figure(name, copies, style)
        written.append(save_figure(figure, tmp_path / attempt, name, style))
    assert [path.name for path in written[0]] == [f"{name}.svg", f"{name}.png"]
    for one, other in zip(*written, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_svg_has_outlines_for_text_and_no_date(
    small_tables: Tables, style: FigureStyle, tmp_path: Path
) -> None:
    figure = draw_figure("accuracy_by_layer", small_tables, style)
    svg = save_figure(figure, tmp_path, "one", style)[0].read_text(encoding="utf-8")
    assert "<text" not in svg
    assert "dc:date" not in svg
    assert "<image" not in svg


def test_only_the_formats_asked_for_are_written(small_tables: Tables, tmp_path: Path) -> None:
    style = FigureStyle(formats=("png",), dpi=100)
    figure = draw_figure("steering_slope_by_layer", small_tables, style)
    (path,) = save_figure(figure, tmp_path, "one", style)
    assert [found.name for found in tmp_path.iterdir()] == ["one.png"]
    header = path.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(header[16:20], "big") == 690


def test_drawing_leaves_the_settings_of_matplotlib_alone(
    small_tables: Tables, style: FigureStyle
) -> None:
    before = dict(mpl.rcParams)
    draw_figure("dose_response", small_tables, style)
    assert dict(mpl.rcParams) == before
