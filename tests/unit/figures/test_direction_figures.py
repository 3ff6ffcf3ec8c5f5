import numpy as np
import pandas as pd
from matplotlib.collections import QuadMesh

from probesteer.figures import direction_agreement, direction_cosines
from probesteer.figures.style import FigureStyle
from tests.unit.figures.reading_back import panel, values, words
from tests.unit.figures.synthetic_tables import synthetic_tables
from tests.unit.figures.synthetic_truth import FOUR_TRUTHS, TRUTHS

Tables = dict[str, pd.DataFrame]
MEANS = "method == 'difference_of_means' and other_method == 'difference_of_means'"


def test_cosines_are_those_of_the_middle_and_the_last_place(
    tables: Tables, style: FigureStyle
) -> None:
    figure = direction_cosines.draw(tables["cosines"], style)
    for title, place in (("Layer 2", 2), ("Layer 4", 4)):
        (mesh,) = (
            found for found in panel(figure, title).collections if isinstance(found, QuadMesh)
        )
        rows = tables["cosines"].query(f"{MEANS} and layer == {place} and site == 'resid_post'")
        names = [truth.name for truth in FOUR_TRUTHS]
        expected = rows.pivot_table(index="concept", columns="other_concept", values="value")
        shown = np.reshape(np.asarray(mesh.get_array()), (4, 4))
        np.testing.assert_allclose(shown, expected.loc[names, names])
        assert mesh.get_clim() == (-1.0, 1.0)


def test_a_pair_in_one_order_fills_both_cells() -> None:
    rows = pd.DataFrame({"concept": ["a"], "other_concept": ["b"], "value": [0.25]})
    matrix = direction_cosines.cosine_matrix(rows, ["a", "b", "c"])
    expected = [[1, 0.25, np.nan], [0.25, 1, np.nan], [np.nan, np.nan, 1]]
    np.testing.assert_array_equal(matrix, expected)


def test_one_concept_has_no_cosines_and_the_figure_says_so(style: FigureStyle) -> None:
    alone = synthetic_tables(TRUTHS[:1], layers=2)["cosines"]
    assert "two concepts" in words(direction_cosines.draw(alone, style))


def test_agreement_is_the_cosine_of_the_two_methods(tables: Tables, style: FigureStyle) -> None:
    figure = direction_agreement.draw(tables["cosines"], style)
    for truth in FOUR_TRUTHS:
        rows = tables["cosines"].query(
            "concept == @truth.name and other_concept == @truth.name "
            "and method == 'logistic' and other_method == 'difference_of_means'"
        )
        shown = values(panel(figure, truth.name), "logistic")
        np.testing.assert_array_equal(shown, rows["value"])


def test_agreement_without_a_second_method_says_so(tables: Tables, style: FigureStyle) -> None:
    figure = direction_agreement.draw(tables["cosines"].query(MEANS), style)
    assert "Only one kind of direction" in words(figure)


def test_every_method_is_held_against_the_difference_of_means(style: FigureStyle) -> None:
    pairs = [("difference_of_means", "lda", 0.5), ("leace", "difference_of_means", 0.25)]
    pairs += [("leace", "lda", 0.9), ("leace", "leace", 1.0)]
    rows = [
        ("demo", "resid_post", 0, "mood", one, "mood", other, "cosine", value, *[np.nan] * 2)
        for one, other, value in pairs
    ]
    columns = ["model", "site", "layer", "concept", "method", "other_concept", "other_method"]
    table = pd.DataFrame(rows, columns=[*columns, "metric", "value", "low", "high"])
    axes = panel(direction_agreement.draw(table, style), "mood")
    np.testing.assert_array_equal(values(axes, "LDA"), [0.5])
    np.testing.assert_array_equal(values(axes, "LEACE"), [0.25])
