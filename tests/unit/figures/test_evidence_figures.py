import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from numpy.typing import NDArray

from probesteer.figures import (
    accuracy_by_layer,
    accuracy_by_position,
    calibration,
    description_length,
    selectivity_by_layer,
    transfer_matrix,
)
from probesteer.figures.chosen_places import chosen_place
from probesteer.figures.style import FigureStyle
from probesteer.places import Place
from tests.unit.figures.reading_back import bars, line, panel, values, words
from tests.unit.figures.synthetic_tables import synthetic_tables
from tests.unit.figures.synthetic_transfer import OFFSETS
from tests.unit.figures.synthetic_truth import FOUR_TRUTHS, TRUTHS

Tables = dict[str, pd.DataFrame]


def grid(axes: Axes) -> NDArray[np.float64]:
    """The cells of a heat map, one array [rows * columns]."""
    (mesh,) = (found for found in axes.collections if isinstance(found, QuadMesh))
    return np.ma.filled(np.asarray(mesh.get_array(), dtype=np.float64), np.nan).ravel()


def on_test(probes: pd.DataFrame, concept: str, method: str, metric: str) -> pd.DataFrame:
    return probes.query(
        "concept == @concept and method == @method and metric == @metric and draw == -1 "
        "and split == 'test'"
    )


def test_the_untrained_model_is_drawn_beside_the_probe(tables: Tables, style: FigureStyle) -> None:
    figure = accuracy_by_layer.draw(tables["probes"], style)
    for truth in FOUR_TRUTHS:
        axes = panel(figure, truth.name)
        rows = on_test(tables["probes"], truth.name, "untrained", "accuracy")
        np.testing.assert_array_equal(values(axes, "untrained model"), rows["value"])
        np.testing.assert_allclose(bars(axes)[1], rows[["low", "high"]])
    assert "untrained model, 95%" in words(figure)


def test_other_probes_leave_the_scale_of_the_accuracy_alone(
    tables: Tables, style: FigureStyle
) -> None:
    probes = tables["probes"].copy()
    probes.loc[probes["method"].isin(["ccs", "resplit"]), "value"] = 0.01
    drawn = accuracy_by_layer.draw(probes, style).axes[0]
    expected = accuracy_by_layer.draw(tables["probes"], style).axes[0]
    assert drawn.get_ylim() == expected.get_ylim()


def test_several_sites_share_the_dashes_of_the_untrained_model(style: FigureStyle) -> None:
    probes = synthetic_tables(TRUTHS[:1], layers=2, draws=2)["probes"]
    attention = probes.query("site == 'resid_post'").assign(site="attn_out")
    figure = accuracy_by_layer.draw(pd.concat([probes, attention]), style)
    axes = panel(figure, "sentiment")
    for site in ("residual stream", "attention's output"):
        untrained = line(axes, f"{site}, untrained")
        assert untrained.get_color() == line(axes, site).get_color()
        assert untrained.get_linestyle() == "-."


def test_selectivity_is_the_tables(tables: Tables, style: FigureStyle) -> None:
    figure = selectivity_by_layer.draw(tables["probes"], style)
    for truth in FOUR_TRUTHS:
        axes = panel(figure, truth.name)
        for number, (label, method, metric) in enumerate(
            (
                ("accuracy on the concept, 95%", "logistic", "accuracy"),
                ("on control tasks, mean ± sd", "control_task", "accuracy"),
                ("selectivity: the difference, 95%", "logistic", "selectivity"),
            )
        ):
            rows = on_test(tables["probes"], truth.name, method, metric)
            np.testing.assert_array_equal(values(axes, label), rows["value"])
            np.testing.assert_allclose(bars(axes)[number], rows[["low", "high"]])


def test_compression_is_the_tables_in_doublings(tables: Tables, style: FigureStyle) -> None:
    axes = panel(description_length.draw(tables["probes"], style), "past_tense")
    rows = tables["probes"].query("concept == 'past_tense' and metric == 'compression'")
    np.testing.assert_array_equal(values(axes, "residual stream"), rows["value"])
    assert axes.get_yscale() == "log"
    low, high = axes.get_ylim()
    assert low < 1 < rows["value"].max() < high


def test_the_chosen_place_is_that_of_the_best_validation_accuracy() -> None:
    table = pd.DataFrame(
        {
            "site": ["resid_post", "resid_post", "resid_pre", "resid_post"],
            "layer": [1, 0, 0, 2],
            "method": "logistic",
            "draw": -1,
            "split": ["validation", "validation", "validation", "test"],
            "metric": "accuracy",
            "value": [0.8, 0.8, np.nan, 0.9],
        }
    )
    assert chosen_place(table) == Place("resid_post", 0)
    assert chosen_place(table.query("split == 'test'")) is None


