"""All numbers that the page shows, as rows of text."""

from collections.abc import Mapping

import pandas as pd

from probesteer.figures.rows import matching
from probesteer.report.cluster_tables import clusters_table
from probesteer.report.compact_table import CompactTable
from probesteer.report.evidence_tables import (
    calibration_table,
    positions_table,
    sparse_table,
    transfer_table,
)
from probesteer.report.reading_tables import controls_table, other_probes_table, reading_table
from probesteer.report.sensitivity_tables import (
    decodable_table,
    prompts_table,
    ranges_table,
    units_table,
)
from probesteer.report.side_effect_tables import (
    continuations_table,
    side_effects_table,
    survival_table,
    words_table,
)
from probesteer.report.steering_tables import scale_table, steering_table

_TABLES = (
    *(reading_table, controls_table, other_probes_table, positions_table, transfer_table),
    *(sparse_table, calibration_table, steering_table, continuations_table, survival_table),
    *(words_table, side_effects_table, prompts_table, scale_table, ranges_table, units_table),
    *(decodable_table, clusters_table),
)


def compact_tables(tables: Mapping[str, pd.DataFrame], model: str) -> list[CompactTable]:
    """The tables of one model that have rows."""
    own = {name: matching(table, model=model) for name, table in tables.items() if "model" in table}
    made = [table_of(own) for table_of in _TABLES]
    return [table for table in made if table.rows]
