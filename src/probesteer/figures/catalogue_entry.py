"""What the catalogue knows of a figure, and the questions under which figures stand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

READING = "Where can the concept be read?"
EVIDENCE = "Is it the concept that the probe reads?"
ESTIMATORS = "What kind of probe does it take?"
DIRECTIONS = "Which direction carries it?"
STEERING = "Does pushing along it steer the model?"
SCALE = "Over which range of scales, and at what cost?"


@dataclass(frozen=True)
class CatalogueEntry:
    """A figure that the report shows."""

    name: str
    """File name without its ending; also that of the caption in workflow/report."""

    chapter: str
    """The question that the figure helps to answer; groups the figures of the report."""

    tables: tuple[str, ...]
    """Names of the tables that it is drawn from, in the order of `draw`'s arguments."""

    draw: Callable[..., Figure]
    """draw(table, style, *other_tables)."""

    title: str
    caption: str
    """What is shown, what the intervals are, units."""

    shown: Callable[[pd.DataFrame], bool] | None = None
    """Whether the first table has the rows that the figure shows; None for what every run
    measures. Where it has none, the figure only says so, and the report leaves it out."""

    def measured(self, tables: Mapping[str, pd.DataFrame]) -> bool:
        """Whether `tables` (by name, of one model) hold what the figure shows."""
        if self.shown is None:
            return True
        if any(name not in tables or tables[name].empty for name in self.tables):
            return False
        return self.shown(tables[self.tables[0]])
