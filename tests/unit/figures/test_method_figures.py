"""Figures that set methods, controls and operators side by side show the tables' numbers."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from probesteer.directions.methods import CONTROLS, ESTIMATORS
from probesteer.figures import (
    direction_layers,
    direction_stability,
    operators,
    steering_by_method,
)
from probesteer.figures.chosen_places import pushed_place
from probesteer.figures.method_names import OPERATORS as NAMES
from probesteer.figures.method_names import (
    controls,
    estimated,
    method_look,
    method_name,
    operator_look,
)
from probesteer.figures.rows import matching
from probesteer.figures.style import FigureStyle
from probesteer.interventions.operators.doses import OPERATORS
from probesteer.places import Place
from tests.unit.figures.reading_back import Array, bars, line, panel, values, words
from tests.unit.figures.synthetic_operators import DOSES, METHODS, between, effect
from tests.unit.figures.synthetic_truth import FOUR_TRUTHS, depths_of, pushing, sites

Tables = dict[str, pd.DataFrame]
STEEPEST = Place("resid_post", 2)  # at depth 0.6 of five blocks


def across(found: Line2D) -> Array:
    """Where a line's points stand, [n]."""
    return np.asarray(found.get_xdata(), dtype=np.float64)


def test_every_method_and_operator_has_a_name_and_a_look_of_its_own(style: FigureStyle) -> None:
    assert estimated([*ESTIMATORS, *CONTROLS, "other_truth"]) == list(ESTIMATORS)
    assert controls(["other_truth", *CONTROLS, *ESTIMATORS]) == [*CONTROLS, "other_truth"]
    assert method_name("other_truth_negated") == "of truth_negated"
    assert len({method_look(method, style) for method in ESTIMATORS}) == len(ESTIMATORS)
    assert set(NAMES) == {*OPERATORS, "erase"}
    assert len({operator_look(name, style)[1] for name in NAMES}) == 7


def test_stability_is_drawn_with_its_intervals(tables: Tables, style: FigureStyle) -> None:
    figure = direction_stability.draw(tables["agreement"], style)
    axes = panel(figure, "sentiment")
    intervals = bars(axes)
    for number, method in enumerate(METHODS):
        rows = matching(
            tables["agreement"], concept="sentiment", metric="resample_cosine", method=method
        )
        np.testing.assert_array_equal(values(axes, method_name(method)), rows["value"])
        np.testing.assert_array_equal(intervals[number], rows[["low", "high"]])
    # Side by side, within half a place.
    starts = [across(line(axes, method_name(method)))[0] for method in METHODS]
    np.testing.assert_allclose(np.diff(starts), 0.5 / 3)


def test_one_method_stands_at_its_place(tables: Tables, style: FigureStyle) -> None:
    alone = matching(tables["agreement"], method="difference_of_means")
    axes = panel(direction_stability.draw(alone, style), "sentiment")
    np.testing.assert_array_equal(across(line(axes, "difference of means")), np.arange(6))


def test_layers_are_compared_with_each_other(tables: Tables, style: FigureStyle) -> None:
    figure = direction_layers.draw(tables["agreement"], style)
    (mesh,) = (m for m in panel(figure, "sentiment").collections if isinstance(m, QuadMesh))
    shown = np.reshape(np.asarray(mesh.get_array()), (5, 5))
    expected = [[between(one, other) for other in range(5)] for one in range(5)]
    np.testing.assert_allclose(shown, expected)


def test_a_push_is_placed_by_the_validation_slope_and_not_at_the_end(tables: Tables) -> None:
    steering = matching(tables["steering"], concept="sentiment")
    assert pushed_place(steering) == STEEPEST
    last = (steering["site"] == "resid_post") & (steering["layer"] == 4)
    steep = steering.assign(value=steering["value"].where(~last, 99.0))
    assert pushed_place(steep) == STEEPEST
    assert pushed_place(steering[last]) == Place("resid_post", 4)
    assert pushed_place(steering.iloc[:0]) is None
    test = steering["split"] == "test"
    assert pushed_place(steering.assign(value=steering["value"].where(~test, 0.0))) == STEEPEST


def test_methods_stand_beside_controls(tables: Tables, style: FigureStyle) -> None:
    slopes = matching(tables["steering"], metric="slope")
    band = matching(slopes, method="random", draw=-1)
    steering = pd.concat(
        [
            tables["steering"],
            band.assign(method="shuffled"),
            matching(slopes, method="logistic").assign(method="other_truth"),
        ]
    )
    figure = steering_by_method.draw(steering, style)
    axes = panel(figure, "sentiment\nlayer 2")
    names = [label.get_text() for label in axes.get_yticklabels()]
    shown = ["difference of means", "logistic", "random", "shuffled labels", "of truth"]
    assert names == shown
    own = slopes.query("concept == 'sentiment' and site == 'resid_post' and layer == 2")
    own = matching(own, positions="from_last", split="test")
    for at, method in ((0, "difference_of_means"), (1, "logistic"), (4, "other_truth")):
        row = matching(own, method=method.replace("other_truth", "logistic")).iloc[0]
        point = line(axes, method)
        assert (across(point)[0], values(axes, method)[0]) == (row["value"], at)
    bar = axes.patches[0]
    assert isinstance(bar, Rectangle)
    drawn = matching(own, method="random", draw=-1).iloc[0]
    assert bar.get_x() == pytest.approx(drawn["low"])
    assert bar.get_width() == pytest.approx(drawn["high"] - drawn["low"])


def test_operators_are_drawn_where_adding_is_steepest(tables: Tables, style: FigureStyle) -> None:
    figure = operators.draw(tables["operators"], style, tables["steering"])
    depth = depths_of(sites(5), [("resid_post", 2)])[0]
    for operator, (_, strengths) in DOSES.items():
        for truth in FOUR_TRUTHS:
            expected = [effect(operator, s, pushing(truth, depth)) for s in strengths]
            np.testing.assert_allclose(values(panel(figure, operator), truth.name), expected)
    added = matching(
        tables["steering"],
        concept="sentiment",
        method="difference_of_means",
        metric="logit_difference_change",
        positions="from_last",
        split="all",
        site="resid_post",
        layer=2,
    )
    np.testing.assert_array_equal(values(panel(figure, "add"), "sentiment"), added["value"])
    assert [panel(figure, name).get_xlabel() for name in ("add", "rotate", "ablate")] == [
        "class gaps",
        "degrees",
        "share",
    ]


def test_costs_of_operators(tables: Tables, style: FigureStyle) -> None:
    figure = operators.draw_costs(tables["operators"], style, tables["steering"])
    axes = panel(figure, "sentiment")
    depth = depths_of(sites(5), [("resid_post", 2)])[0]
    effects = [effect("rotate", s, pushing(FOUR_TRUTHS[0], depth)) for s in (-45.0, 0.0, 45.0)]
    np.testing.assert_allclose(values(axes, "rotate"), effects)
    np.testing.assert_allclose(across(line(axes, "rotate")), 0.03 * np.square(effects))
    assert "KL divergence" in words(figure)
