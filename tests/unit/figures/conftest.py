"""Tables and style that the figure tests share."""

import pandas as pd
import pytest

from probesteer.figures.style import FigureStyle
from tests.unit.figures.synthetic_tables import synthetic_tables
from tests.unit.figures.synthetic_truth import FOUR_TRUTHS, TRUTHS


@pytest.fixture(scope="session")
def tables() -> dict[str, pd.DataFrame]:
    return synthetic_tables(FOUR_TRUTHS, layers=5)


@pytest.fixture(scope="session")
def style() -> FigureStyle:
    return FigureStyle()


@pytest.fixture(scope="session")
def small_tables() -> dict[str, pd.DataFrame]:
    """Two concepts and three places, for what takes long."""
    return synthetic_tables(TRUTHS[:2], layers=2, draws=2)
