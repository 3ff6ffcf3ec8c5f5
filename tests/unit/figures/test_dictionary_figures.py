"""Figures of dictionaries and of arithmetic show the numbers of their tables."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probesteer.figures import dictionary_atoms, dictionary_quality, vector_arithmetic
from probesteer.figures.style import FigureStyle
from tests.unit.figures.reading_back import bands, bars, panel, values, words
from tests.unit.figures.synthetic_geometry import ACTIVE, ATOM_AREAS
from tests.unit.figures.synthetic_truth import FOUR_TRUTHS

Tables = dict[str, pd.DataFrame]
NAME = FOUR_TRUTHS[1].name


def column(figure: Figure, name: str) -> list[Axes]:
    """The panels of a concept, from the top."""
    left = panel(figure, name).get_position().x0
    found = [axes for axes in figure.axes if abs(axes.get_position().x0 - left) < 0.01]
    return sorted(found, key=lambda axes: -axes.get_position().y0)


@pytest.mark.parametrize("kind", ATOM_AREAS)
def test_best_atoms_and_their_intervals(kind: str, tables: Tables, style: FigureStyle) -> None:
    axes = panel(dictionary_atoms.draw(tables["dictionaries"], style), NAME)
    expected = ATOM_AREAS[kind] * np.array([0.5, 1, 1, 1, 1, 1])
    np.testing.assert_allclose(values(axes, kind), expected)
    interval = bars(axes)[list(ATOM_AREAS).index(kind)]
    np.testing.assert_allclose(interval, expected[:, None] + [-0.05, 0.05])
    # The lowest point and its interval are in sight.
    assert axes.get_ylim()[0] < 0.35 - 0.05


def test_the_probe_and_the_range_of_random_directions(tables: Tables, style: FigureStyle) -> None:
    axes = panel(dictionary_atoms.draw(tables["dictionaries"], style), NAME)
    np.testing.assert_allclose(values(axes, "probe"), 0.95)
    ((_, low, high),) = bands(axes)
    np.testing.assert_allclose([low, high], np.repeat([[0.7], [0.8]], 6, axis=1))


def test_what_is_rebuilt_and_with_how_many_atoms(tables: Tables, style: FigureStyle) -> None:
    figure = dictionary_quality.draw(tables["dictionaries"], style)
    above, below = column(figure, NAME)
    for kind, active in ACTIVE.items():
        np.testing.assert_allclose(values(above, kind), 0.9)
        np.testing.assert_allclose(values(above, f"{kind}, components"), 0.6)
        np.testing.assert_allclose(values(below, kind), active)
    assert below.get_ylim()[1] >= max(ACTIVE.values()) + 1
    assert "as many principal components" in words(figure)


def test_pairs_beside_shuffled_ones(tables: Tables, style: FigureStyle) -> None:
    figure = vector_arithmetic.draw(tables["arithmetic"], style)
    panels = column(figure, NAME)
    for axes, value in zip(panels, (0.8, 0.5, 0.7), strict=True):
        np.testing.assert_allclose(values(axes, "pairs"), [0, *[value] * 5])
        ((_, low, high),) = bands(axes)
        np.testing.assert_allclose([low, high], np.repeat([[0.05], [0.15]], 6, axis=1))
    np.testing.assert_allclose(values(panels[1], "without_offset"), 0.2)
    assert len(values(panels[0], "without_offset")) == 0


def test_offsets_that_point_apart_are_in_sight(tables: Tables, style: FigureStyle) -> None:
    apart = tables["arithmetic"].assign(value=-0.6, low=-0.7, high=-0.5)
    figure = vector_arithmetic.draw(apart, style)
    assert panel(figure, NAME).get_ylim()[0] < -0.7


@pytest.mark.parametrize("name", ["dictionaries", "arithmetic"])
def test_neurons_alone_have_no_figure(name: str, tables: Tables) -> None:
    neurons = tables[name].assign(site="mlp_act")
    drawn = (dictionary_atoms, dictionary_quality) if name != "arithmetic" else (vector_arithmetic,)
    for figure in drawn:
        assert figure.measured(tables[name])
        assert not figure.measured(neurons)
