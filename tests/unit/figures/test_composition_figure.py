"""The figure of two concepts shows the numbers of its table."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from probesteer.figures import concept_composition
from probesteer.figures.rows import matching
from probesteer.figures.style import FigureStyle
from tests.unit.figures.reading_back import bands, bars, panel, values
from tests.unit.figures.synthetic_composition import BY_LOT, NEAREST, READ, SHARES
from tests.unit.figures.synthetic_truth import FOUR_TRUTHS

Tables = dict[str, pd.DataFrame]
NAMES = [truth.name for truth in FOUR_TRUTHS[:2]]


def column(figure: Figure, concept: str, other: str) -> list[Axes]:
    """The panels of a concept with another, from the top."""
    left = panel(figure, f"{concept} with {other}").get_position().x0
    found = [axes for axes in figure.axes if abs(axes.get_position().x0 - left) < 0.01]
    return sorted(found, key=lambda axes: -axes.get_position().y0)


def test_panels_of_each_concept_with_the_other(tables: Tables, style: FigureStyle) -> None:
    figure = concept_composition.draw(tables["composition"], style)
    for names, share in zip((NAMES, NAMES[::-1]), SHARES, strict=True):
        _, offset, auroc, accuracy = column(figure, *names)
        np.testing.assert_allclose(values(offset, "joint_share"), [np.nan, *[share] * 5])
        for axes, less in ((auroc, 0.0), (accuracy, 0.05)):
            for (method, side), value in READ.items():
                line = "-" if method == "unseen" else ":"
                np.testing.assert_allclose(values(axes, f"{side}{line}"), value - less)
            ((_, low, high),) = bands(axes)
            np.testing.assert_allclose([low, high], np.repeat([[0.35], [0.55]], 6, axis=1))
            assert BY_LOT == 0.45


def test_of_two_combinations_the_worse_is_drawn(tables: Tables, style: FigureStyle) -> None:
    figure = concept_composition.draw(tables["composition"], style)
    first, second = (column(figure, *names)[0] for names in (NAMES, NAMES[::-1]))
    # Where the second concept is 0: 0,0 and 1,0; where the first is 0: 0,0 and 0,1.
    np.testing.assert_allclose(values(first, "0-"), NEAREST["1,0"])
    np.testing.assert_allclose(values(first, "1-"), NEAREST["0,1"])
    np.testing.assert_allclose(values(second, "0-"), NEAREST["0,1"])
    np.testing.assert_allclose(values(second, "1-"), NEAREST["1,1"])
    np.testing.assert_allclose(bars(first)[0], np.tile([0.78, 0.82], (6, 1)))


def test_concepts_without_shared_texts_have_no_figure(tables: Tables) -> None:
    table = tables["composition"]
    assert concept_composition.measured(table)
    assert not concept_composition.measured(table.iloc[:0])
    assert not concept_composition.measured(matching(table, metric="offset_cosine"))
