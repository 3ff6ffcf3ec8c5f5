"""Methods and operators are compared in words, with no more than the intervals carry."""

import math
from typing import Any

import pandas as pd
import pytest

from probesteer.places import Place
from probesteer.report.comparison_sentences import comparison_sentences
from tests.unit.report.example_finding import finding

FOUND = finding(steer_place=Place("resid_post", 3))
KEY = {"model": "demo", "concept": "sentiment", "site": "resid_post", "layer": 3}
COLUMNS = ["method", "draw", "strength", "split", "metric", "value", "low", "high"]
NAN = math.nan
SLOPES = {
    "difference_of_means": (1.5, 1.4, 1.6),
    "logistic": (0.5, 0.4, 0.6),
    "lda": (0.1, 0.0, 0.2),
    "random": (0.0, -0.3, 0.2),
}


def steering(validation: dict[str, float] | None = None, **slopes: Any) -> pd.DataFrame:
    """Slopes on test, and on validation those or others; a response to add that costs 0.4."""
    rows: list[tuple[Any, ...]] = []
    for method, numbers in {**SLOPES, **slopes}.items():
        first = (validation or {}).get(method, numbers[0])
        rows.append((method, -1, 1.0, "validation", "slope", first, NAN, NAN))
        rows.append((method, -1, 1.0, "test", "slope", *numbers))
    rows += response("difference_of_means", -1, 4.0, 0.4)
    rows += response("random", 0, 0.3, 0.1) + response("random", 1, -0.5, 0.2)
    return table(rows)


def response(method: str, draw: int, change: float, kl: float) -> list[tuple[Any, ...]]:
    """What strength 2 does, with intervals of a tenth either way."""
    rows: list[tuple[Any, ...]] = []
    for metric, value, splits in (
        ("logit_difference_change", change, ("validation", "test")),
        ("kl", kl, ("all",)),
    ):
        ends = sorted((0.9 * value, 1.1 * value))
        rows += [(method, draw, 2.0, split, metric, value, *ends) for split in splits]
    return rows


def table(rows: list[tuple[Any, ...]], **columns: Any) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS).assign(
        **{**KEY, "positions": "from_last", "unit": "gap", "operator": "add", **columns}
    )


def said(steered: pd.DataFrame, *operators: pd.DataFrame) -> list[str]:
    others = {"operators": pd.concat(operators)} if operators else {}
    return comparison_sentences({"steering": steered, **others}, FOUND)


def test_a_method_that_is_above_the_next_and_above_random_directions() -> None:
    assert said(steering()) == [
        "Of 3 methods, chosen on validation, the direction by difference of means steers most: "
        "1.50 [1.40, 1.60] nats per class gap of its own on test prompts; random directions reach "
        "0.30 either way. The interval is above that of the next, logistic (0.50 [0.40, 0.60])."
    ]


@pytest.mark.parametrize(
    ("slopes", "expected"),
    [
        (
            {"logistic": (1.4, 1.3, 1.45)},
            "That it is more than the next, logistic (1.40 [1.30, 1.45]), is not shown.",
        ),
        (
            {"random": (0.0, -1.4, 0.2)},
            "steers most, but that it does so more than random directions is not shown: 1.50 "
            "[1.40, 1.60] nats per class gap of its own on test prompts; random directions reach "
            "1.40 either way.",
        ),
        (
            {"difference_of_means": (1.5, NAN, NAN)},
            "random directions reach 0.30 either way; there are too few groups for an interval.",
        ),
        ({"random": (0.0, NAN, NAN)}, "no random directions were tried."),
    ],
)
def test_what_is_not_shown_of_methods(slopes: dict[str, Any], expected: str) -> None:
    (sentence,) = said(steering(**slopes))
    assert sentence.endswith(expected)
    assert "not shown" in sentence


def test_the_method_is_chosen_on_validation_and_told_on_test() -> None:
    (sentence,) = said(steering(validation={"logistic": 9.0}))
    assert "direction by logistic steers most: 0.50 [0.40, 0.60]" in sentence
    assert "the next, difference of means (1.50 [1.40, 1.60]), is not shown" in sentence


