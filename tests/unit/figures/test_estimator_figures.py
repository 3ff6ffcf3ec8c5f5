import numpy as np
import pandas as pd

from probesteer.figures import nonlinear_gain, other_probes, sparse_probes
from probesteer.figures.style import FigureStyle
from tests.unit.figures.reading_back import bands, bars, line, panel, values, words
from tests.unit.figures.synthetic_transfer import SIZES
from tests.unit.figures.synthetic_truth import FOUR_TRUTHS

Tables = dict[str, pd.DataFrame]


def test_other_probes_are_the_tables_linear_above_nonlinear(
    tables: Tables, style: FigureStyle
) -> None:
    figure = other_probes.draw(tables["probes"], style)
    rows = tables["probes"].query("split == 'test' and metric == 'accuracy' and draw == -1")
    for truth in FOUR_TRUTHS:
        above = panel(figure, truth.name)
        below = figure.axes[figure.axes.index(above) + 4]  # four columns
        own = rows.query("concept == @truth.name").set_index("method")
        for axes, labels in ((above, other_probes.LINEAR), (below, other_probes.NONLINEAR)):
            for method, label in {**labels, "logistic": "logistic"}.items():
                np.testing.assert_array_equal(values(axes, label), own.loc[method, "value"])
            np.testing.assert_allclose(bars(axes)[0], own.loc["logistic", ["low", "high"]])
            assert len(bars(axes)) == 1


def test_linear_probes_alone_have_no_row_of_nonlinear_ones(
    tables: Tables, style: FigureStyle
) -> None:
    linear = tables["probes"][~tables["probes"]["method"].isin(other_probes.NONLINEAR)]
    figure = other_probes.draw(linear, style)
    assert len(figure.axes) == 4
    assert "nonlinear" not in words(figure) and "MLP" not in words(figure)


def test_gains_and_their_intervals_are_the_tables(tables: Tables, style: FigureStyle) -> None:
    figure = nonlinear_gain.draw(tables["probes"], style)
    rows = tables["probes"].query("metric == 'gain_over_linear'")
    for truth in FOUR_TRUTHS:
        axes = panel(figure, truth.name)
        for number, (method, label) in enumerate(other_probes.NONLINEAR.items()):
            own = rows[(rows["concept"] == truth.name) & (rows["method"] == method)]
            np.testing.assert_array_equal(values(axes, label), own["value"])
            np.testing.assert_allclose(bars(axes)[number], own[["low", "high"]])


def test_sparse_probes_are_those_of_the_layer_chosen_on_validation(
    tables: Tables, style: FigureStyle
) -> None:
    sparse = tables["sparse"].copy()
    # On validation the first layer is best, on test it is not.
    best = (sparse["split"] == "validation") & (sparse["layer"] == 0)
    sparse.loc[best & (sparse["method"] == "dense"), "value"] = 1.0
    figure = sparse_probes.draw(sparse, style)
    rows = sparse.query("split == 'test' and metric == 'accuracy' and draw == -1 and layer == 0")
    for truth in FOUR_TRUTHS:
        axes = panel(figure, truth.name)
        own = rows.query("concept == @truth.name").set_index("method")
        np.testing.assert_array_equal(line(axes, "neurons").get_xdata(), SIZES)
        np.testing.assert_array_equal(values(axes, "neurons"), own.loc["neurons", "value"])
        np.testing.assert_allclose(bars(axes)[0], own.loc["neurons", ["low", "high"]])
        basis = own.loc["random_basis"]
        np.testing.assert_array_equal(values(axes, "random basis"), basis["value"])
        ((_, low, high),) = bands(axes)
        np.testing.assert_allclose(low, basis["low"])
        np.testing.assert_allclose(high, basis["high"])
        (dashed,) = (found for found in axes.get_lines() if found.get_linestyle() == "--")
        np.testing.assert_array_equal(dashed.get_ydata(), own.loc["dense", "value"])
        assert axes.texts[0].get_text() == "neurons of layer 0"
