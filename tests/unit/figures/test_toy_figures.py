"""Figures of toys show the numbers of their table, beside what is known."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from probesteer.figures import toy_codes, toy_penalty, toy_phases, toy_sparsity, toy_training
from probesteer.figures.catalogue_entry import CatalogueEntry
from probesteer.figures.chapters.toys import TOY_FIGURES
from probesteer.figures.style import FigureStyle
from tests.unit.figures.reading_back import bars, clashes, line, panel, values, words
from tests.unit.figures.synthetic_toys import REPRESENTED, SPARSITIES, toys


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return toys()


def dashed(figure: Figure, title: str) -> list[float]:
    """Heights of the dashed lines of a panel."""
    lines = panel(figure, title).get_lines()
    return [
        float(np.asarray(each.get_ydata())[0]) for each in lines if each.get_linestyle() == "--"
    ]


@pytest.mark.parametrize("entry", TOY_FIGURES, ids=lambda entry: entry.name)
def test_nothing_is_cut_off_or_printed_over(
    table: pd.DataFrame, entry: CatalogueEntry, style: FigureStyle
) -> None:
    figure = entry.draw(table, style)
    figure.draw_without_rendering()
    assert clashes(figure) == []


def test_features_against_sparsity(table: pd.DataFrame, style: FigureStyle) -> None:
    figure = toy_sparsity.draw(table, style)
    counts = panel(figure, "Features represented")
    np.testing.assert_allclose(values(counts, "features represented"), REPRESENTED)
    x = np.asarray(line(counts, "features represented").get_xdata(), dtype=np.float64)
    np.testing.assert_allclose(x, 1 / (1 - np.array(SPARSITIES)))
    expected = np.array(REPRESENTED)[:, None] * [0.9, 1.1]
    np.testing.assert_allclose(bars(counts)[0], expected)
    assert [label.get_text() for label in counts.get_xticklabels()] == [
        *("0", ".5", ".8", ".9", ".95", ".99")
    ]
    assert dashed(figure, "Features represented") == [5]
    shares = panel(figure, "Dimensions per feature")
    np.testing.assert_allclose(values(shares, "dimensions per feature"), 5 / np.array(REPRESENTED))
    assert dashed(figure, "Dimensions per feature") == [1, 0.5]
    assert dashed(figure, "Dimension of each feature") == [1, 0.5, 0.4]
    # Features that aren't represented have no dot.
    dots = values(panel(figure, "Dimension of each feature"), "share of a dimension")
    assert len(dots) == sum(REPRESENTED)
    assert np.count_nonzero(dots == 0.5) == 10


def test_phases_and_their_boundary(table: pd.DataFrame, style: FigureStyle) -> None:
    figure = toy_phases.draw(table, style)
    axes = panel(figure, "What becomes of the second feature")
    (mesh,) = (each for each in axes.collections if isinstance(each, QuadMesh))
    cells = np.asarray(mesh.get_array()).reshape(len(SPARSITIES), -1)
    # From the densest row up, importances from the left.
    assert cells.tolist() == [[0, 0, 1, 1]] * 2 + [[2, 2, 2, 2]] * 3
    corners = np.asarray(mesh.get_coordinates(), dtype=np.float64)
    inside = (corners[:-1, 0, 1] < 1 / (1 - np.array(SPARSITIES))) & (
        corners[1:, 0, 1] > 1 / (1 - np.array(SPARSITIES))
    )
    assert inside.all()
    np.testing.assert_allclose(values(axes, "closed form"), 1 / (1 - np.array([0.84, 0.43, 0.84])))


def test_arrows_of_paired_features(table: pd.DataFrame, style: FigureStyle) -> None:
    figure = toy_phases.draw(table, style)
    axes = panel(figure, "Three pairs that\ncome together")
    ends = [np.asarray(each.get_xydata())[1].tolist() for each in axes.get_lines()]
    assert ends[:3] == [[1, 0], [1, 0], [-0.5, 0.9]]
    colours = [each.get_color() for each in axes.get_lines()]
    assert colours[0] == colours[1] != colours[2] == colours[3]
    opposite = panel(figure, "Two pairs that\nexclude each other")
    assert opposite.get_xlabel() == "mean cosine\nwithin pairs \N{MINUS SIGN}1.00"


def test_a_penalty_and_its_price(table: pd.DataFrame, style: FigureStyle) -> None:
    figure = toy_penalty.draw(table, style)
    for title, metric, expected in (
        ("Features represented", "represented", [12, 8, 2]),
        ("Interference", "interference", [1.5, 0.6, 0]),
        ("Loss", "loss", [4e-3, 5e-3, 0.01]),
    ):
        np.testing.assert_allclose(values(panel(figure, title), metric), expected)
    trade = line(panel(figure, "Trade-off"), "trade-off")
    drawn = np.asarray(trade.get_xydata(), dtype=np.float64)
    np.testing.assert_allclose(drawn, [[1.5, 4e-3], [0.6, 5e-3], [0, 0.01]])
    assert "L1 0.03" in words(figure)


def test_collapse_beside_the_safeguard(table: pd.DataFrame, style: FigureStyle) -> None:
    figure = toy_training.draw_collapse(table, style)
    rank = panel(figure, "Effective rank")
    np.testing.assert_allclose(values(rank, "no_safeguard"), [6, 2, 1.5, 1.2])
    np.testing.assert_allclose(values(rank, "uniformity"), [6, 8, 8, 8])
    assert dashed(figure, "Probe for the classes") == [0.25]


def test_shortcuts_and_when_they_come(table: pd.DataFrame, style: FigureStyle) -> None:
    figure = toy_training.draw_shortcut(table, style)
    feature = panel(figure, "The feature in the last layer")
    np.testing.assert_allclose(values(feature, "later"), [0.7, 1, 0.8, 0.6])
    np.testing.assert_allclose(values(feature, "never"), [0.7, 1, 1, 1])
    (dotted,) = (each for each in feature.get_lines() if each.get_linestyle() == ":")
    assert list(np.asarray(dotted.get_xdata())) == [100, 100]


def test_codes_beside_what_a_linear_probe_can_do(table: pd.DataFrame, style: FigureStyle) -> None:
    figure = toy_codes.draw(table, style)
    (axes,) = figure.axes
    found = {
        probe: [
            float(np.asarray(each.get_xdata())[0])
            for each in axes.get_lines()
            if each.get_label() == probe
        ]
        for probe in ("linear", "mlp", "linear_on_neurons")
    }
    assert found["linear"] == pytest.approx([0.5, 0.5, 0.75])
    assert found["mlp"] == pytest.approx([0.98] * 3)
    assert found["linear_on_neurons"] == pytest.approx([1] * 3)