def test_operators_are_compared_at_one_cost() -> None:
    along = table(
        response("difference_of_means", -1, 1.0, 0.4) + response("random", 0, 9.0, 0.4),
        operator="clamp",
    )
    cheap = table(response("difference_of_means", -1, 9.0, 0.05), operator="ablate")
    _, sentence = said(steering(), along, cheap)
    # A KL of 0.1 is a quarter of 0.4: half the change; its ends where the KL has its own.
    low, high = 4 * 0.9 * (0.1 / 0.44) ** 0.5, 4 * 1.1 * (0.1 / 0.36) ** 0.5
    assert sentence == (
        "Of 2 operators that reach this cost, chosen on validation, add does most: it changes the "
        f"logit difference of test prompts by 2.00 [{low:.2f}, {high:.2f}] nats at a KL of 0.1 "
        "nats, interpolated between strengths; along random directions, within that cost, by up "
        "to 0.35 either way. The interval is above that of the next, clamp (0.50 "
        f"[{low / 4:.2f}, {high / 4:.2f}])."
    )


def test_an_operator_that_random_directions_reach_is_not_shown() -> None:
    rows = response("difference_of_means", -1, -9.0, 0.4) + response("random", 0, 8.0, 0.4)
    _, sentence = said(steering(), table(rows, operator="clamp"))
    assert "chosen on validation: clamp. That it does more than along random" in sentence
    assert "by -4.50 [-5.22, -3.86] nats at a KL" in sentence
    assert sentence.endswith("by up to 4.00 either way.")
    rows = response("leace", -1, 9.0, 0.4)
    _, sentence = said(steering(), table(rows, operator="erase"))
    assert sentence.endswith("no random directions were tried with it.")
    assert "chosen on validation: erase. That it does more" in sentence


def test_overlapping_operators_and_costs_that_none_reaches() -> None:
    near = response("difference_of_means", -1, 3.9, 0.4)
    _, sentence = said(steering(), table(near, operator="rotate"))
    assert "is not shown." in sentence
    assert "add does most" in sentence
    dear = steering()
    dear.loc[dear["metric"] == "kl", ["value", "low", "high"]] /= 10
    _, sentence = said(dear, table(response("none", -1, 1.0, 0.0), operator="scale"))
    assert sentence == "No operator reaches a KL of 0.1 nats at the strengths that were tried."
    _, sentence = said(steering(), table(response("none", -1, 1.0, 0.0), operator="scale"))
    assert sentence.startswith("The one operator that reaches this cost: add. It changes the logit")


def kept(operator: str, numbers: tuple[float, ...], random: float | None) -> pd.DataFrame:
    method = "leace" if operator == "erase" else "difference_of_means"
    key = (1.0, "test", "logit_difference_kept")
    rows = [(method, -1, *key, *numbers), (method, -1, 0.5, *key[1:], 1.0, 1.0, 1.0)]
    if random is not None:
        rows += [("random", draw, *key, random + draw, NAN, NAN) for draw in range(3)]
    return table(rows, operator=operator, unit="share")


def test_whether_differences_between_prompts_are_removed() -> None:
    *_, sentence = said(
        steering(),
        kept("ablate", (0.1, 0.0, 0.2), 0.9),
        kept("reflect", (-0.9, -1.0, -0.8), 0.8),
        kept("erase", (0.3, 0.1, 0.5), None),
    )
    assert sentence == (
        "Of the differences between test prompts in their logit difference, where 1 is all of "
        "them, 0 none and -1 all mirrored, ablate keeps 0.10 [0.00, 0.20] (along random directions "
        "0.90 or more), reflect keeps -0.90 [-1.00, -0.80] (along random directions 0.80 or more) "
        "and erase keeps 0.30 [0.10, 0.50]: fewer are left after ablate and erase, and they are "
        "mirrored by reflect."
    )


@pytest.mark.parametrize(
    ("numbers", "random"),
    [
        ((0.5, 0.1, 1.2), None),
        ((0.5, 0.1, 0.9), 0.85),
        ((0.5, NAN, NAN), None),
        ((-2.0, -5.0, 3.0), None),
    ],
)
def test_what_an_interval_or_random_directions_reach_is_not_removed(
    numbers: tuple[float, ...], random: float | None
) -> None:
    *_, sentence = said(steering(), kept("ablate", numbers, random))
    assert sentence.endswith(": that any of these removes differences is not shown.")


def test_nothing_is_said_of_what_was_not_measured() -> None:
    assert comparison_sentences({}, FOUND) == []
    assert comparison_sentences({"steering": steering()}, finding(steer_place=None)) == []
    one = steering()
    assert said(one[one["method"].isin(["difference_of_means", "random"])]) == []
