"""Figures of directions against clusters show the numbers of their table."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from probesteer.figures import cluster_cosines, monosemanticity
from probesteer.figures.style import BAND_GREY, GREY, FigureStyle
from probesteer.places import EMBEDDING, Place
from tests.unit.figures.reading_back import bands, panel, values, words
from tests.unit.figures.synthetic_components import HIGH_END, SHARES, SIZES
from tests.unit.figures.synthetic_truth import FOUR_TRUTHS

Tables = dict[str, pd.DataFrame]
NAME = FOUR_TRUTHS[1].name


def column(figure: Figure, name: str) -> list[Axes]:
    """The panels of a concept, from the top."""
    left = panel(figure, name).get_position().x0
    found = [axes for axes in figure.axes if abs(axes.get_position().x0 - left) < 0.01]
    return sorted(found, key=lambda axes: -axes.get_position().y0)


def stacked(axes: Axes) -> list[tuple[float, float, float, tuple[float, float, float]]]:
    """Every bar: left end, bottom, height, colour."""
    return [
        (
            *(round(bar.get_x(), 6), bar.get_y(), bar.get_height()),
            to_rgb(bar.get_facecolor()),
        )
        for bar in axes.patches
        if isinstance(bar, Rectangle)
    ]


def test_clusters_are_stacked_by_size(tables: Tables, style: FigureStyle) -> None:
    figure = cluster_cosines.draw(tables["components"], style)
    colours = style.categories(6)
    panels = column(figure, NAME)
    for axes, direction in zip(panels, (0, 1, 0, 1), strict=True):
        expected, height = [], 0.0
        for rank, (size, colour) in enumerate(zip(SIZES, colours, strict=False)):
            apart = rank == direction
            bottom = 0.0 if apart else height
            expected.append((0.8 if apart else -0.2, bottom, float(size), colour))
            height += 0.0 if apart else size
        expected.append((-0.2, height, 4.0, BAND_GREY))
        for found, wanted in zip(stacked(axes), expected, strict=True):
            assert found[:3] == wanted[:3]
            np.testing.assert_allclose(found[3], wanted[3])
    assert "PCA 2: 0.50" in words(figure)
    assert "NMF 2: 0.90" in words(figure)
    (start,) = panels[0].get_lines()
    np.testing.assert_array_equal(np.asarray(start.get_xdata()), HIGH_END)
    # Three clusters and those in none: nothing else is in the legend.
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        *("largest cluster", "2nd", "3rd", "in none")
    ]


def test_more_clusters_than_colours(tables: Tables, style: FigureStyle) -> None:
    rows = tables["components"].query("rank > 0 or metric != 'count'")
    many = rows.assign(rank=rows["rank"].where(rows["rank"] != 3, 7))
    figure = cluster_cosines.draw(many, style)
    (legend,) = figure.legends
    assert legend.get_texts()[-1].get_text() == "smaller"
    np.testing.assert_allclose(stacked(column(figure, NAME)[0])[-1][3], GREY)


@pytest.mark.parametrize(("count", "middle"), [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2)])
def test_the_middle_of_the_layers_with_clusters(count: int, middle: int) -> None:
    places = [EMBEDDING, *(Place("resid_post", layer) for layer in range(count))]
    rows = pd.DataFrame(
        [(place.site, place.layer, int(at < count)) for at, place in enumerate(places)],
        columns=["site", "layer", "rank"],
    )
    assert cluster_cosines.middle_place(rows) == places[middle]
    assert cluster_cosines.middle_place(rows.assign(rank=0)) is None


@pytest.mark.parametrize("method", SHARES)
def test_every_direction_and_their_mean(method: str, tables: Tables, style: FigureStyle) -> None:
    axes = panel(monosemanticity.draw(tables["components"], style), NAME)
    depth = np.array([0.5, 1, 1, 1, 1])
    np.testing.assert_allclose(values(axes, method), np.mean(SHARES[method]) * depth)
    each = [line for line in axes.get_lines() if line.get_label() == f"{method}, each"]
    for line, factor in zip(each, depth, strict=True):
        np.testing.assert_allclose(np.asarray(line.get_ydata()), factor * np.array(SHARES[method]))


def test_chance_and_random_directions(tables: Tables, style: FigureStyle) -> None:
    axes = panel(monosemanticity.draw(tables["components"], style), NAME)
    np.testing.assert_allclose(values(axes, "random"), 0.55)
    ((_, low, high),) = bands(axes)
    np.testing.assert_allclose([low, high], np.repeat([[0.35], [0.45]], 5, axis=1))


def test_only_clusters_of_codes_are_drawn(tables: Tables) -> None:
    others = tables["components"].assign(clusters="cosine")
    for figure in (cluster_cosines, monosemanticity):
        assert figure.measured(tables["components"])
        assert not figure.measured(others)