def test_calibration_is_that_of_the_place_chosen_on_validation(
    tables: Tables, style: FigureStyle
) -> None:
    bins = tables["calibration"].copy()
    bins["observed"] += 0.001 * bins["layer"]  # so that places differ
    figure = calibration.draw(bins, style, tables["probes"])
    for truth in FOUR_TRUTHS:
        place = chosen_place(tables["probes"].query("concept == @truth.name"))
        assert place is not None
        here = "concept == @truth.name and layer == @place.layer and site == @place.site"
        rows = bins.query(f"{here} and split == 'test'")
        axes = panel(figure, truth.name)
        np.testing.assert_array_equal(line(axes, "bins").get_xdata(), rows["predicted"])
        np.testing.assert_array_equal(values(axes, "bins"), rows["observed"])
        np.testing.assert_allclose(bars(axes)[0], rows[["low", "high"]])
        error = on_test(tables["probes"].query(here), truth.name, "logistic", "calibration_error")
        assert axes.texts[0].get_text() == (f"{place.label}\nerror {error['value'].item():.2f}")


def test_calibration_without_a_chosen_place_says_so(tables: Tables, style: FigureStyle) -> None:
    unchosen = tables["probes"].query("split == 'test'")
    figure = calibration.draw(tables["calibration"], style, unchosen)
    assert "No probabilities were measured" in words(figure)


def test_positions_are_the_tables_with_the_first_place_below(
    tables: Tables, style: FigureStyle
) -> None:
    figure = accuracy_by_position.draw(tables["positions"], style)
    rows = tables["positions"].query(
        "concept == 'past_tense' and method == 'logistic' and split == 'test'"
    )
    axes = panel(figure, "past_tense")
    expected = rows.assign(depth=np.where(rows["site"] == "resid_pre", -1, rows["layer"]))
    shown = expected.pivot_table(index="depth", columns="offset", values="value")
    np.testing.assert_array_equal(grid(axes), shown.to_numpy().ravel())
    assert axes.get_ylim() == (0, 6)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [str(at) for at in OFFSETS]
    first = [tick.get_text() for tick in panel(figure, "sentiment").get_yticklabels()]
    assert first == ["emb", "0", "1", "2", "3", "4"]


@pytest.mark.parametrize("number", [0, 1])
def test_each_row_of_the_transfer_is_at_its_own_place(
    tables: Tables, style: FigureStyle, number: int
) -> None:
    figure = transfer_matrix.draw(tables["transfer"], style, tables["probes"])
    axes = figure.axes[number]
    method = list(transfer_matrix.METHODS)[number]
    names = [truth.name for truth in FOUR_TRUTHS[:-1]]  # the last has no family
    expected = np.empty((3, 3))
    for row, name in enumerate(names):
        place = chosen_place(tables["probes"].query("concept == @name"))
        assert place is not None
        own = tables["transfer"].query(
            "concept == @name and layer == @place.layer and site == @place.site "
            "and method == @method"
        )
        expected[row] = own.set_index("other").loc[names, "value"]
        assert figure.axes[0].get_yticklabels()[row].get_text() == f"{name}, {place.label}"
    np.testing.assert_array_equal(grid(axes), expected.ravel())
    assert axes.get_title("left") == transfer_matrix.METHODS[method]


def test_families_stand_together_and_pairs_that_were_not_tried_are_blank() -> None:
    pairs = pd.DataFrame({"concept": ["a", "b", "c", "d"], "other": ["c", "d", "a", "b"]})
    assert transfer_matrix.by_family(pairs, ["a", "b", "e", "c", "d"]) == ["a", "c", "b", "d"]
    assert transfer_matrix.by_family(pairs, ["d", "c", "b", "a"]) == ["d", "b", "c", "a"]
    rows = pairs.assign(site="resid_post", layer=0, metric="auroc", value=[0.6, 0.7, 0.8, 0.9])
    places = dict.fromkeys("abcd", Place("resid_post", 0))
    shown = transfer_matrix.transfer_values(rows, ["a", "c", "b", "d"], places)
    nan = np.nan
    expected = [
        [nan, 0.6, nan, nan],
        [0.8, nan, nan, nan],
        [nan, nan, nan, 0.7],
        [nan, nan, 0.9, nan],
    ]
    np.testing.assert_array_equal(shown, expected)


def test_a_concept_tried_on_itself_alone_is_no_transfer(tables: Tables) -> None:
    alone = tables["transfer"].query("concept == other")
    assert len(alone) and not transfer_matrix.measured(alone)
