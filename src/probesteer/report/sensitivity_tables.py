"""Statistics of responses to strength at each place, as rows of text."""

from collections.abc import Mapping

import pandas as pd

from probesteer.figures.places import axis_label
from probesteer.figures.rows import matching
from probesteer.figures.units import many, per, unit_of
from probesteer.places import Place
from probesteer.report.compact_table import CompactTable, lookup, pairs_of, rows_of
from probesteer.report.evidence import UNKNOWN
from probesteer.report.numbers import MISSING, estimate, number, p_value

_METHOD = "difference_of_means"


def prompts_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """Slopes of single prompts, and their rank among random directions."""
    rows = rows_of(tables, "steerability", method=_METHOD, split="test", positions="from_last")
    found = {
        name: _by_place(rows, metric)
        for name, metric in {
            f"slope ({per(unit_of(rows, 'steerability'))})": "prompt_slope",
            "standard deviation": "prompt_slope_sd",
            "wrong way (share)": "anti_steerable",
            "rank correlation": "spearman",
        }.items()
    }
    p_values = [_by_place(rows, metric) for metric in ("random_p_value", "adjusted_p_value")]
    return CompactTable(
        "Single prompts",
        "Difference of means, pushed from the last prompt token on; test prompts, with 95% "
        "bootstrap intervals. The slope is that of a line through each prompt's responses to the "
        "smaller strengths, the rank correlation that of strength and response. p: how many random "
        "directions of the same length have as large a slope; corrected over concepts and layers.",
        ["concept", "layer", *found, "p (random)", "corrected p"],
        [
            [
                concept,
                axis_label(place),
                *(estimate(*each.get((concept, place), UNKNOWN)) for each in found.values()),
                *(p_value(each.get((concept, place), UNKNOWN)[0]) for each in p_values),
            ]
            for concept, place in pairs_of(rows)
        ],
    )


def ranges_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """Where a response leaves the line, levels off and turns, and the strength that was chosen."""
    rows = rows_of(tables, "sensitivity", operator="add", method=_METHOD)
    known = rows[rows["metric"].isin(["linear_high", "usable_high"])]
    found = {
        name: _by_place(rows, metric)
        for name, metric in {
            "linear to": "linear_high",
            "flat from": "saturation_high",
            "turns at": "turning_high",
            "usable from": "usable_low",
            "usable to": "usable_high",
            "chosen on validation": "chosen_strength",
            "effect there (nats, test)": "effect_at_chosen",
        }.items()
    }
    return CompactTable(
        "Ranges",
        f"Difference of means, added from the last prompt token on; strengths in "
        f"{many(unit_of(rows, 'sensitivity'))}, above 0 but for the low end of the usable range. "
        "Usable: the mean response rises and the loss on neutral text has not doubled, or the last "
        "strength tried. Chosen: the strength with the largest effect within the usable range on "
        "validation prompts. 95% bootstrap intervals over groups. A dash: not reached.",
        ["concept", "layer", *found],
        [
            [
                concept,
                axis_label(place),
                *(estimate(*each.get((concept, place), UNKNOWN)) for each in found.values()),
            ]
            for concept, place in pairs_of(known)
        ],
    )


def decodable_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """What is read at each place beside what steers there."""
    rows = rows_of(tables, "decodable_vs_steerable")
    cost = matching(rows, metric="effect_at_cost")["bound"]
    at = f"at a KL of {number(float(cost.iloc[0]))} nats" if len(cost) else "at a fixed cost"
    names = {
        "selectivity": "selectivity",
        "transfer": "AUROC on other concepts, mean and range",
        "effect_at_cost": f"effect {at}",
        "strength_at_cost": f"strength {at}",
    }
    found = {name: _by_place(rows, metric) for metric, name in names.items()}
    low, high = (_by_place(rows, f"usable_{side}") for side in ("low", "high"))
    body = []
    for concept, place in pairs_of(rows):
        key = (concept, place)
        ends = [low.get(key, UNKNOWN)[0], high.get(key, UNKNOWN)[0]]
        usable = MISSING if key not in high else f"[{number(ends[0])}, {number(ends[1])}]"
        cells = [estimate(*each.get(key, UNKNOWN)) for each in found.values()]
        body.append([concept, axis_label(place), *cells, usable])
    units = set(rows["unit"]) - {""} if len(rows) else set()
    unit = many(str(min(units))) if units else "units of the run"
    return CompactTable(
        "Decodable and steerable",
        f"Reading on test examples, effects on test prompts (nats), strengths in {unit}; 95% "
        "bootstrap intervals over groups. At one cost layers compare; a dash: that cost was not "
        "reached, or not measured. At the last layer a push goes straight into the output.",
        ["concept", "layer", *found, "usable range"],
        body,
    )


def units_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """The high end of the usable range in every unit."""
    rows = rows_of(
        tables, "sensitivity_in_units", operator="add", method=_METHOD, metric="usable_high"
    )
    units = {
        unit: lookup(matching(rows, unit=unit))
        for unit in ("gap", "sigma", "norm", "angle")
        if len(rows) and unit in set(rows["unit"])
    }
    return CompactTable(
        "Usable range in other units",
        "Its high end, with 95% bootstrap intervals: in class gaps and sigmas along the "
        "difference of means, in mean norms of the activations, and in degrees by which they turn.",
        ["concept", "layer", *("degrees" if unit == "angle" else many(unit) for unit in units)],
        [
            [
                concept,
                axis_label(place),
                *(estimate(*found.get((concept, place), UNKNOWN)) for found in units.values()),
            ]
            for concept, place in pairs_of(rows)
        ],
    )


def _by_place(
    rows: pd.DataFrame, metric: str
) -> dict[tuple[str, Place], tuple[float, float, float]]:
    return lookup(matching(rows, metric=metric))
