"""How far one may push at the place of the finding, and by what, in words, a sentence each."""

import math
from collections.abc import Mapping

import pandas as pd

from probesteer.figures.places import at_place, phrase
from probesteer.figures.rows import matching
from probesteer.figures.units import amount, per
from probesteer.report.compact_table import rows_of
from probesteer.report.comparison_sentences import comparison_sentences
from probesteer.report.evidence import Numbers
from probesteer.report.evidence_rows import first_numbers
from probesteer.report.finding import LEVEL, Finding
from probesteer.report.numbers import estimate, number, p_value


def scale_sentences(tables: Mapping[str, pd.DataFrame], finding: Finding) -> list[str]:
    """What the statistics of scale show at the place that was chosen for steering, then what the
    comparisons of methods and of operators show there.

    Empty where nothing was steered; a table that was not made adds nothing.
    """
    if finding.steer_place is None:
        return []
    names = {"model": finding.model, "concept": finding.concept}
    method = "difference_of_means"
    asked = {
        "steerability": {"method": method, "split": "test", "positions": "from_last"},
        "sensitivity": {"method": method, "operator": "add"},
        "pushed": {"method": method, "operator": "add"},
        "scaled": {"operator": "multiply"},
    }
    of_file = {"pushed": "scale", "scaled": "scale"}
    rows = {
        name: at_place(
            rows_of(tables, of_file.get(name, name), **names, **wanted), finding.steer_place
        )
        for name, wanted in asked.items()
    }
    sentences = (
        _prompts(rows["steerability"], finding),
        _random(rows["steerability"]),
        _range(rows["sensitivity"]),
        _chosen(rows["sensitivity"], rows["pushed"]),
        _at_cost(rows["sensitivity"]),
        _normalised(rows["scaled"]),
    )
    return [*filter(None, sentences), *comparison_sentences(tables, finding)]


def _numbers(rows: pd.DataFrame, metric: str, **wanted: str | float) -> Numbers:
    return first_numbers(matching(rows, metric=metric, **wanted))


def _prompts(rows: pd.DataFrame, finding: Finding) -> str:
    slope, spread = _numbers(rows, "prompt_slope"), _numbers(rows, "prompt_slope_sd")
    wrong = _numbers(rows, "anti_steerable")
    if not math.isfinite(slope[0]) or finding.steer_place is None:
        return ""
    unit, bound = str(rows["unit"].iloc[0]), float(rows["bound"].iloc[0])
    return (
        f"Lines through the single test prompts, pushed at {phrase(finding.steer_place)} up to "
        f"{amount(bound, unit)} either way, have a mean slope of {estimate(*slope)} {per(unit)} "
        f"with a standard deviation of {estimate(*spread)}; a share of {estimate(*wrong)} is "
        "pushed the wrong way."
    )


def _random(rows: pd.DataFrame) -> str:
    p, adjusted = _numbers(rows, "random_p_value")[0], _numbers(rows, "adjusted_p_value")[0]
    if not (math.isfinite(p) and math.isfinite(adjusted)):
        return ""
    draws = int(matching(rows, metric="random_p_value")["n"].iloc[0])
    ranked = f"p = {p_value(p)}, corrected over concepts and layers {p_value(adjusted)}"
    if adjusted < LEVEL:
        return f"The slope stands out from {draws} random directions of the same length ({ranked})."
    reason = ""
    if math.isclose(p, 1 / (1 + draws)):
        reason = f", though none of the {draws} reaches it: more are needed"
    return (
        "That the slope stands out from random directions of the same length is not shown "
        f"({ranked}{reason})."
    )


def _range(rows: pd.DataFrame) -> str:
    usable = _numbers(rows, "usable_high")
    if not math.isfinite(usable[0]):
        return ""
    unit = str(rows["unit"].iloc[0])
    last = math.isclose(usable[0], _bound(rows, "usable_high"))
    if usable[0] <= 0:
        text = "The response does not rise from strength 0, so that no positive strength is usable"
    elif last:
        text = (
            f"Up to the last strength tried, {amount(usable[0], unit)}, the mean response rises "
            "and the loss on neutral text has not doubled"
        )
    else:
        text = (
            f"The usable range ends at a strength of {estimate(*usable)} ({amount_unit(unit)}), "
            f"where {_what_ends(rows)}"
        )
    linear = _numbers(rows, "linear_high")
    if math.isfinite(linear[0]):
        text += f"; the response is off a line from {estimate(*linear)} on"
    return f"{text}."


def amount_unit(unit: str) -> str:
    """The unit of a strength that stands with its interval, such as "class gaps"."""
    return amount(2, unit).removeprefix("2 ")


def _what_ends(rows: pd.DataFrame) -> str:
    turning, doubled = _numbers(rows, "turning_high")[0], _numbers(rows, "doubling_positive")[0]
    if math.isfinite(turning) and not turning > doubled:
        return "the mean response turns"
    return "the loss on neutral text has doubled"


def _chosen(rows: pd.DataFrame, pushed: pd.DataFrame) -> str:
    strength = _numbers(rows, "chosen_strength")[0]
    effect, kl = _numbers(rows, "effect_at_chosen"), _numbers(rows, "kl_at_chosen")
    if not (math.isfinite(strength) and math.isfinite(effect[0])):
        return ""
    unit = str(rows["unit"].iloc[0])
    text = (
        f"At the strength that does most within it on validation, {amount(strength, unit)}, the "
        f"logit difference of the test prompts changes by {estimate(*effect)} nats, at a KL of "
        f"{estimate(*kl)} nats"
    )
    nearer = _numbers(pushed, "cached_percentile", strength=strength)
    before = _numbers(pushed, "cached_percentile", strength=0)
    if math.isfinite(nearer[0]) and math.isfinite(before[0]):
        text += (
            f"; of unseen activations, {number(nearer[0])} percent are nearer to the training "
            f"ones than those pushed so far ({number(before[0])} without a push)"
        )
    return f"{text}."


def _at_cost(rows: pd.DataFrame) -> str:
    effect, strength = _numbers(rows, "effect_at_cost"), _numbers(rows, "strength_at_cost")
    if not math.isfinite(effect[0]):
        return ""
    cost, unit = _bound(rows, "effect_at_cost"), str(rows["unit"].iloc[0])
    return (
        f"Where the KL reaches {cost:g} nats, at a strength of {estimate(*strength)} "
        f"({amount_unit(unit)}), the logit difference has changed by {estimate(*effect)} nats."
    )


def _normalised(rows: pd.DataFrame) -> str:
    """What a factor of 2 changes, where that was tried."""
    entering = _numbers(rows, "next_input_change", strength=2)[0]
    attention = _numbers(rows, "next_attention_change", strength=2)[0]
    block = _numbers(rows, "next_block_change", strength=2)[0]
    if not (math.isfinite(entering) and math.isfinite(attention) and math.isfinite(block)):
        return ""
    return (
        f"Twice the activations change the next block's input by {number(entering)} of its length, "
        f"its attention's output by {number(attention)}, and all that it adds by {number(block)}."
    )


def _bound(rows: pd.DataFrame, metric: str) -> float:
    found = matching(rows, metric=metric)["bound"]
    return float(found.iloc[0]) if len(found) else math.nan
