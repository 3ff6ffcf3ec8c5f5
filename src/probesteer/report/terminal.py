"""The findings as a short plain table for the terminal."""

import math
from collections.abc import Sequence

from probesteer.figures.places import axis_label
from probesteer.figures.units import one
from probesteer.places import Place
from probesteer.report.finding import Finding
from probesteer.report.numbers import MISSING, estimate, number

WIDTH = 100
SHOWN = 8
_GAP = "  "


def findings_table(findings: Sequence[Finding]) -> str:
    """At most ten lines of at most 100 characters: a header, eight concepts, how they were chosen.

    Columns: where it is first read, accuracy at the chosen place against shuffled labels, bag of
    tokens and, where one was tried, a model as it is initialised, slope (nats per unit) at the
    chosen place against the size of the random slopes.
    """
    if not findings:
        return "No findings.\n"
    several = len({finding.model for finding in findings}) > 1
    untrained = any(finding.beyond_untrained is not None for finding in findings)
    rows = [_row(finding, several, untrained) for finding in findings[:SHOWN]]
    unit = next((finding.unit for finding in findings if finding.unit), "")
    slope = f"slope per {one(unit)}" if unit else "slope"
    controls = "null/bag/init" if untrained else "null/bag"
    header = ["concept", "from", "accuracy", controls, slope, "random", "verdict"]
    cells = [header, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    # names give way, numbers do not
    widths[0] = max(8, min(widths[0], WIDTH - sum(widths[1:]) - len(_GAP) * (len(widths) - 1)))
    lines = [
        _GAP.join(_fit(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    more = f"{len(findings) - SHOWN} more in the report. " if len(findings) > SHOWN else ""
    init = "; init: untrained" if untrained else ""
    lines.append(f"{more}Layers chosen on validation, numbers of the test split{init}.")
    return "\n".join(line[:WIDTH] for line in lines) + "\n"


def _row(finding: Finding, several: bool, untrained: bool) -> list[str]:
    controls = [finding.null_mean, finding.baseline]
    if untrained:
        controls.append(finding.evidence.untrained[0])
    name = f"{finding.model} {finding.concept}" if several else finding.concept
    return [
        " ".join(name.split()),
        _label(finding.read_from),
        ("R² " if finding.metric == "r2" else "")
        + _share(finding.accuracy, finding.accuracy_low, finding.accuracy_high),
        "/".join(map(number, controls)),
        estimate(finding.slope, finding.slope_low, finding.slope_high),
        _size(finding.random_size),
        finding.verdict,
    ]


def _label(place: Place | None) -> str:
    return MISSING if place is None else axis_label(place)


def _share(value: float, low: float, high: float) -> str:
    """A number from 0 to 1 with its interval, in few characters."""
    return estimate(value, low, high).replace("[0.", "[.").replace(", 0.", "-.").replace(", ", "-")


def _size(value: float) -> str:
    """How far the random directions go to both sides."""
    return f"±{number(value)}" if math.isfinite(value) else MISSING


def _fit(cell: str, width: int) -> str:
    return cell.ljust(width) if len(cell) <= width else f"{cell[: width - 1]}…"
