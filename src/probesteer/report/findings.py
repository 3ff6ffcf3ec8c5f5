"""What the tables show of each concept: where it can be read, and whether pushing steers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from probesteer.errors import ProbesteerError
from probesteer.figures.chosen_places import highest
from probesteer.figures.places import at_place, depth, places_of
from probesteer.figures.rows import first_split, matching
from probesteer.figures.units import step_of, unit_of
from probesteer.places import Place
from probesteer.probe_rows import guess, of_probe, of_reading
from probesteer.report.evidence import UNKNOWN, Numbers
from probesteer.report.evidence_rows import evidence_of, first_numbers
from probesteer.report.finding import Finding, above_controls
from probesteer.report.side_effects import side_effects_of


def findings_of(tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """One finding for each model and concept, in the order of the probes table.

    tables: "probes", and where they were made "steering" and "sensitivity", and those of further
    evidence. Raises ProbesteerError where there are no probes.
    """
    probes = tables.get("probes")
    if probes is None or probes.empty:
        raise ProbesteerError("probes table: no rows; run the stage that measures them")
    accuracies = of_reading(probes)
    steering, sensitivity = tables.get("steering"), tables.get("sensitivity")
    slopes = None
    if steering is not None:
        slopes = matching(steering, metric="slope", positions="from_last")
    pairs = probes[["model", "concept"]].drop_duplicates()
    findings = [
        _finding(
            str(model),
            str(concept),
            matching(accuracies, model=model, concept=concept),
            None if slopes is None else matching(slopes, model=model, concept=concept),
            None if sensitivity is None else matching(sensitivity, model=model, concept=concept),
        )
        for model, concept in pairs.itertuples(index=False)
    ]
    return [
        replace(
            found,
            chance=guess(matching(probes, model=found.model, concept=found.concept)),
            evidence=evidence_of(tables, found.model, found.concept, found.best_place),
            side_effects=side_effects_of(tables, found.model, found.concept),
        )
        for found in findings
    ]


@dataclass(frozen=True)
class _Reading:
    """Accuracy of the probe and of its controls on one split."""

    probe: dict[Place | None, Numbers]
    null: dict[Place | None, tuple[float, float]]
    """Mean and standard deviation over the draws of shuffled labels."""
    baseline: Numbers

    def first_above_controls(self) -> Place | None:
        for place, (_, low, _) in self.probe.items():
            if above_controls(low, *self.null.get(place, UNKNOWN[:2]), self.baseline[2]):
                return place
        return None


def _finding(
    model: str,
    concept: str,
    accuracies: pd.DataFrame,
    slopes: pd.DataFrame | None,
    sensitivity: pd.DataFrame | None,
) -> Finding:
    validation, test = (_reading(accuracies, split) for split in ("validation", "test"))
    best = _highest(validation.probe)
    read_from = validation.first_above_controls()
    accuracy = test.probe.get(best, UNKNOWN)
    null_mean, null_sd = test.null.get(best, UNKNOWN[:2])
    at_first = test.probe.get(read_from, UNKNOWN)
    steer_place, left_out, slope, random, unit, step = None, None, UNKNOWN, UNKNOWN, "", math.nan
    if slopes is not None:
        pushes = matching(slopes, method="difference_of_means", draw=-1)
        last = max([*places_of(accuracies), *places_of(pushes)], key=depth, default=None)
        # Only after the last block does a push go straight into the output.
        last = last if last is not None and last.site == "resid_post" else None
        steer_place, left_out = _steepest(matching(pushes, split="validation"), last)
        slope = numbers_by_place(matching(pushes, split="test")).get(steer_place, UNKNOWN)
        drawn = first_split(matching(slopes, method="random", draw=-1), ("test", "all"))
        random = numbers_by_place(drawn).get(steer_place, UNKNOWN)
        unit, step = unit_of(pushes, "steering"), step_of(pushes)
    doubling, bound, doubling_unit = _doubling(sensitivity, steer_place)
    return Finding(
        model=model,
        concept=concept,
        metric=str(next(iter(accuracies["metric"]), "accuracy")),
        best_place=best,
        accuracy=accuracy[0],
        accuracy_low=accuracy[1],
        accuracy_high=accuracy[2],
        null_mean=null_mean,
        null_sd=null_sd,
        baseline=test.baseline[0],
        baseline_low=test.baseline[1],
        baseline_high=test.baseline[2],
        read_from=read_from,
        read_from_accuracy=at_first[0],
        read_from_low=at_first[1],
        read_from_high=at_first[2],
        steer_place=steer_place,
        left_out=left_out,
        unit=unit,
        slope=slope[0],
        slope_low=slope[1],
        slope_high=slope[2],
        slope_step=step,
        random_low=random[1],
        random_high=random[2],
        doubling=doubling,
        doubling_bound=bound,
        doubling_unit=doubling_unit,
    )


def _reading(accuracies: pd.DataFrame, split: str) -> _Reading:
    rows = matching(accuracies, split=split, draw=-1)
    shuffled = numbers_by_place(matching(rows, method="shuffled_labels"))
    return _Reading(
        probe=numbers_by_place(of_probe(rows)),
        # the table's high end is the mean plus the standard deviation
        null={place: (mean, high - mean) for place, (mean, _, high) in shuffled.items()},
        baseline=first_numbers(matching(rows, method="bag_of_tokens")),
    )


def numbers_by_place(rows: pd.DataFrame) -> dict[Place | None, Numbers]:
    """Value, low, high at each place of `rows`, in order of depth; the first row of a place."""
    columns = (rows[name] for name in ("site", "layer", "value", "low", "high"))
    found: dict[Place, Numbers] = {}
    for site, layer, value, low, high in zip(*columns, strict=True):
        found.setdefault(Place(str(site), int(layer)), (float(value), float(low), float(high)))
    return {place: found[place] for place in sorted(found, key=lambda place: depth(place))}


def _highest(numbers: Mapping[Place | None, Numbers]) -> Place | None:
    """The place with the highest value; the earliest of equals."""
    return highest({place: value for place, (value, _, _) in numbers.items() if place is not None})


def _steepest(pushes: pd.DataFrame, last: Place | None) -> tuple[Place | None, Place | None]:
    """The place of the largest slope other than the `last`, and the place left out for it.

    A push at the last place goes straight into the output, whatever the model does with the
    concept; where it is the only place, it is chosen.
    """
    slopes = numbers_by_place(pushes)
    others = {place: numbers for place, numbers in slopes.items() if place != last}
    if not others:
        return _highest(slopes), None
    return _highest(others), last if last in slopes else None


def _doubling(rows: pd.DataFrame | None, place: Place | None) -> tuple[float, float, str]:
    """Strength at which the neutral loss doubled, the largest strength tried, and their unit."""
    if rows is None or place is None:
        return math.nan, math.nan, ""
    found = at_place(matching(rows, operator="add", metric="doubling_positive"), place)
    if found.empty:
        return math.nan, math.nan, ""
    first = found.iloc[0]
    return float(first["value"]), float(first["bound"]), str(first["unit"])
