"""Figures of what a push does beside its effect show the numbers of their tables."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from probesteer.figures import dose_response, entanglement, survival_by_layer
from probesteer.figures.rows import matching
from probesteer.figures.style import FigureStyle
from tests.unit.figures.reading_back import bands, bars, panel, values, words
from tests.unit.figures.synthetic_side_effects import (
    ASKED,
    READ_STRENGTHS,
    entangled,
    framed,
    survived,
)
from tests.unit.figures.synthetic_truth import FOUR_TRUTHS

Tables = dict[str, pd.DataFrame]
NAMES = [truth.name for truth in FOUR_TRUTHS]
PUSHED_AT = 3 / 5  # layer 2 of five, the embedding before them


def test_survival_is_the_tables(tables: Tables, style: FigureStyle) -> None:
    figure = survival_by_layer.draw(tables["readout"], style)
    for name in NAMES:
        axes = panel(figure, name)
        for number, strength in enumerate(READ_STRENGTHS):
            expected = [survived(strength, steps) for steps in range(3)]
            np.testing.assert_allclose(values(axes, f"{strength:+g}"), expected)
            ends = np.array([[value - 0.1, value + 0.1] for value in expected])
            np.testing.assert_allclose(bars(axes)[number], ends)
        ((x, low, high),) = bands(axes)
        np.testing.assert_array_equal(x, [0, 1, 2])
        np.testing.assert_allclose(low, -0.2)
        np.testing.assert_allclose(high, 0.2)
    assert "+1 class gap" in words(figure)


def test_random_directions_of_the_smallest_strength_stand_out(
    tables: Tables, style: FigureStyle
) -> None:
    table = tables["readout"]
    wider = table.assign(strength=3 * table["strength"], low=-0.9, high=0.8)
    figure = survival_by_layer.draw(pd.concat([table, wider]), style)
    found = [(low.min(), high.max()) for _, low, high in bands(panel(figure, NAMES[0]))]
    np.testing.assert_allclose(found, [(-0.9, 0.8), (-0.2, 0.2)])


def test_survival_is_of_the_test_prompts(tables: Tables, style: FigureStyle) -> None:
    table = tables["readout"]
    off = table.assign(value=table["value"].where(table["split"] == "test", 99.0))
    shown, expected = (survival_by_layer.draw(each, style) for each in (off, table))
    for name in NAMES:
        drawn, whole = (values(panel(figure, name), "+1") for figure in (shown, expected))
        np.testing.assert_array_equal(drawn, whole)


def test_entanglement_is_the_tables(tables: Tables, style: FigureStyle) -> None:
    figure = entanglement.draw(tables["entanglement"], style)
    expected = np.array(
        [[entangled(one, other, PUSHED_AT) for other in FOUR_TRUTHS] for one in FOUR_TRUTHS]
    )
    for title, factor in (("Its probe", 1), ("Its logit difference", 3)):
        axes = panel(figure, title)
        mesh = axes.collections[0]
        cells = np.asarray(mesh.get_array()).reshape(4, 4)
        np.testing.assert_allclose(cells, factor * expected)
        low, high = mesh.get_clim()
        assert low is not None
        assert high == -low == pytest.approx(np.abs(cells).max())
    assert "pushed by +1 class gap, at" in words(figure)


def test_cells_beyond_every_random_direction_are_framed(tables: Tables, style: FigureStyle) -> None:
    figure = entanglement.draw(tables["entanglement"], style)
    frames = [
        (int(patch.get_y()), int(patch.get_x()))
        for patch in panel(figure, "Its probe").patches
        if isinstance(patch, Rectangle)
    ]
    expected = framed(FOUR_TRUTHS, PUSHED_AT)
    assert sorted(frames) == sorted(map(tuple, np.argwhere(expected).tolist()))
    assert 0 < expected.sum() < expected.size


def test_a_random_direction_may_point_either_way(tables: Tables) -> None:
    rows = entanglement.shown_rows(tables["entanglement"])
    own = matching(rows, metric="logit_difference")
    assert set(own["strength"]) == {1.0}
    found = entanglement.beyond_random(own, NAMES)
    assert found.any()
    wide = own.assign(low=own["low"].mask(own["method"] == "random", -99.0))
    assert not entanglement.beyond_random(wide, NAMES).any()
    unknown = own.assign(low=np.nan, high=np.nan)
    assert not entanglement.beyond_random(unknown, NAMES).any()


def test_without_a_positive_strength_the_smallest_is_shown(tables: Tables) -> None:
    table = tables["entanglement"].query("strength < 0")
    more = pd.concat([table.assign(strength=-4.0), table])
    assert set(entanglement.shown_rows(more)["strength"]) == {-1.0}


@pytest.mark.parametrize("positions", ["from_last", "all"])
def test_words_are_level_lines_beside_the_dose_response(
    positions: str, tables: Tables, style: FigureStyle
) -> None:
    given = tables["steering"], style, tables["prompting"]
    figure = dose_response.draw(*given, positions=positions)
    dotted = [line for line in panel(figure, NAMES[0]).get_lines() if line.get_linestyle() == ":"]
    heights = [float(np.asarray(line.get_ydata())[0]) for line in dotted]
    assert sorted(heights) == [-ASKED, ASKED]
    for side in (-1, 1):
        assert values(panel(figure, NAMES[0]), f"asked {side:+g}") == side * ASKED
    assert "in words" in words(figure)


def test_without_words_there_is_no_line_and_no_key(tables: Tables, style: FigureStyle) -> None:
    for prompting in (None, tables["prompting"].iloc[:0]):
        figure = dose_response.draw(tables["steering"], style, prompting)
        assert "in words" not in words(figure)
        dotted = [line.get_linestyle() == ":" for line in panel(figure, NAMES[0]).get_lines()]
        assert not any(dotted)
