import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from probesteer.figures import dose_response, effect_against_cost, steering_slope_by_layer
from probesteer.figures.style import FigureStyle
from tests.unit.figures.reading_back import bands, bars, line, panel, values, words
from tests.unit.figures.synthetic_tables import synthetic_tables
from tests.unit.figures.synthetic_truth import FOUR_TRUTHS, STRENGTHS, TRUTHS

Tables = dict[str, pd.DataFrame]
EFFECT = "metric == 'logit_difference_change' and split == 'all'"


@pytest.mark.parametrize("positions", ["from_last", "all"])
def test_dose_response_is_the_tables(tables: Tables, style: FigureStyle, positions: str) -> None:
    figure = dose_response.draw(tables["steering"], style, positions=positions)
    rows = tables["steering"].query(f"{EFFECT} and positions == @positions")
    for truth in FOUR_TRUTHS:
        axes = panel(figure, truth.name)
        own = rows.query("concept == @truth.name")
        pushed = own.query("method == 'difference_of_means' and layer == 3")
        np.testing.assert_array_equal(line(axes, "layer 3").get_xdata(), STRENGTHS)
        np.testing.assert_array_equal(values(axes, "layer 3"), pushed["value"])
        np.testing.assert_allclose(bars(axes)[4], pushed[["low", "high"]])
        random = own.query("method == 'random' and draw == -1").groupby("strength")
        ((x, low, high),) = bands(axes)
        np.testing.assert_array_equal(x, STRENGTHS)
        np.testing.assert_allclose(low, random["low"].min())
        np.testing.assert_allclose(high, random["high"].max())


def test_dose_response_without_random_directions_has_no_band(
    tables: Tables, style: FigureStyle
) -> None:
    figure = dose_response.draw(tables["steering"].query("method != 'random'"), style)
    assert bands(panel(figure, "sentiment")) == []
    assert "random" not in words(figure)


def test_positions_that_were_not_steered_are_said_to_be_missing(
    tables: Tables, style: FigureStyle
) -> None:
    only_last = tables["steering"].query("positions == 'from_last'")
    assert "not measured" in words(dose_response.draw(only_last, style, positions="all"))


def test_many_places_get_a_colour_bar_instead_of_a_legend(style: FigureStyle) -> None:
    table = synthetic_tables(TRUTHS[:2], layers=12, draws=2)["steering"]
    figure = dose_response.draw(table, style)
    assert figure.axes[-1].get_ylabel() == "layer"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "random directions, range"
    ]
    assert bars(panel(figure, "sentiment")) == []


def test_slopes_and_their_range_are_the_tables(tables: Tables, style: FigureStyle) -> None:
    figure = steering_slope_by_layer.draw(tables["steering"], style)
    rows = tables["steering"].query(
        "metric == 'slope' and split == 'all' and positions == 'from_last'"
    )
    for truth in FOUR_TRUTHS:
        axes = panel(figure, truth.name)
        own = rows.query("concept == @truth.name")
        for number, method in enumerate(("difference_of_means", "logistic")):
            chosen = own.query("method == @method")
            label = f"{method.replace('_', ' ')}, 95%"
            np.testing.assert_array_equal(values(axes, label), chosen["value"])
            np.testing.assert_allclose(bars(axes)[number], chosen[["low", "high"]])
        random = own.query("method == 'random' and draw == -1")
        ((_, low, high),) = bands(axes)
        np.testing.assert_allclose(low, random["low"])
        np.testing.assert_allclose(high, random["high"])


def test_the_slope_names_the_strengths_that_it_was_taken_between(
    tables: Tables, style: FigureStyle
) -> None:
    text = words(steering_slope_by_layer.draw(tables["steering"], style))
    assert "slope between -0.5 and +0.5\n(nats per class gap)" in text
    wider = tables["steering"].copy()
    wider.loc[wider["metric"] == "slope", "strength"] = 2.0
    text = words(steering_slope_by_layer.draw(wider, style))
    assert "slope between -2 and +2\n" in text


def test_effect_and_cost_are_joined_at_each_strength(tables: Tables) -> None:
    points = effect_against_cost.effects_and_costs(tables["steering"], "neutral_loss")
    one = points.query("concept == 'past_tense' and method == 'difference_of_means' and layer == 2")
    source = tables["steering"].query(
        "concept == 'past_tense' and method == 'difference_of_means' and layer == 2 "
        "and positions == 'from_last' and split == 'all' and strength >= 0"
    )
    losses = source.query("metric == 'neutral_loss'")["value"].to_numpy()
    effects = source.query("metric == 'logit_difference_change'")["value"]
    assert one["strength"].tolist() == [0.0, 0.5, 1.0, 2.0, 4.0]
    np.testing.assert_allclose(one["cost"], losses - losses[0])
    np.testing.assert_array_equal(one["effect"], effects)
    draws = points.query("method == 'random'")["draw"]
    assert sorted(draws.unique()) == list(range(8))


def test_a_loss_measured_at_all_tokens_only_is_the_cost(tables: Tables) -> None:
    table = tables["steering"].query("metric != 'neutral_loss' or positions == 'all'")
    points = effect_against_cost.effects_and_costs(table, "neutral_loss")
    assert len(points) == 4 * 6 * 5 * (2 + 8)


@pytest.mark.parametrize("cost", ["neutral_loss", "kl"])
def test_effect_against_cost_is_the_joined_points(
    tables: Tables, style: FigureStyle, cost: str
) -> None:
    figure = effect_against_cost.draw(tables["steering"], style, cost)
    points = effect_against_cost.effects_and_costs(tables["steering"], cost)
    for truth in FOUR_TRUTHS:
        axes = panel(figure, truth.name)
        own = points.query("concept == @truth.name")
        pushed = own.query("method == 'difference_of_means' and layer == 4")
        np.testing.assert_array_equal(line(axes, "layer 4").get_xdata(), pushed["cost"])
        np.testing.assert_array_equal(values(axes, "layer 4"), pushed["effect"])
        (random,) = (found for found in axes.collections if isinstance(found, LineCollection))
        assert len(random.get_segments()) == 6 * 8


def test_concepts_keep_the_order_of_the_table(tables: Tables, style: FigureStyle) -> None:
    figure = effect_against_cost.draw(tables["steering"], style)
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == [truth.name for truth in FOUR_TRUTHS]


def test_an_effect_without_any_cost_says_so(tables: Tables, style: FigureStyle) -> None:
    table = tables["steering"].query("metric == 'logit_difference_change'")
    assert "not measured together" in words(effect_against_cost.draw(table, style))
