"""What operators other than add do at every place, along every direction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from probesteer.directions.direction import Direction
from probesteer.directions.leace import Eraser
from probesteer.errors import ProbesteerError
from probesteer.interventions.checkpoint import NOT_KEPT, Checkpoints
from probesteer.interventions.dose_response import DoseGrid, measure_dose_response
from probesteer.interventions.kept_differences import kept_differences
from probesteer.interventions.response_tables import Measured, dose_response_table
from probesteer.models.loading import LoadedModel
from probesteer.places import Place

_WITHOUT_DIRECTION = {"scale": "none", "erase": "leace"}  # and what their method is called
_COLUMNS = (
    "site layer operator method draw positions unit strength split metric value low high n interval"
)


@dataclass(frozen=True)
class Doses:
    """How hard an operator is tried."""

    strengths: Sequence[float]
    unit: str


def operators_table(
    loaded: LoadedModel,
    prompts: pd.DataFrame,
    neutral: Sequence[str],
    directions: Sequence[Direction],
    operators: Mapping[str, Doses],
    grid: DoseGrid,
    erasers: Mapping[Place, Eraser],
    source: str,
    checkpoints: Checkpoints = NOT_KEPT,
) -> pd.DataFrame:
    """Rows as those of `response_tables.dose_response_table`, with a column operator; and of the
    metric "logit_difference_kept", see `kept_differences`.

    operators: by name. A strength of 0 is added where it changes nothing. `scale` and `erase` need
    no direction: one row stands for a place, of method "none" and "leace". grid: positions, batches
    and resamples; strengths and unit are those of the operators. checkpoints: from which sweeps
    that were stopped go on.
    """
    groups, splits = (prompts[name].to_numpy(dtype=str) for name in ("group", "split"))
    tables = [pd.DataFrame(columns=_COLUMNS.split())]
    for operator, doses in operators.items():
        unchanged = set() if operator == "clamp" else {0.0}
        strengths = sorted({*doses.strengths, *unchanged})
        own = replace(grid, strengths=strengths, unit=doses.unit, operator=operator)
        along = _along(operator, directions, erasers)
        data = (loaded, prompts, neutral, along, own, source, erasers)
        measured = measure_dose_response(*data, checkpoints)
        table = pd.concat(
            [dose_response_table(measured, own, groups, splits), _kept(measured, own, prompts)],
            ignore_index=True,
        )
        tables.append(table.assign(operator=operator)[_COLUMNS.split()])
    return pd.concat(tables[1:] or tables, ignore_index=True)


def _kept(measured: Measured, grid: DoseGrid, prompts: pd.DataFrame) -> pd.DataFrame:
    """What each direction keeps of the differences between prompts."""
    rows = []
    groups, splits = (prompts[name].to_numpy(dtype=str) for name in ("group", "split"))
    for positions, places in measured.items():
        for place, response in places.items():
            for split in ("all", "validation", "test"):
                taken = (splits == split) | (split == "all")
                if not taken.any():
                    continue
                numbers = (groups[taken], grid.bootstrap_draws, grid.seed)
                kept = kept_differences(
                    response.unedited[taken], response.change[..., taken], *numbers
                )
                for d, one in enumerate(response.directions):
                    key = (place.site, place.layer, one.method, one.draw, positions, grid.unit)
                    for s, strength in enumerate(grid.strengths):
                        ends = (float(each[d, s]) for each in kept)
                        rows.append((*key, strength, split, *ends, int(taken.sum())))
    keyed = ["site", "layer", "method", "draw", "positions", "unit", "strength", "split"]
    table = pd.DataFrame(rows, columns=[*keyed, "value", "low", "high", "n"])
    return table.assign(metric="logit_difference_kept", interval="bootstrap 95%")


def _along(
    operator: str, directions: Sequence[Direction], erasers: Mapping[Place, Eraser]
) -> list[Direction]:
    """The directions that an operator is measured along."""
    if operator not in _WITHOUT_DIRECTION:
        return list(directions)
    means = [each for each in directions if each.method == "difference_of_means"]
    if operator == "erase":
        means = [each for each in means if each.place in erasers]
        if not means:
            raise ProbesteerError("operator erase: no eraser; add leace to directions.methods")
    return [replace(each, method=_WITHOUT_DIRECTION[operator]) for each in means]
