"""What the tables show of each concept: where it can be read, and whether pushing steers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from probesteer.errors import ProbesteerError
from probesteer.figures.places import at_place, depth
from probesteer.figures.rows import first_split, matching
from probesteer.places import Place

Numbers = tuple[float, float, float]
"""Value, low, high."""

_UNKNOWNS: Numbers = (math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Finding:
    """Evidence on one concept in one model.

    Places are chosen on the validation split; all numbers are of the test split. An unknown
    number is NaN, an unknown place None.
    """

    model: str
    concept: str

    best_place: Place | None
    """Where the probe is most accurate on the validation split."""

    accuracy: float
    accuracy_low: float
    accuracy_high: float

    null_mean: float
    """Accuracy of probes trained on shuffled labels, at `best_place`."""

    null_sd: float
    """Standard deviation of that accuracy over the draws."""

    baseline: float
    """Accuracy of the bag of tokens."""

    baseline_low: float
    baseline_high: float

    read_from: Place | None
    """First place whose accuracy is above both controls (see `above_controls`)."""

    steer_place: Place | None
    """Where the slope of the effect is largest on the validation split."""

    slope: float
    """Effect of difference of means at strength 0, nats per class gap, from the last token on."""

    slope_low: float
    slope_high: float

    random_low: float
    """Smallest and (`random_high`) largest slope of the random directions at `steer_place`."""

    random_high: float

    doubling: float
    """Positive strength (gaps) at which the loss on neutral text has doubled at `steer_place`."""

    doubling_bound: float
    """Largest strength tried; what can be said where the loss never doubled."""

    @property
    def reads(self) -> bool:
        """Whether the interval at `best_place` is above both controls."""
        return above_controls(self.accuracy_low, self.null_mean, self.null_sd, self.baseline_high)

    @property
    def steers(self) -> bool:
        """Whether the interval of the slope is above zero and all random directions."""
        return self.slope_low > max(0.0, self.random_high) and math.isfinite(self.random_high)

    @property
    def verdict(self) -> str:
        """Both answers in a word or two."""
        if self.reads:
            return "reads, steers" if self.steers else "reads only"
        return "steers only" if self.steers else "not shown"


def above_controls(low: float, null_mean: float, null_sd: float, baseline_high: float) -> bool:
    """Whether an interval that starts at `low` is above what the controls reach.

    Controls: the mean of the shuffled labels plus two standard deviations (Hewitt & Liang 2019,
    arXiv 1909.03368, for the idea), and the high end of the bag of tokens. An unknown control
    shows nothing: the answer is no.
    """
    return low > null_mean + 2 * null_sd and low > baseline_high


def findings_of(tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """One finding for each model and concept, in the order of the probes table.

    tables: "probes", and where they were made "steering" and "sensitivity". Raises
    ProbesteerError where there are no probes.
    """
    probes = tables.get("probes")
    if probes is None or probes.empty:
        raise ProbesteerError("probes table: no rows; run the stage that measures them")
    accuracies = matching(probes, metric="accuracy")
    steering, sensitivity = tables.get("steering"), tables.get("sensitivity")
    slopes = None
    if steering is not None:
        slopes = matching(steering, metric="slope", positions="from_last")
    pairs = probes[["model", "concept"]].drop_duplicates()
    return [
        _finding(
            str(model),
            str(concept),
            matching(accuracies, model=model, concept=concept),
            None if slopes is None else matching(slopes, model=model, concept=concept),
            None if sensitivity is None else matching(sensitivity, model=model, concept=concept),
        )
        for model, concept in pairs.itertuples(index=False)
    ]


def _finding(
    model: str,
    concept: str,
    accuracies: pd.DataFrame,
    slopes: pd.DataFrame | None,
    sensitivity: pd.DataFrame | None,
) -> Finding:
    probe = matching(accuracies, method="logistic", draw=-1)
    on_test = numbers_by_place(matching(probe, split="test"))
    shuffled = matching(accuracies, method="shuffled_labels", draw=-1, split="test")
    null = {place: _mean_and_sd(numbers) for place, numbers in numbers_by_place(shuffled).items()}
    baseline = _first(matching(accuracies, method="bag_of_tokens", draw=-1, split="test"))
    best = _highest(matching(probe, split="validation"))
    accuracy = on_test.get(best, _UNKNOWNS)
    null_mean, null_sd = null.get(best, _UNKNOWNS[:2])
    read_from = next(
        (
            place
            for place, (_, low, _) in on_test.items()
            if above_controls(low, *null.get(place, _UNKNOWNS[:2]), baseline[2])
        ),
        None,
    )
    steer_place, slope, random = None, _UNKNOWNS, _UNKNOWNS
    if slopes is not None:
        pushes = matching(slopes, method="difference_of_means", draw=-1)
        steer_place = _highest(matching(pushes, split="validation"))
        slope = numbers_by_place(matching(pushes, split="test")).get(steer_place, _UNKNOWNS)
        drawn = first_split(matching(slopes, method="random", draw=-1), ("test", "all"))
        random = numbers_by_place(drawn).get(steer_place, _UNKNOWNS)
    doubling, bound = _doubling(sensitivity, steer_place)
    return Finding(
        model=model,
        concept=concept,
        best_place=best,
        accuracy=accuracy[0],
        accuracy_low=accuracy[1],
        accuracy_high=accuracy[2],
        null_mean=null_mean,
        null_sd=null_sd,
        baseline=baseline[0],
        baseline_low=baseline[1],
        baseline_high=baseline[2],
        read_from=read_from,
        steer_place=steer_place,
        slope=slope[0],
        slope_low=slope[1],
        slope_high=slope[2],
        random_low=random[1],
        random_high=random[2],
        doubling=doubling,
        doubling_bound=bound,
    )


def numbers_by_place(rows: pd.DataFrame) -> dict[Place | None, Numbers]:
    """Value, low, high at each place of `rows`, in order of depth; the first row of a place."""
    columns = (rows[name] for name in ("site", "layer", "value", "low", "high"))
    found: dict[Place, Numbers] = {}
    for site, layer, value, low, high in zip(*columns, strict=True):
        found.setdefault(Place(str(site), int(layer)), (float(value), float(low), float(high)))
    return {place: found[place] for place in sorted(found, key=lambda place: depth(place))}


def _highest(rows: pd.DataFrame) -> Place | None:
    """The place with the highest value; the earliest of equals."""
    known = {
        place: value
        for place, (value, _, _) in numbers_by_place(rows).items()
        if math.isfinite(value)
    }
    return max(known, key=lambda place: known[place], default=None)


def _first(rows: pd.DataFrame) -> Numbers:
    """Value, low, high of the first row; NaN where there is none."""
    if rows.empty:
        return _UNKNOWNS
    first = rows.iloc[0]
    return float(first["value"]), float(first["low"]), float(first["high"])


def _mean_and_sd(numbers: Numbers) -> tuple[float, float]:
    """Of the shuffled labels: the table's high end is the mean plus the standard deviation."""
    mean, _, high = numbers
    return mean, high - mean


def _doubling(rows: pd.DataFrame | None, place: Place | None) -> tuple[float, float]:
    """Strength at which the neutral loss doubled, and the largest strength tried."""
    if rows is None or place is None:
        return _UNKNOWNS[:2]
    found = at_place(matching(rows, operator="add", metric="doubling_positive"), place)
    if found.empty:
        return _UNKNOWNS[:2]
    return float(found["value"].iloc[0]), float(found["bound"].iloc[0])
