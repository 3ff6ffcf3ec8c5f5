"""Every toy that must be trained, in one call."""

from dataclasses import dataclass, fields

import pandas as pd

from probesteer.geometry.calibration import Calibration
from probesteer.geometry.toys.collapse import CollapseToy, collapse_toy
from probesteer.geometry.toys.correlation import CorrelationToy, correlation_toy
from probesteer.geometry.toys.l1_penalty import PenaltyCurve, penalty_curve
from probesteer.geometry.toys.nonlinear_codes import CodeReadings, code_readings
from probesteer.geometry.toys.phases import PhaseDiagram, phase_diagram
from probesteer.geometry.toys.rows import toy_table
from probesteer.geometry.toys.shortcut import ShortcutToy, shortcut_toy
from probesteer.geometry.toys.sparsity import SparsityCurve, sparsity_curve


@dataclass(frozen=True, eq=False)
class EveryToy:
    """What was trained; each knows its known truths, and its rows of the table."""

    sparsity: SparsityCurve
    phases: PhaseDiagram
    correlation: CorrelationToy
    penalty: PenaltyCurve
    collapse: CollapseToy
    shortcut: ShortcutToy
    codes: CodeReadings

    def calibrations(self) -> tuple[Calibration, ...]:
        """Expected and measured, of all toys in their order."""
        toys = (getattr(self, each.name) for each in fields(self))
        return tuple(found for toy in toys for found in toy.calibrations())

    def table(self) -> pd.DataFrame:
        """The curves of all toys as one tidy table, with the columns of `rows.COLUMNS`."""
        toys = (getattr(self, each.name) for each in fields(self))
        return toy_table(row for toy in toys for row in toy.rows())


def train_every_toy(seed: int) -> EveryToy:
    """Half a minute to a minute on one core."""
    return EveryToy(
        sparsity_curve(seed),
        phase_diagram(seed),
        correlation_toy(seed),
        penalty_curve(seed),
        collapse_toy(seed),
        shortcut_toy(seed),
        code_readings(seed),
    )
