import numpy as np
import pandas as pd
import pytest

from probesteer.figures import activation_scaling, scale_sensitivity
from probesteer.figures.style import FigureStyle
from tests.unit.figures.reading_back import bands, panel, values, words
from tests.unit.figures.synthetic_truth import FACTORS, FOUR_TRUTHS, NEUTRAL_LOSS

Tables = dict[str, pd.DataFrame]


@pytest.mark.parametrize("metric", ["prediction_changed", "kl", "neutral_loss"])
def test_scaling_curves_are_the_tables(tables: Tables, style: FigureStyle, metric: str) -> None:
    figure = activation_scaling.draw(tables["scale"], style, metric)
    for truth in FOUR_TRUTHS:
        axes = panel(figure, truth.name)
        rows = tables["scale"].query(
            "operator == 'multiply' and metric == @metric and concept == @truth.name "
            "and layer == 1 and site == 'resid_post'"
        )
        (line,) = (line for line in axes.get_lines() if line.get_label() == "layer 1")
        np.testing.assert_array_equal(line.get_xdata(), FACTORS)
        np.testing.assert_array_equal(values(axes, "layer 1"), rows["value"])


def test_scaling_that_was_not_measured_says_so(tables: Tables, style: FigureStyle) -> None:
    added = tables["scale"].query("operator == 'add'")
    assert "not measured" in words(activation_scaling.draw(added, style))


def test_response_and_loss_stand_in_one_column(tables: Tables, style: FigureStyle) -> None:
    figure = scale_sensitivity.draw(tables["scale"], style, tables["sensitivity"])
    above = panel(figure, "past_tense")
    number = figure.axes.index(above)
    below = figure.axes[number + 4]  # four columns
    added = tables["scale"].query(
        "operator == 'add' and concept == 'past_tense' and layer == 2 and site == 'resid_post'"
    )
    response = added.query("metric == 'logit_difference_change'")
    np.testing.assert_array_equal(values(above, "layer 2"), response["value"])
    np.testing.assert_array_equal(
        values(below, "layer 2"), added.query("metric == 'neutral_loss'")["value"]
    )
    _, low, high = bands(above)[3]
    np.testing.assert_allclose(low, response["low"])
    np.testing.assert_allclose(high, response["high"])


def test_marks_stand_at_the_ends_of_the_table(tables: Tables, style: FigureStyle) -> None:
    figure = scale_sensitivity.draw(tables["scale"], style, tables["sensitivity"])
    above = panel(figure, "sentiment")
    below = figure.axes[figure.axes.index(above) + 4]
    ends = tables["sensitivity"].query("operator == 'add' and concept == 'sentiment'")
    for axes, label, metrics in (
        (above, "end of the rising range", ["monotone_low", "monotone_high"]),
        (below, "loss doubled", ["doubling_negative", "doubling_positive"]),
    ):
        marks = [line for line in axes.get_lines() if line.get_label() == label]
        expected = ends[ends["metric"].isin(metrics)]["value"].dropna()
        x = [np.asarray(line.get_xdata())[0] for line in marks]
        assert sorted(x) == sorted(expected)
    doubled = [np.asarray(line.get_ydata())[0] for line in marks]
    assert min(doubled) >= 2 * NEUTRAL_LOSS


def test_no_ring_stands_where_the_response_rises_to_the_last_strength(
    tables: Tables, style: FigureStyle
) -> None:
    to_the_end = tables["sensitivity"].copy()
    to_the_end.loc[to_the_end["metric"] == "monotone_low", ["value", "bound"]] = -64.0
    figure = scale_sensitivity.draw(tables["scale"], style, to_the_end)
    rings = [
        np.asarray(line.get_xdata())[0]
        for axes in figure.axes
        for line in axes.get_lines()
        if line.get_label() == "end of the rising range"
    ]
    assert rings and min(rings) > 0


def test_a_ring_at_zero_says_that_the_response_does_not_rise(
    tables: Tables, style: FigureStyle
) -> None:
    falls = tables["sensitivity"].copy()
    falls.loc[falls["metric"].str.startswith("monotone"), "value"] = 0.0
    figure = scale_sensitivity.draw(tables["scale"], style, falls)
    axes = panel(figure, "sentiment")
    rings = [line for line in axes.get_lines() if line.get_label() == "end of the rising range"]
    assert {np.asarray(ring.get_xdata())[0] for ring in rings} == {0.0}


def test_a_strength_that_never_doubles_the_loss_has_no_mark(
    tables: Tables, style: FigureStyle
) -> None:
    never = tables["sensitivity"].copy()
    never.loc[never["metric"].str.startswith("doubling"), "value"] = np.nan
    figure = scale_sensitivity.draw(tables["scale"], style, never)
    labels = {line.get_label() for axes in figure.axes for line in axes.get_lines()}
    assert "loss doubled" not in labels
    assert "end of the rising range" in labels


def test_no_marks_without_sensitivity(tables: Tables, style: FigureStyle) -> None:
    figure = scale_sensitivity.draw(tables["scale"], style, tables["sensitivity"].iloc[:0])
    labels = {line.get_label() for axes in figure.axes for line in axes.get_lines()}
    assert "end of the rising range" not in labels
