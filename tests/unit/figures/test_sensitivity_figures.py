from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from probesteer.figures import (
    decodable_vs_steerable,
    normalisation,
    off_distribution,
    prompt_slopes,
)
from probesteer.figures.style import FigureStyle
from tests.unit.figures.reading_back import panel, values, words
from tests.unit.figures.synthetic_truth import FACTORS, FOUR_TRUTHS

Tables = dict[str, pd.DataFrame]


def test_points_are_selectivity_and_effect_of_each_place(
    tables: Tables, style: FigureStyle
) -> None:
    table = tables["decodable_vs_steerable"]
    figure = decodable_vs_steerable.draw(table, style)
    for truth in FOUR_TRUTHS:
        own = table[(table["concept"] == truth.name) & (table["site"] == "resid_post")]
        layer = own[own["layer"] == 2].set_index("metric")["value"]
        lines = panel(figure, truth.name).get_lines()
        (point,) = (line for line in lines if line.get_label() == "layer 2")
        np.testing.assert_array_equal(np.asarray(point.get_xdata()), [layer["selectivity"]])
        np.testing.assert_array_equal(np.asarray(point.get_ydata()), [layer["effect_at_cost"]])
    assert "at a KL of 0.1 nats" in words(figure)


def test_a_place_without_an_effect_at_that_cost_has_no_point(
    tables: Tables, style: FigureStyle
) -> None:
    table = tables["decodable_vs_steerable"]
    gone = (table["metric"] == "effect_at_cost") & (table["layer"] == 2)
    figure = decodable_vs_steerable.draw(table.assign(value=table["value"].mask(gone)), style)
    labels = {line.get_label() for line in panel(figure, FOUR_TRUTHS[0].name).get_lines()}
    assert "layer 2" not in labels
    assert "layer 1" in labels


@pytest.mark.parametrize("metric", ["selectivity", "effect_at_cost"])
def test_reading_without_steering_is_not_drawn(
    metric: str, tables: Tables, style: FigureStyle
) -> None:
    table = tables["decodable_vs_steerable"]
    figure = decodable_vs_steerable.draw(table[table["metric"] != metric], style)
    assert "not measured together" in " ".join(words(figure).split())


def test_slopes_of_prompts_have_their_spread_below_and_above(
    tables: Tables, style: FigureStyle
) -> None:
    table = tables["steerability"]
    figure = prompt_slopes.draw(table, style)
    name = FOUR_TRUTHS[0].name
    above = panel(figure, name)
    own = table[
        (table["concept"] == name) & (table["split"] == "all") & (table["method"] == "logistic")
    ]
    mean = own[own["metric"] == "prompt_slope"]["value"].to_numpy()
    np.testing.assert_array_equal(values(above, "logistic"), mean)
    outlines = [np.asarray(area.get_paths()[0].vertices) for area in above.collections]
    highest = max(float(outline[:, 1].max()) for outline in outlines if len(outline) > 4)
    of_means = table[
        (table["concept"] == name)
        & (table["split"] == "all")
        & (table["method"] == "difference_of_means")
    ].set_index("metric")["value"]
    expected = of_means["prompt_slope"].to_numpy() + of_means["prompt_slope_sd"].to_numpy()
    assert highest == pytest.approx(expected.max())
    below = figure.axes[figure.axes.index(above) + 4]
    shares = own[own["metric"] == "anti_steerable"]["value"].to_numpy()
    assert any(np.array_equal(np.asarray(line.get_ydata()), shares) for line in below.get_lines())


def test_effect_cost_and_distance_stand_in_one_column(tables: Tables, style: FigureStyle) -> None:
    figure = off_distribution.draw(tables["scale"], style)
    above = panel(figure, "past_tense")
    first = figure.axes.index(above)
    added = tables["scale"].query(
        "operator == 'add' and concept == 'past_tense' and layer == 2 and site == 'resid_post'"
    )
    for row, metric in enumerate(["logit_difference_change", "kl", "cached_percentile"]):
        expected = added[added["metric"] == metric]["value"]
        np.testing.assert_array_equal(values(figure.axes[first + 4 * row], "layer 2"), expected)


def test_the_next_block_stands_beside_the_stream(tables: Tables, style: FigureStyle) -> None:
    figure = normalisation.draw(tables["scale"], style)
    axes = panel(figure, FOUR_TRUTHS[0].name)
    changes = np.abs(np.array(FACTORS) - 1)
    np.testing.assert_allclose(values(axes, "layer 1"), 0.1 * changes)
    dashed = [line for line in axes.get_lines() if line.get_linestyle() == "--"]
    np.testing.assert_allclose(np.asarray(dashed[0].get_ydata()), changes)
    dotted = [line for line in axes.get_lines() if line.get_linestyle() == ":"]
    assert all(np.abs(np.asarray(line.get_ydata())).max() == 0 for line in dotted)


@pytest.mark.parametrize("measured", [off_distribution.measured, normalisation.measured])
def test_what_a_run_did_not_measure_is_known(
    measured: Callable[[pd.DataFrame], bool], tables: Tables
) -> None:
    assert measured(tables["scale"])
    assert not measured(tables["scale"].query("metric == 'neutral_loss'"))
