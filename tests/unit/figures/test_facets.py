import pytest

from probesteer.figures.facets import facet_figure, shortened, wrapped
from probesteer.figures.style import FigureStyle


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("sentiment", ["sentiment"]),
        ("past_tense_of_verbs", ["past_tense_", "of_verbs"]),
        ("abcdefghijklmnop", ["abcdefghijkl", "mnop"]),
        ("one two three four five six seven", ["one two", "three four", "five six…"]),
        ("___", ["___"]),
        ("", [""]),
    ],
)
def test_names_wrap_at_their_joints(name: str, lines: list[str]) -> None:
    found = wrapped(name, 12).split("\n")
    assert [line[:8] for line in found] == [line[:8] for line in lines]
    assert all(len(line) <= 12 for line in found)


def test_a_long_name_keeps_both_its_ends() -> None:
    assert shortened("sentiment", 9) == "sentiment"
    assert shortened("past_tense_of_the_verb", 11) == "past_…_verb"


@pytest.mark.parametrize(
    ("count", "columns", "rows"),
    [(1, 1, 1), (3, 3, 1), (4, 4, 1), (5, 3, 2), (7, 4, 2), (12, 4, 3)],
)
def test_panels_wrap(count: int, columns: int, rows: int) -> None:
    style = FigureStyle()
    facets = facet_figure([f"concept {number}" for number in range(count)], style)
    assert facets.columns == columns
    grid = facets.figure.axes[0].get_subplotspec()
    assert grid is not None
    assert grid.get_gridspec().get_geometry() == (rows, columns)
    assert len(facets.figure.axes) == count
