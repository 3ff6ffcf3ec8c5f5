"""The key numbers of each concept at each place, as rows of text."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from probesteer.figures.places import axis_label, places_of
from probesteer.figures.rows import concepts_of, first_split, matching
from probesteer.places import Place
from probesteer.report.findings import Numbers
from probesteer.report.numbers import MISSING, estimate, interval, number

_UNKNOWN: Numbers = (math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class CompactTable:
    """A table of text, ready to be shown; each row has as many cells as there are columns."""

    title: str
    note: str
    columns: list[str]
    rows: list[list[str]]


def compact_tables(tables: Mapping[str, pd.DataFrame], model: str) -> list[CompactTable]:
    """The tables of one model that have rows: reading, steering, scale."""
    own = {name: matching(table, model=model) for name, table in tables.items() if "model" in table}
    made = [_reading(own), _steering(own), _scale(own)]
    return [table for table in made if table.rows]


def resource_table(resources: pd.DataFrame) -> CompactTable:
    """Wall time and peak memory of each job, and their total and largest."""
    columns = ["model", "concept", "stage", "wall time (s)", "peak memory (MB)", "peak GPU (MB)"]
    names = ["model", "concept", "stage"]
    sizes = ["wall_s", "peak_rss_mb", "peak_gpu_mb"]
    rows = []
    for job in resources.to_dict("records"):
        texts = [MISSING if pd.isna(job.get(name)) else str(job[name]) for name in names]
        rows.append(texts + [_size(job.get(name)) for name in sizes])
    if rows:
        figures = resources.reindex(columns=sizes).astype(float)
        ends = [figures["wall_s"].sum(), figures["peak_rss_mb"].max(), figures["peak_gpu_mb"].max()]
        rows.append(["all jobs", "", "sum, largest, largest", *map(_size, ends)])
    return CompactTable("Time and memory", "One row a job.", columns, rows)


def _reading(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    on_test = _rows(tables, "probes", split="test")
    probe = matching(on_test, method="logistic", draw=-1)
    accuracy = _lookup(matching(probe, metric="accuracy"))
    auroc = _lookup(matching(probe, metric="auroc"))
    null = _lookup(matching(on_test, method="shuffled_labels", draw=-1, metric="accuracy"))
    directions = _rows(tables, "directions", method="difference_of_means", draw=-1)
    separation = _lookup(matching(directions, metric="gap_in_sigmas"))
    norm = _lookup(matching(directions, metric="mean_norm"))
    rows = []
    for concept, place in _pairs(probe):
        key = (concept, place)
        mean, _, high = null.get(key, _UNKNOWN)
        rows.append(
            [
                concept,
                axis_label(place),
                estimate(*accuracy.get(key, _UNKNOWN)),
                estimate(*auroc.get(key, _UNKNOWN)),
                f"{number(mean)} ± {number(high - mean)}" if math.isfinite(mean) else MISSING,
                number(separation.get(key, _UNKNOWN)[0]),
                number(norm.get(key, _UNKNOWN)[0]),
            ]
        )
    return CompactTable(
        "Reading",
        "Test split; 95% bootstrap intervals. Shuffled labels: mean ± standard deviation. The gap "
        "is the distance of the class means along the difference-of-means direction.",
        ["concept", "layer", "accuracy", "AUROC", "shuffled labels", "gap (sigmas)", "mean norm"],
        rows,
    )


def _steering(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    steering = _rows(tables, "steering", positions="from_last")
    metrics = ["slope", "kl", "neutral_loss", "top1_agreement", "angle"]
    steering = steering[steering["metric"].isin(metrics)] if len(steering) else steering
    pushes = matching(steering, method="difference_of_means", draw=-1)
    strength = _nearest_to_one(pushes)
    at_one = first_split(matching(pushes, strength=strength), ("test", "all"))
    whole = matching(pushes, split="all")
    slope = _lookup(matching(pushes, metric="slope", split="test"))
    random = first_split(matching(steering, method="random", draw=-1, metric="slope"), ("test",))
    spread = _lookup(random)
    kl = _lookup(matching(at_one, metric="kl"))
    agreement = _lookup(_either(at_one, whole, "top1_agreement", strength))
    angle = _lookup(_either(at_one, whole, "angle", strength))
    loss = _lookup(_either(at_one, whole, "neutral_loss", strength))
    unsteered = _lookup(matching(whole, metric="neutral_loss", strength=0))
    rows = []
    for concept, place in _pairs(pushes):
        key = (concept, place)
        rise = loss.get(key, _UNKNOWN)[0] - unsteered.get(key, _UNKNOWN)[0]
        rows.append(
            [
                concept,
                axis_label(place),
                estimate(*slope.get(key, _UNKNOWN)),
                interval(*spread.get(key, _UNKNOWN)[1:]),
                number(kl.get(key, _UNKNOWN)[0]),
                number(rise),
                number(agreement.get(key, _UNKNOWN)[0]),
                number(angle.get(key, _UNKNOWN)[0]),
            ]
        )
    at = f"at {strength:g}"
    return CompactTable(
        "Steering",
        "Difference of means, pushed from the last prompt token on; slope on the test prompts, "
        "with 95% bootstrap intervals and the range over random directions. Strengths in class "
        "gaps.",
        [
            "concept",
            "layer",
            "slope (nats per gap)",
            "random slopes",
            f"KL {at} (nats)",
            f"loss rise {at} (nats/token)",
            f"same top token {at}",
            f"angle {at} (degrees)",
        ],
        rows,
    )


def _scale(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    sensitivity = _rows(tables, "sensitivity")
    added, scaled = (matching(sensitivity, operator=name) for name in ("add", "multiply"))
    numbers = {
        metric: _lookup(matching(rows, metric=metric))
        for rows, metrics in (
            (added, ("monotone_low", "monotone_high", "doubling_negative", "doubling_positive")),
            (scaled, ("doubling_below", "doubling_above")),
        )
        for metric in metrics
    }
    rows = []
    for concept, place in _pairs(sensitivity):
        found = {
            metric: values.get((concept, place), _UNKNOWN) for metric, values in numbers.items()
        }
        rows.append(
            [
                concept,
                axis_label(place),
                interval(found["monotone_low"][0], found["monotone_high"][0]),
                *(estimate(*found[name]) for name in numbers if name.startswith("doubling")),
            ]
        )
    return CompactTable(
        "Scale",
        "Added: strengths in class gaps. Multiplied: factors on the activation. A dash: not "
        "reached within the range tried.",
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


def _rows(tables: Mapping[str, pd.DataFrame], name: str, **wanted: str | float) -> pd.DataFrame:
    """Matching rows of a table that may not have been made."""
    table = tables.get(name)
    if table is None or table.empty:
        return pd.DataFrame(columns=_COLUMNS)
    return matching(table, **wanted)


_COLUMNS = [
    *("model", "concept", "site", "layer", "operator", "method", "draw", "positions", "strength"),
    *("split", "metric", "value", "low", "high"),
]


def _pairs(rows: pd.DataFrame) -> list[tuple[str, Place]]:
    places = places_of(rows)
    present = set(zip(rows["concept"], rows["site"], rows["layer"], strict=True))
    return [
        (concept, place)
        for concept in concepts_of(rows)
        for place in places
        if (concept, place.site, place.layer) in present
    ]


def _lookup(rows: pd.DataFrame) -> dict[tuple[str, Place], Numbers]:
    """Value, low, high by concept and place."""
    columns = (rows[name] for name in ("concept", "site", "layer", "value", "low", "high"))
    return {
        (str(concept), Place(str(site), int(layer))): (float(value), float(low), float(high))
        for concept, site, layer, value, low, high in zip(*columns, strict=True)
    }


def _nearest_to_one(rows: pd.DataFrame) -> float:
    """The positive strength nearest to one class gap."""
    strengths = rows["strength"].to_numpy(dtype=np.float64)
    strengths = strengths[strengths > 0]
    return float(strengths[np.abs(np.log(strengths)).argmin()]) if len(strengths) else math.nan


def _either(rows: pd.DataFrame, others: pd.DataFrame, metric: str, strength: float) -> pd.DataFrame:
    """Rows of `metric` on the test prompts or, where it has none of its own, on all texts."""
    found = matching(rows, metric=metric)
    return matching(others, metric=metric, strength=strength) if found.empty else found


def _size(value: object) -> str:
    """Seconds or megabytes; 0 MB means that there was none."""
    size = float(value) if isinstance(value, int | float | np.number) else math.nan
    return number(size) if size > 0 else MISSING
