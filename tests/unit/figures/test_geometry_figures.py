"""Figures of the geometry show the numbers of their tables."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probesteer.figures import (
    activation_shape,
    boundaries_along_paths,
    boundary_density,
    concept_interference,
    interpolation,
    plane_slices,
    single_neurons,
)
from probesteer.figures.rows import matching
from probesteer.figures.style import GREY, FigureStyle
from tests.unit.figures.reading_back import bars, panel, values, words
from tests.unit.figures.synthetic_geometry import PEAK, SIDE, density, overlap
from tests.unit.figures.synthetic_truth import FOUR_TRUTHS

Tables = dict[str, pd.DataFrame]
NAMES = [truth.name for truth in FOUR_TRUTHS]


def below(figure: Figure, name: str) -> Axes:
    """The lower panel of a concept."""
    above = panel(figure, name)
    left = above.get_position().x0
    return next(
        axes
        for axes in figure.axes
        if axes is not above
        and abs(axes.get_position().x0 - left) < 0.01
        and not axes.get_title(loc="left")
    )


def test_interference_is_the_mean_size_over_the_other_concepts(
    tables: Tables, style: FigureStyle
) -> None:
    figure = concept_interference.draw(tables["superposition"], style)
    for name in NAMES:
        for method in ("raw", "whitened"):
            np.testing.assert_allclose(values(panel(figure, name), method), overlap(method))
        np.testing.assert_allclose(values(below(figure, name), "readout"), 0.3)
    assert "two random directions" in words(figure)


def test_shapes_of_both_networks(tables: Tables, style: FigureStyle) -> None:
    figure = activation_shape.draw(tables["superposition"], style)
    for name in NAMES:
        for network, rank in (("trained", 9.0), ("reinitialised", 30.0)):
            np.testing.assert_allclose(values(panel(figure, name), network), rank)
            np.testing.assert_allclose(values(below(figure, name), network), 3 / rank)


def test_best_neurons_and_the_range_of_their_controls(tables: Tables, style: FigureStyle) -> None:
    figure = single_neurons.draw(tables["superposition"], style)
    axes = panel(figure, NAMES[0])
    np.testing.assert_allclose(values(axes, "neurons"), 0.9)
    np.testing.assert_allclose(values(axes, "shuffled_labels"), 0.6)
    # Three controls have a range, neurons none.
    assert len(bars(axes)) == 3
    np.testing.assert_allclose(bars(axes)[2], [[0.55, 0.65]] * 5)


def test_densities_within_and_between(tables: Tables, style: FigureStyle) -> None:
    figure = boundary_density.draw(tables["polytopes"], style)
    for name in NAMES:
        lines = {
            (line.get_label(), line.get_color() == GREY): line
            for line in panel(figure, name).get_lines()
        }
        for side, label in (("within", "within classes"), ("between", "between")):
            for network, grey in (("trained", False), ("reinitialised", True)):
                found = np.asarray(lines[label, grey].get_ydata())
                np.testing.assert_allclose(found, density(side, network))


def test_a_model_trained_on_shuffled_labels_has_lines_of_its_own(
    tables: Tables, style: FigureStyle
) -> None:
    measured = tables["polytopes"]
    of_pairs = measured[(measured["network"] == "trained") & (measured["path"] == "pairs")]
    other = of_pairs.assign(network="shuffled", value=of_pairs["value"] / 2)
    figure = boundary_density.draw(pd.concat([measured, other]), style)
    colour = style.categories(2)[1]
    drawn = [line for line in panel(figure, NAMES[0]).get_lines() if line.get_color() == colour]
    assert [line.get_label() for line in drawn] == ["within classes", "between"]
    np.testing.assert_allclose(np.asarray(drawn[0].get_ydata()), density("within", "trained") / 2)
    assert "between, trained on shuffled labels" in words(figure)
    assert "shuffled" not in words(boundary_density.draw(measured, style))


def test_pushes_peak_where_the_table_does_and_ring_the_ends_of_the_range(
    tables: Tables, style: FigureStyle
) -> None:
    ends = tables["sensitivity"]
    ends = ends[(ends["metric"] == "monotone_high") & (ends["operator"] == "add")]
    ends = ends.assign(value=2.5, bound=32.0)
    figure = boundaries_along_paths.draw_pushes(tables["polytopes"], style, ends)
    axes = panel(figure, NAMES[0])
    curve = next(line for line in axes.get_lines() if line.get_label() == "the embedding")
    x, y = (np.asarray(data) for data in (curve.get_xdata(), curve.get_ydata()))
    assert x[y.argmax()] == PEAK
    rings = [line for line in axes.get_lines() if line.get_marker() == "o"]
    assert [float(np.asarray(ring.get_xdata())[0]) for ring in rings] == [2.5] * 5
    np.testing.assert_allclose(np.asarray(rings[0].get_ydata()), y[x == 2.5])
    # None where the range does not end within what was tried.
    open_ended = ends.assign(bound=2.5)
    figure = boundaries_along_paths.draw_pushes(tables["polytopes"], style, open_ended)
    assert all(line.get_marker() != "o" for line in panel(figure, NAMES[0]).get_lines())


def test_rays_show_noise_beside_activations(tables: Tables, style: FigureStyle) -> None:
    figure = boundaries_along_paths.draw_rays(tables["polytopes"], style)
    axes = panel(figure, NAMES[0])
    drawn = [line for line in axes.get_lines() if line.get_label() == "layer 0"]
    assert [line.get_linestyle() for line in drawn] == ["-", ":"]
    rows = matching(
        tables["polytopes"], concept=NAMES[0], path="ray", site="resid_post", layer=0
    ).query("method == 'noise' and metric == 'crossings'")
    np.testing.assert_allclose(np.asarray(drawn[1].get_ydata()), rows["value"])


def test_ways_to_another_class_are_lines_of_their_own(tables: Tables, style: FigureStyle) -> None:
    figure = interpolation.draw_along(tables["polytopes"], style)
    for name in NAMES:
        for axes, expected in (
            (panel(figure, name), {"-": [1.2] * 5, ":": [0.8] * 5}),
            (below(figure, name), {"-": [0, 0, 0, 1, 1, 1], ":": [0] * 6}),
        ):
            drawn = [line for line in axes.get_lines() if line.get_label() == "layer 1"]
            assert sorted(str(line.get_linestyle()) for line in drawn) == ["-", ":"]
            for line in drawn:
                found = np.asarray(line.get_ydata())
                np.testing.assert_allclose(found, expected[str(line.get_linestyle())])


def test_ways_are_compared_with_those_of_the_control(tables: Tables, style: FigureStyle) -> None:
    figure = interpolation.draw_by_layer(tables["polytopes"], style)
    for name in NAMES:
        for axes, truth in (
            (panel(figure, name), density),
            (below(figure, name), lambda side, _: float(side == "between")),
        ):
            for side, label in (("within", "within classes"), ("between", "between")):
                for network, grey in (("trained", False), ("reinitialised", True)):
                    (line,) = (
                        line
                        for line in axes.get_lines()
                        if line.get_label() == label and (line.get_color() == GREY) is grey
                    )
                    found = np.asarray(line.get_ydata())
                    np.testing.assert_allclose(found, truth(side, network))
    # All panels of a row have one scale.
    assert {below(figure, name).get_ylim()[0] for name in NAMES} == {0.0}


def test_planes_show_density_predictions_and_the_three_examples(
    tables: Tables, style: FigureStyle
) -> None:
    figure = plane_slices.draw(tables["plane"], style)
    maps = [axes for axes in figure.axes if axes.images]
    assert len(maps) == 4 * len(NAMES)
    # Of the three places that have one, the middle.
    assert panel(figure, f"{NAMES[0]}\nlayer 1") in maps
    first = panel(figure, f"{NAMES[0]}\nlayer 1")
    shown = np.asarray(first.images[0].get_array())
    assert shown.shape == (SIDE - 1, SIDE - 1)
    np.testing.assert_allclose(shown.mean(), 1)
    np.testing.assert_allclose(shown[:, SIDE // 2 - 1] / shown[:, 0], 2)
    named = [axes for axes in maps if axes.texts]
    assert len(named) == 2 * len(NAMES)
    for axes in named:
        areas = np.asarray(axes.images[0].get_array())
        assert len(np.unique(areas[:, : SIDE // 2])) == len(np.unique(areas[:, SIDE // 2 :])) == 1
        where = {text.get_text(): text.get_position()[0] for text in axes.texts}
        assert where["warm"] < 0.5 < where["cold"]
    for axes in maps:
        marks = [line for line in axes.get_lines() if np.size(line.get_xdata())]
        spots = [tuple(np.asarray(line.get_xydata()).reshape(-1).tolist()) for line in marks]
        assert spots == [(1, 1), (6, 1), (2, 6)]
        assert [line.get_marker() for line in marks] == ["o", "o", "^"]
