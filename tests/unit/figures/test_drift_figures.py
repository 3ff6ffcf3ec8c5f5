"""Figures of drift show the numbers of their table."""

import numpy as np
import pandas as pd
import pytest

from probesteer.figures import drift
from probesteer.figures.style import FigureStyle
from tests.unit.figures.reading_back import bands, bars, panel, values, words
from tests.unit.figures.synthetic_drift import ANGLE, HALVES, OTHER, READ, SLOPES
from tests.unit.figures.synthetic_truth import FOUR_TRUTHS
from tests.unit.figures.test_dictionary_figures import column

Tables = dict[str, pd.DataFrame]
TITLE = f"{FOUR_TRUTHS[0].name} in {OTHER}"


@pytest.mark.parametrize("method", ["difference_of_means", "logistic"])
def test_angles_beside_those_of_halves(method: str, tables: Tables, style: FigureStyle) -> None:
    axes = panel(drift.draw_angles(tables["shifts"], style), TITLE)
    np.testing.assert_allclose(values(axes, method), ANGLE)
    np.testing.assert_allclose(values(axes, f"{method}, halves"), [85, *[HALVES] * 5])
    first = bars(axes)[("difference_of_means", "logistic").index(method)]
    np.testing.assert_allclose(first, [[ANGLE - 2, ANGLE + 2]] * 6)


def test_what_is_read_and_pushed_beside_chance(tables: Tables, style: FigureStyle) -> None:
    figure = drift.draw_transfer(tables["shifts"], style)
    above, middle, below = column(figure, TITLE)
    for axes, expected in ((above, READ), (middle, READ), (below, SLOPES)):
        for name, value in expected.items():
            np.testing.assert_allclose(values(axes, name), value)
    for axes, ends in ((above, [0.5, 0.6]), (below, [-0.3, 0.3])):
        ((_, low, high),) = bands(axes)
        np.testing.assert_allclose([low, high], np.repeat(np.c_[ends], 6, axis=1))
    assert bands(middle) == []
    assert "class difference" in words(figure)


def test_shifted_data_alone_have_no_figure(tables: Tables) -> None:
    assert drift.measured(tables["shifts"])
    assert not drift.measured(tables["shifts"].assign(shift="data"))
    assert not drift.measured(tables["shifts"].assign(site="mlp_act"))


def test_a_direction_that_turned_round_is_in_sight(tables: Tables, style: FigureStyle) -> None:
    table = tables["shifts"].copy()
    read = (table["metric"] == "accuracy") & (table["direction"] == "transferred")
    table.loc[read, ["value", "low", "high"]] = [0.05, 0.0, 0.1]
    above, *_ = column(drift.draw_transfer(table, style), TITLE)
    assert above.get_ylim()[0] < 0
