import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh

from probesteer.figures.catalogue import draw_or_note
from probesteer.figures.chosen_places import chosen_place
from probesteer.figures.style import FigureStyle
from probesteer.probe_rows import guess, is_real, of_probe
from tests.unit.figures.reading_back import clashes, panel, values, words
from tests.unit.figures.synthetic_kinds import CLASSES, REAL, of_kinds

Tables = dict[str, pd.DataFrame]
BINARY = "past_tense"


@pytest.fixture(scope="module")
def probes(tables: Tables) -> pd.DataFrame:
    return of_kinds(tables["probes"])


def of(probes: pd.DataFrame, *concepts: str) -> pd.DataFrame:
    return probes[probes["concept"].isin(concepts)]


def test_ridge_is_the_probe_where_there_is_no_logistic(probes: pd.DataFrame) -> None:
    found = of_probe(probes)
    methods = {name: set(rows["method"]) for name, rows in found.groupby("concept")}
    assert methods.pop(REAL) == {"ridge"}
    assert set(map(frozenset, methods.values())) == {frozenset({"logistic"})}
    assert "ridge" in set(of(probes, BINARY)["method"])  # there another estimator
    assert of_probe(probes.iloc[:0]).empty


def test_a_guess_is_told_by_the_uniform_code(probes: pd.DataFrame) -> None:
    guesses = {name: guess(of(probes, name)) for name in (BINARY, CLASSES, REAL)}
    assert guesses == {BINARY: 0.5, CLASSES: 1 / 3, REAL: 0.0}
    assert guess(of(probes, CLASSES).query("split != 'train'")) == 0.5
    assert [is_real(of(probes, name)) for name in (BINARY, CLASSES, REAL)] == [False, False, True]


def test_the_place_of_real_numbers_is_the_best_of_ridge(
    probes: pd.DataFrame, tables: Tables
) -> None:
    for concept in (CLASSES, REAL):
        assert chosen_place(of(probes, concept)) == chosen_place(of(tables["probes"], concept))


def test_each_panel_has_its_own_measure_and_guess(probes: pd.DataFrame, style: FigureStyle) -> None:
    figure = draw_or_note("accuracy_by_layer", {"probes": probes}, style)
    figure.draw_without_rendering()
    assert clashes(figure) == []
    for concept, name, guessed in (
        (BINARY, "accuracy", 0.5),
        (CLASSES, "accuracy", 1 / 3),
        (REAL, "R²", 0.0),
    ):
        axes = panel(figure, concept)
        assert axes.get_ylabel() == name
        dotted = [line for line in axes.get_lines() if line.get_linestyle() == ":"]
        assert [line.get_ydata() for line in dotted] == [[guessed, guessed]]
        low, high = axes.get_ylim()
        assert low < guessed < 1 < high
        rows = of_probe(of(probes, concept)).query(
            "split == 'test' and metric in ('accuracy', 'r2') and draw == -1"
        )
        np.testing.assert_array_equal(values(axes, "probe"), rows["value"])
    assert panel(figure, BINARY).get_ylim() == panel(figure, CLASSES).get_ylim()


@pytest.mark.parametrize(
    ("concept", "label", "probe"),
    [
        (CLASSES, "test accuracy (share correct)", "logistic probe"),
        (REAL, "test R² (share of variance)", "ridge probe"),
    ],
)
def test_a_figure_of_one_measure_names_it_once(
    concept: str, label: str, probe: str, probes: pd.DataFrame, style: FigureStyle
) -> None:
    figure = draw_or_note("accuracy_by_layer", {"probes": of(probes, concept)}, style)
    figure.draw_without_rendering()
    assert clashes(figure) == []
    assert figure.get_supylabel() == label
    axes = panel(figure, concept)
    assert axes.get_ylabel() == "" and len(values(axes, probe)) == 6


def grid(probes: pd.DataFrame, style: FigureStyle) -> tuple[np.ndarray, list[str], str]:
    """Colours [concepts, places] between 0 and 1, what is written, and all text."""
    figure = draw_or_note("accuracy_heatmap", {"probes": probes}, style)
    figure.draw_without_rendering()
    assert clashes(figure) == []
    axes = figure.axes[0]
    (mesh,) = (found for found in axes.collections if isinstance(found, QuadMesh))
    values_shown = mesh.get_array()
    assert values_shown is not None
    shown = np.asarray(mesh.norm(values_shown)).reshape(-1, 6)
    return shown, [text.get_text() for text in axes.texts], words(figure)


def test_colours_of_the_heatmap_start_at_a_guess(probes: pd.DataFrame, style: FigureStyle) -> None:
    chosen = of(probes, BINARY, CLASSES, REAL)
    shown, written, text = grid(chosen, style)
    rows = of_probe(chosen).query("split == 'test' and draw == -1")
    for concept, colours in zip(chosen["concept"].unique(), shown, strict=True):
        guessed = {BINARY: 0.5, CLASSES: 1 / 3, REAL: 0.0}[concept]
        read = rows.query("concept == @concept and metric in ('accuracy', 'r2')")["value"]
        np.testing.assert_allclose(colours, (read - guessed) / (1 - guessed))
        assert f"{read.iloc[0]:.2f}".removeprefix("0") in written
    assert "sentiment (R²)" in text and "a guess" in text and "accuracy or R²" in text


def test_a_heatmap_of_like_concepts_shows_their_numbers(
    probes: pd.DataFrame, style: FigureStyle
) -> None:
    assert "test accuracy" in grid(of(probes, CLASSES), style)[2]
    text = grid(of(probes, REAL), style)[2]
    assert "test R²" in text and "a guess" not in text


def test_ridge_of_real_numbers_is_no_other_probe(probes: pd.DataFrame, style: FigureStyle) -> None:
    for concept in (CLASSES, REAL):
        text = words(draw_or_note("other_probes", {"probes": of(probes, concept)}, style))
        assert " ".join(text.split()).endswith("not measured in this run.")
    assert {
        axes.get_title("left")
        for axes in draw_or_note(
            "selectivity_by_layer", {"probes": of(probes, CLASSES, REAL)}, style
        ).axes
    } == {CLASSES}
