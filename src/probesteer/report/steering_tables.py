"""The key numbers of steering and of scale at each place, as rows of text."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from probesteer.figures.places import axis_label
from probesteer.figures.rows import matching
from probesteer.figures.scale_sensitivity import at_bound
from probesteer.figures.units import many, per, span, step_of, unit_of
from probesteer.places import Place
from probesteer.report.compact_table import CompactTable, lookup, pairs_of, rows_of
from probesteer.report.evidence import UNKNOWN
from probesteer.report.numbers import estimate, interval, number


def steering_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    steering = rows_of(tables, "steering", positions="from_last")
    metrics = ["slope", "kl", "neutral_loss", "top1_agreement", "angle"]
    steering = steering[steering["metric"].isin(metrics)] if len(steering) else steering
    pushes = matching(steering, method="difference_of_means", draw=-1)
    slopes = matching(pushes, metric="slope", split="test")
    slope = lookup(slopes)
    drawn = matching(steering, method="random", draw=-1, metric="slope", split="test")
    spread = lookup(drawn)
    strength = _nearest_to_one(pushes)
    at_one = matching(pushes, split="all", strength=strength)  # only the response is split
    kl, agreement, angle, loss = (
        lookup(matching(at_one, metric=metric))
        for metric in ("kl", "top1_agreement", "angle", "neutral_loss")
    )
    unsteered = lookup(matching(pushes, split="all", metric="neutral_loss", strength=0))
    rows = []
    for concept, place in pairs_of(pushes):
        key = (concept, place)
        rise = loss.get(key, UNKNOWN)[0] - unsteered.get(key, UNKNOWN)[0]
        rows.append(
            [
                concept,
                axis_label(place),
                estimate(*slope.get(key, UNKNOWN)),
                interval(*spread.get(key, UNKNOWN)[1:]),
                number(kl.get(key, UNKNOWN)[0]),
                number(rise),
                number(agreement.get(key, UNKNOWN)[0]),
                number(angle.get(key, UNKNOWN)[0]),
            ]
        )
    at, unit = f"at {strength:g}", unit_of(pushes, "steering")
    return CompactTable(
        "Steering",
        f"Difference of means, pushed from the last prompt token on; strengths in {many(unit)}. "
        "Test prompts: the slope, with 95% bootstrap intervals, and its range over random "
        "directions of the same length, whose sign is arbitrary. All prompts: KL, top token and "
        "angle. The loss is of the same push at every token of the neutral texts. At the last "
        "layer a push goes straight into the output.",
        [
            "concept",
            "layer",
            f"slope {span(step_of(slopes))} ({per(unit)})",
            "random slopes",
            f"KL {at} (nats)",
            f"loss rise {at} (nats/token)",
            f"same top token {at}",
            f"angle {at} (degrees)",
        ],
        rows,
    )


def scale_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    sensitivity = rows_of(tables, "sensitivity")
    added, scaled = (matching(sensitivity, operator=name) for name in ("add", "multiply"))
    doublings = [
        lookup(matching(rows, metric=metric))
        for rows, metric in (
            (added, "doubling_negative"),
            (added, "doubling_positive"),
            (scaled, "doubling_below"),
            (scaled, "doubling_above"),
        )
    ]
    rising = [_ends(matching(added, metric=name)) for name in ("monotone_low", "monotone_high")]
    rows = []
    for concept, place in pairs_of(sensitivity):
        key = (concept, place)
        rows.append(
            [
                concept,
                axis_label(place),
                rising_range(*(ends.get(key, _NO_END) for ends in rising)),
                *(estimate(*found.get(key, UNKNOWN)) for found in doublings),
            ]
        )
    unit = unit_of(added, "sensitivity")
    return CompactTable(
        "Scale",
        f"Added: strengths in {many(unit)}; the response is of a push from the last prompt token "
        "on, the loss of one at every token of the neutral texts. Multiplied: factors on the "
        "activation, at every token. (end): the last strength tried. A dash: not reached within "
        "the range tried.",
        [
            "concept",
            "layer",
            "response rises in",
            "loss doubled, negative strength",
            "loss doubled, positive strength",
            "loss doubled, smaller factor",
            "loss doubled, larger factor",
        ],
        rows,
    )


def rising_range(low: tuple[float, bool], high: tuple[float, bool]) -> str:
    """The range of strengths in which the response rises; "none" where it is empty.

    low, high: the strength at that end, and whether it is only the last one tried.
    """
    ends = (low[0], high[0])
    if not all(map(math.isfinite, ends)):
        return interval(*ends)
    if ends == (0, 0):
        return "none"
    if low[1] and high[1] and -low[0] == high[0]:
        return f"to the end (±{high[0]:g})"
    texts = [f"{number(end)} (end)" if last else number(end) for end, last in (low, high)]
    return f"[{', '.join(texts)}]"


_NO_END = (math.nan, False)


def _ends(rows: pd.DataFrame) -> dict[tuple[str, Place], tuple[float, bool]]:
    """Each end of a rising range, and whether it is only the last strength tried."""
    last = at_bound(rows)
    values, lasts = (lookup(rows.assign(value=column)) for column in (rows["value"], last))
    return {key: (values[key][0], bool(lasts[key][0])) for key in values}


def _nearest_to_one(rows: pd.DataFrame) -> float:
    """The positive strength nearest to 1."""
    strengths = rows["strength"].to_numpy(dtype=np.float64)
    strengths = strengths[strengths > 0]
    return float(strengths[np.abs(np.log(strengths)).argmin()]) if len(strengths) else math.nan
