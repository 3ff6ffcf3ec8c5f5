"""What every added direction does, over all prompts and prompt by prompt."""

import pandas as pd

from probesteer.interventions.continuation_tables import (
    continuation_prompt_table,
    continuation_table,
)
from probesteer.interventions.dose_response import DoseGrid
from probesteer.interventions.response_tables import Measured, dose_response_table, prompt_table


def steering_tables(
    measured: Measured, grid: DoseGrid, prompts: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the difference of the two continuations, then those of each by itself.

    prompts: as for `response_tables.prompt_table`. The first of the two has a column operator,
    which is "add" in all rows: tables of other operators have the same columns.
    """
    groups, splits = (prompts[name].to_numpy(dtype=str) for name in ("group", "split"))
    of_all = [
        table(measured, grid, groups, splits) for table in (dose_response_table, continuation_table)
    ]
    of_each = [
        table(measured, grid, prompts) for table in (prompt_table, continuation_prompt_table)
    ]
    responses = pd.concat(of_all, ignore_index=True)
    responses.insert(list(responses).index("method"), "operator", "add")
    return responses, pd.concat(of_each, ignore_index=True)
