"""All figures of one model: their names, tables, titles and captions."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from probesteer.errors import ProbesteerError
from probesteer.figures.catalogue_entry import CatalogueEntry
from probesteer.figures.chapters.components import COMPONENT_FIGURES
from probesteer.figures.chapters.dictionaries import ARITHMETIC_FIGURES, DICTIONARY_FIGURES
from probesteer.figures.chapters.directions import DIRECTIONS_FIGURES
from probesteer.figures.chapters.drift import DRIFT_FIGURES
from probesteer.figures.chapters.estimators import ESTIMATORS_FIGURES
from probesteer.figures.chapters.evidence import EVIDENCE_FIGURES
from probesteer.figures.chapters.geometry import GEOMETRY_FIGURES
from probesteer.figures.chapters.operators import OPERATORS_FIGURES
from probesteer.figures.chapters.reading import READING_FIGURES
from probesteer.figures.chapters.scale import SCALE_FIGURES
from probesteer.figures.chapters.sensitivity import SENSITIVITY_FIGURES
from probesteer.figures.chapters.steering import STEERING_FIGURES
from probesteer.figures.chapters.toys import TOY_FIGURES
from probesteer.figures.facets import note_figure
from probesteer.figures.style import FigureStyle

CATALOGUE: tuple[CatalogueEntry, ...] = (
    *READING_FIGURES,
    *EVIDENCE_FIGURES,
    *ESTIMATORS_FIGURES,
    *DIRECTIONS_FIGURES,
    *STEERING_FIGURES,
    *OPERATORS_FIGURES,
    *SCALE_FIGURES,
    *SENSITIVITY_FIGURES,
    *GEOMETRY_FIGURES,
    *COMPONENT_FIGURES,
    *DICTIONARY_FIGURES,
    *ARITHMETIC_FIGURES,
    *TOY_FIGURES,
    *DRIFT_FIGURES,
)


def entry(name: str) -> CatalogueEntry:
    """The figure called `name`. Raises ProbesteerError where there is none."""
    for candidate in CATALOGUE:
        if candidate.name == name:
            return candidate
    known = ", ".join(candidate.name for candidate in CATALOGUE)
    raise ProbesteerError(f"figure {name!r}: no such figure; there are {known}")


def draw_figure(name: str, tables: Mapping[str, pd.DataFrame], style: FigureStyle) -> Figure:
    """Draw the figure called `name` from the tables of one model.

    tables: by name, at least those that the figure needs. Raises ProbesteerError where the figure
    or a table is missing, or its first table is empty.
    """
    chosen = entry(name)
    for table in chosen.tables:
        if table not in tables:
            raise ProbesteerError(f"figure {name!r}: needs the table {table!r}; give it")
    first, *others = (tables[table] for table in chosen.tables)
    return chosen.draw(first, style, *others)


def draw_or_note(name: str, tables: Mapping[str, pd.DataFrame], style: FigureStyle) -> Figure:
    """As `draw_figure`; where the run did not measure what the figure shows, it only says so."""
    chosen = entry(name)
    if chosen.measured(tables):
        return draw_figure(name, tables, style)
    with style.applied():
        return note_figure(style, f"{chosen.title}: not measured in this run.")
