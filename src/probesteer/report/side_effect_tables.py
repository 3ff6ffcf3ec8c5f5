"""Numbers of what a push does beside its effect, and of words instead, as rows of text."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from probesteer.figures.entanglement import METRICS, shown_rows
from probesteer.figures.places import axis_label, depth
from probesteer.figures.rows import concepts_of, first_split, matching
from probesteer.figures.units import amount, many, unit_of
from probesteer.places import Place
from probesteer.report.compact_table import CompactTable, lookup, pairs_of, rows_of
from probesteer.report.evidence import UNKNOWN
from probesteer.report.evidence_rows import first_numbers
from probesteer.report.numbers import estimate, interval, number

_REPORTED = ("test", "all")


def continuations_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """Each continuation by itself, at the strengths nearest to 1 on both sides."""
    steering = rows_of(tables, "steering", positions="from_last", method="difference_of_means")
    names = ("log_probability_positive_change", "log_probability_negative_change")
    changes = steering[steering["metric"].isin(names)]
    sides = [_nearest(changes, side) for side in (1.0, -1.0)]
    found = [
        lookup(first_split(matching(changes, metric=metric, strength=side), _REPORTED))
        for side in sides
        for metric in names
    ]
    neutral = lookup(matching(steering, metric="neutral_top1_agreement", strength=sides[0]))
    rows = [
        [
            concept,
            axis_label(place),
            *(estimate(*numbers.get((concept, place), UNKNOWN)) for numbers in found),
            number(neutral.get((concept, place), UNKNOWN)[0]),
        ]
        for concept, place in pairs_of(changes)
    ]
    signed = [f"{side:+g}" for side in sides]
    return CompactTable(
        "Continuations",
        "Change of the log-probability of each continuation by itself (nats), test prompts, with "
        "95% bootstrap intervals; and the share of the neutral texts' tokens at which the "
        "likeliest one stays. Difference of means, pushed from the last prompt token on; in "
        f"neutral texts at every token. Strengths in {many(unit_of(changes, 'steering'))}.",
        [
            *("concept", "layer"),
            *(f"{side} continuation at {at}" for at in signed for side in ("positive", "negative")),
            f"same top token in neutral texts at {signed[0]}",
        ],
        rows,
    )


def survival_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """What each later probe reads of the push."""
    rows = first_split(rows_of(tables, "readout"), _REPORTED)
    strengths = sorted(set(rows["strength"]))
    shown = []
    for concept in concepts_of(rows):
        own = matching(rows, concept=concept)
        read = {Place(s, n) for s, n in zip(own["read_site"], own["read_layer"], strict=True)}
        for place in sorted(read, key=depth):
            here = matching(own, read_site=place.site, read_layer=place.layer)
            pushed, random = (
                matching(here, method=name) for name in ("difference_of_means", "random")
            )
            cells = [first_numbers(matching(pushed, strength=at)) for at in strengths]
            drawn = first_numbers(matching(random, strength=max(strengths)))
            start = Place(str(own["site"].iloc[0]), int(own["layer"].iloc[0]))
            where = [axis_label(start), axis_label(place)]
            numbers = [*(estimate(*cell) for cell in cells), interval(*drawn[1:])]
            shown.append([concept, *where, *numbers])
    unit = unit_of(rows, "readout")
    last = amount(max(strengths), unit, "+g") if strengths else ""
    return CompactTable(
        "Later layers",
        "Change of what the probe of a layer reads when the difference of means is pushed at an "
        "earlier one, in the difference of the class means of that probe's read-outs; test "
        "prompts, with 95% bootstrap intervals, and the range over random directions.",
        [
            *("concept", "pushed at", "read at"),
            *(amount(at, unit, "+g") for at in strengths),
            f"random, {last}",
        ],
        shown,
    )


def words_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """What asking in words changes."""
    rows = first_split(rows_of(tables, "prompting"), _REPORTED)
    metrics = {
        "logit_difference_change": "logit difference",
        "log_probability_positive_change": "positive continuation",
        "log_probability_negative_change": "negative continuation",
    }
    shown = [
        [
            concept,
            asked,
            *(
                estimate(*first_numbers(matching(rows, concept=concept, strength=at, metric=name)))
                for name in metrics
            ),
        ]
        for concept in concepts_of(rows)
        for at, asked in ((1.0, "label 1"), (-1.0, "label 0"))
    ]
    return CompactTable(
        "In words",
        "Change when a sentence before the prompt asks for a side of the concept and nothing is "
        "pushed (nats), test prompts, with 95% bootstrap intervals over groups.",
        ["concept", "asked for", *metrics.values()],
        shown,
    )


def side_effects_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """How far a push moves every concept."""
    entanglement = rows_of(tables, "entanglement")
    rows = shown_rows(entanglement) if len(entanglement) else entanglement
    shown = []
    for concept in concepts_of(rows):
        own = matching(rows, concept=concept)
        for other in dict.fromkeys(own["other"]):
            cells = []
            for metric in METRICS:
                here = matching(own, other=other, metric=metric)
                numbers, drawn = (
                    first_numbers(matching(here, method=name))
                    for name in ("difference_of_means", "random")
                )
                cells += [estimate(*numbers), interval(*drawn[1:])]
            at = axis_label(Place(str(own["site"].iloc[0]), int(own["layer"].iloc[0])))
            shown.append([concept, at, str(other), *cells])
    strength = (
        amount(float(rows["strength"].iloc[0]), unit_of(rows, "entanglement"), "+g")
        if shown
        else ""
    )
    return CompactTable(
        "Side effects",
        f"Change under a push of {strength} along the difference of means, on the test prompts of "
        "the measured concept: what its probe reads (in the difference of the class means of its "
        "read-outs) and its logit difference (nats), with 95% bootstrap intervals over groups and "
        "the range over random directions.",
        [
            *("pushed", "at", "measured"),
            *("probe", "probe, random", "logit difference", "logit difference, random"),
        ],
        shown,
    )


def _nearest(rows: pd.DataFrame, wanted: float) -> float:
    """The strength of the same sign that is nearest to `wanted` in size; NaN where none is."""
    strengths = rows["strength"].to_numpy(dtype=np.float64)
    strengths = strengths[strengths * wanted > 0]
    if not len(strengths):
        return float("nan")
    return float(strengths[np.abs(np.log(np.abs(strengths))).argmin()])
