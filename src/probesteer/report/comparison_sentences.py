"""Methods and operators side by side at the place of the finding, in words, one sentence each.

The one that is named is chosen on validation prompts, what is said of it is of test prompts. It is
shown to do more where its interval keeps clear of every random direction, and more than the next
where it keeps clear of that one's interval.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from probesteer.figures.method_names import OPERATORS, estimated, method_name
from probesteer.figures.places import at_place
from probesteer.figures.rows import Array, first_split, matching
from probesteer.figures.units import per
from probesteer.report.compact_table import rows_of
from probesteer.report.evidence import UNKNOWN, Numbers
from probesteer.report.evidence_rows import first_numbers
from probesteer.report.finding import Finding
from probesteer.report.numbers import estimate, number
from probesteer.report.sentences import TOO_FEW

COST = 0.1
"""KL of the next token at which operators are compared, nats."""

_MEANS = "difference_of_means"
_ALONG = {"scale": "none", "erase": "leace"}  # method of operators that take no direction
_REMOVING = ("ablate", "reflect", "erase")
_ENDS = ["value", "low", "high"]
_EFFECT, _KEPT = "logit_difference_change", "logit_difference_kept"


def comparison_sentences(tables: Mapping[str, pd.DataFrame], finding: Finding) -> list[str]:
    """What the tables "steering" and "operators" show; empty where nothing is to be compared."""
    if finding.steer_place is None:
        return []
    names = {"model": finding.model, "concept": finding.concept, "positions": "from_last"}
    added, others = (
        at_place(rows_of(tables, name, **names), finding.steer_place)
        for name in ("steering", "operators")
    )
    if len(others):
        others = pd.concat([added.assign(operator="add"), others], ignore_index=True)
    sentences = (_methods(added), _operators(others), _removed(others))
    return [sentence for sentence in sentences if sentence]


def _methods(rows: pd.DataFrame) -> str:
    """Which way of finding the direction steers most."""
    slopes = matching(rows, metric="slope", draw=-1)
    chosen = {
        method: first_numbers(matching(slopes, method=method, split="validation"))
        for method in estimated(slopes["method"])
    }
    ranked = _ranked(chosen)
    if len(ranked) < 2:
        return ""
    on_test = matching(slopes, split="test")
    best, following = (first_numbers(matching(on_test, method=name)) for name in ranked[:2])
    if not math.isfinite(best[0]):
        return ""
    unit = str(on_test["unit"].iloc[0])
    own = " of its own" if unit in ("gap", "sigma") else ""
    random = _size(first_numbers(matching(on_test, method="random")))
    named = f"the direction by {method_name(ranked[0])}"
    measured = f"{estimate(*best)} {per(unit)}{own} on test prompts"
    against = f"random directions reach {number(random)} either way"
    if math.isnan(random):
        against = "no random directions were tried"
    among = f"Of {len(ranked)} methods, chosen on validation"
    if not best[1] > random:
        return (
            f"{among}, {named} steers most, but that it does so more than random directions is "
            f"not shown: {measured}; {against}{_unknown(best)}."
        )
    beyond = f"{among}, {named} steers most: {measured}; {against}."
    return f"{beyond} {_than_next(best, method_name(ranked[1]), following)}"


def _operators(rows: pd.DataFrame) -> str:
    """Which operator changes the logit difference most at one cost."""
    if rows.empty:
        return ""
    splits: dict[str, dict[str, Numbers]] = {"validation": {}, "test": {}}
    for operator in OPERATORS:
        own = matching(rows, operator=operator, method=_ALONG.get(operator, _MEANS), draw=-1)
        for split, found in splits.items():
            effect = _at_cost(own, split)
            if math.isfinite(effect[0]):
                found[operator] = effect
    sizes = {name: _in_size(effect) for name, effect in splits["validation"].items()}
    ranked = [name for name in _ranked(sizes) if name in splits["test"]]
    at = f"at a KL of {COST:g} nats"
    if not ranked:
        return f"No operator reaches a KL of {COST:g} nats at the strengths that were tried."
    effect, random = splits["test"][ranked[0]], _random_at_cost(rows, ranked[0])
    measured = (
        f"it changes the logit difference of test prompts by {estimate(*effect)} nats {at}, "
        "interpolated between strengths"
    )
    against = f"along random directions, within that cost, by up to {number(random)} either way"
    if math.isnan(random):
        against = "no random directions were tried with it"
    among = f"Of {len(ranked)} operators that reach this cost, chosen on validation"
    if len(ranked) == 1:
        among = "The one operator that reaches this cost"
    size = _in_size(effect)
    if not size[1] > random:
        return (
            f"{among}: {ranked[0]}. That it does more than along random directions is not shown: "
            f"{measured}; {against}{_unknown(effect)}."
        )
    beyond = f"{among}, {ranked[0]} does most: {measured}; {against}."
    if len(ranked) == 1:
        return f"{among}: {ranked[0]}. {measured[0].upper()}{measured[1:]}; {against}."
    following = _in_size(splits["test"][ranked[1]])
    return f"{beyond} {_than_next(size, ranked[1], following)}"


def _removed(rows: pd.DataFrame) -> str:
    """Whether operators that take the concept out leave prompts alike."""
    if rows.empty:
        return ""
    kept = first_split(matching(rows, metric=_KEPT), ("test", "all"))
    told, fewer, mirrored = list[str](), list[str](), list[str]()
    for operator in _REMOVING:
        own = matching(kept, operator=operator)
        own = matching(own, strength=own["strength"].max()) if len(own) else own
        numbers = first_numbers(matching(own, method=_ALONG.get(operator, _MEANS), draw=-1))
        if not math.isfinite(numbers[0]):
            continue
        random = matching(own, method="random")
        drawn = [float(value) for value in random[random["draw"] >= 0]["value"]]
        least = min([1.0, *drawn])
        told.append(f"{operator} keeps {estimate(*numbers)}")
        if drawn:
            told[-1] += f" (along random directions {number(least)} or more)"
        if numbers[2] < least:
            within = numbers[1] > -least or numbers[2] >= 0
            (fewer if within else mirrored).append(operator)
    if not told:
        return ""
    found = [
        *([f"fewer are left after {_listed(fewer)}"] if fewer else []),
        *([f"they are mirrored by {_listed(mirrored)}"] if mirrored else []),
    ]
    verdict = ", and ".join(found) or "that any of these removes differences is not shown"
    return (
        "Of the differences between test prompts in their logit difference, where 1 is all of "
        f"them, 0 none and -1 all mirrored, {_listed(told)}: {verdict}."
    )


def _at_cost(rows: pd.DataFrame, split: str) -> Numbers:
    """Change of the logit difference where the mean KL first reaches `COST`, towards label 1.

    rows: of one operator along one direction. Between strengths both are joined by lines, of the
    change over the square root of the KL: of a small change the KL is a square. The ends are the
    outermost of those that both intervals allow. Unknown where the cost is not reached.
    """
    effects = matching(rows, metric=_EFFECT, split=split)
    costs = matching(rows, metric="kl", split="all")[["strength", *_ENDS]]
    points = effects.merge(costs, on="strength", suffixes=("", "_kl"))
    known = np.isfinite(points["value"]) & np.isfinite(points["value_kl"])
    points = points[known & (points["strength"] > 0)].sort_values("strength")
    changes = {end: np.array([0.0, *points[end]]) for end in _ENDS}
    distances = {end: np.sqrt(np.array([0.0, *points[f"{end}_kl"].clip(lower=0)])) for end in _ENDS}
    if not distances["value"].max() >= math.sqrt(COST):
        return UNKNOWN
    ends = [
        _first_at(distances[cost], changes[end])
        for cost in ("low", "high")
        for end in ("low", "high")
    ]
    return _first_at(distances["value"], changes["value"]), *_outermost(ends)


def _outermost(ends: list[float]) -> tuple[float, float]:
    return float(np.min(ends)), float(np.max(ends))  # unknown if one of them is


def _first_at(distance: Array, change: Array) -> float:
    """`change` where `distance` first is the root of the cost, or at the last of both: each [n]."""
    reached = np.flatnonzero(distance >= math.sqrt(COST))
    last = int(reached[0]) if len(reached) else len(distance) - 1
    upto = slice(max(0, last - 1), last + 1)
    return float(np.interp(math.sqrt(COST), distance[upto], change[upto]))


def _random_at_cost(rows: pd.DataFrame, operator: str) -> float:
    """The largest change within `COST` along any random direction, in size; NaN without them."""
    drawn = matching(rows, operator=operator, method="random")
    sizes = []
    for _, own in drawn[drawn["draw"] >= 0].groupby("draw"):
        split = "test" if "test" in set(own["split"]) else "all"
        costs = matching(own, metric="kl", split="all")
        cheap = costs[costs["value"] <= COST]["strength"]
        effects = matching(own, metric=_EFFECT, split=split)
        sizes += effects[effects["strength"].isin(cheap)]["value"].abs().tolist()
        sizes.append(abs(_at_cost(own, split)[0]))
    known = [size for size in sizes if math.isfinite(size)]
    return max(known, default=math.nan)


def _ranked(numbers: Mapping[str, Numbers]) -> list[str]:
    """Names by value, the largest first; unknown ones are left out."""
    known = [name for name, (value, _, _) in numbers.items() if math.isfinite(value)]
    return sorted(known, key=lambda name: -numbers[name][0])


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _than_next(best: Numbers, name: str, following: Numbers) -> str:
    other = f"{name} ({estimate(*following)})"
    if best[1] > following[2]:
        return f"The interval is above that of the next, {other}."
    return f"That it is more than the next, {other}, is not shown."


def _in_size(numbers: Numbers) -> Numbers:
    """The same without its sign; an interval around 0 begins at 0."""
    value, low, high = numbers
    if low <= 0 <= high:
        return abs(value), 0.0, max(-low, high)
    return (value, low, high) if value > 0 else (-value, -high, -low)


def _size(random: Numbers) -> float:
    """The largest of random directions in size: the sign of each is arbitrary."""
    return max(abs(random[1]), abs(random[2])) if math.isfinite(random[1]) else math.nan


def _unknown(numbers: Numbers) -> str:
    return "" if math.isfinite(numbers[1]) else f"; {TOO_FEW}"
