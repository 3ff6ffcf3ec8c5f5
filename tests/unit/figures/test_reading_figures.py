import numpy as np
import pandas as pd
from matplotlib.collections import QuadMesh

from probesteer.figures import accuracy_by_layer, accuracy_heatmap
from probesteer.figures.style import FigureStyle
from tests.unit.figures.reading_back import bands, bars, line, panel, values
from tests.unit.figures.synthetic_truth import FOUR_TRUTHS

Tables = dict[str, pd.DataFrame]


def accuracy(probes: pd.DataFrame, concept: str, method: str, draw: int = -1) -> pd.DataFrame:
    return probes.query(
        "concept == @concept and method == @method and draw == @draw "
        "and split == 'test' and metric == 'accuracy'"
    )


def test_accuracy_curve_bars_and_controls_are_the_tables(
    tables: Tables, style: FigureStyle
) -> None:
    probes = tables["probes"].sample(frac=1.0, random_state=1)  # the order of rows is no matter
    figure = accuracy_by_layer.draw(probes, style)
    for truth in FOUR_TRUTHS:
        axes = panel(figure, truth.name)
        rows = accuracy(tables["probes"], truth.name, "logistic")
        np.testing.assert_array_equal(values(axes, "logistic probe"), rows["value"])
        np.testing.assert_allclose(bars(axes)[0], rows[["low", "high"]])
        null = accuracy(tables["probes"], truth.name, "shuffled_labels")
        ((x, low, high),) = bands(axes)
        np.testing.assert_array_equal(x, range(6))
        np.testing.assert_allclose(low, null["low"])
        np.testing.assert_allclose(high, null["high"])
        dashed = [line for line in axes.get_lines() if line.get_linestyle() == "--"]
        assert dashed[0].get_ydata() == [truth.baseline, truth.baseline]


def test_accuracy_axis_names_layers(tables: Tables, style: FigureStyle) -> None:
    axes = panel(accuracy_by_layer.draw(tables["probes"], style), "truth_of_statement")
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["emb", "0", "1", "2", "3", "4"]


def test_accuracy_without_controls_has_no_band_and_says_nothing_of_them(
    tables: Tables, style: FigureStyle
) -> None:
    alone = tables["probes"].query("method == 'logistic'")
    figure = accuracy_by_layer.draw(alone, style)
    axes = panel(figure, "sentiment")
    assert bands(axes) == []
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["logistic probe, 95%", "chance"]


def test_accuracy_skips_unknown_numbers(tables: Tables, style: FigureStyle) -> None:
    probes = tables["probes"].copy()
    hole = (probes["method"] == "logistic") & (probes["layer"] == 2)
    probes.loc[hole, ["value", "low", "high"]] = np.nan
    axes = panel(accuracy_by_layer.draw(probes, style), "sentiment")
    assert np.isnan(line(axes, "logistic probe").get_ydata()).tolist() == [False] * 3 + [
        True,
        False,
        False,
    ]
    assert len(bars(axes)[0]) == 5


def test_heatmap_cells_and_their_text_are_the_tables(tables: Tables, style: FigureStyle) -> None:
    figure = accuracy_heatmap.draw(tables["probes"], style)
    axes = figure.axes[0]
    expected = np.array(
        [accuracy(tables["probes"], truth.name, "logistic")["value"] for truth in FOUR_TRUTHS]
    )
    (mesh,) = (found for found in axes.collections if isinstance(found, QuadMesh))
    shown = mesh.get_array()
    assert shown is not None
    np.testing.assert_array_equal(np.reshape(shown, expected.shape), expected)
    assert axes.texts[0].get_text() == f"{expected[0, 0]:.2f}".removeprefix("0")
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [t.name for t in FOUR_TRUTHS]


def test_heatmap_leaves_unknown_cells_blank(tables: Tables, style: FigureStyle) -> None:
    probes = tables["probes"]
    gone = probes.query("not (concept == 'sentiment' and layer == 1)")
    assert len(accuracy_heatmap.draw(gone, style).axes[0].texts) == 4 * 6 - 1
