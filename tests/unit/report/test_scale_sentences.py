"""Sentences on scale say what the tables carry, and nothing where there is nothing."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest

from probesteer.places import Place
from probesteer.report.finding import Finding
from probesteer.report.scale_sentences import scale_sentences
from tests.unit.report.example_finding import finding

PLACE = Place("resid_post", 3)
KEY: dict[str, Any] = {
    "model": "demo",
    "concept": "sentiment",
    "site": "resid_post",
    "layer": 3,
    "method": "difference_of_means",
    "unit": "gap",
}
COLUMNS = ["metric", "value", "low", "high", "n", "bound"]
NAN = float("nan")
SENSITIVITY = {
    "usable_high": (2.5, 2.0, 3.0, 40, 32.0),
    "turning_high": (2.5, 2.0, 3.0, 40, 32.0),
    "doubling_positive": (4.0, 3.0, 5.0, 12, 32.0),
    "linear_high": (0.5, 0.4, 0.6, 40, 32.0),
    "chosen_strength": (2.0, NAN, NAN, 20, 32.0),
    "effect_at_chosen": (3.0, 2.5, 3.5, 20, 2.0),
    "kl_at_chosen": (1.2, 1.0, 1.4, 20, 2.0),
    "strength_at_cost": (0.25, 0.2, 0.3, 20, 32.0),
    "effect_at_cost": (0.9, 0.8, 1.0, 20, 0.1),
}
STEERABILITY = {
    "prompt_slope": (1.5, 1.4, 1.6, 20, 2.0),
    "prompt_slope_sd": (0.5, 0.4, 0.6, 20, 2.0),
    "anti_steerable": (0.1, 0.05, 0.2, 20, 2.0),
    "random_p_value": (0.02, NAN, NAN, 40, 2.0),
    "adjusted_p_value": (0.03, NAN, NAN, 40, 2.0),
}
SCALE = [
    ("add", "cached_percentile", 0.0, 49.8),
    ("add", "cached_percentile", 2.0, 66.0),
    ("multiply", "next_input_change", 2.0, 1.0),
    ("multiply", "next_attention_change", 2.0, 0.0),
    ("multiply", "next_block_change", 2.0, 0.1),
]


def said(found: Finding | None = None, **changes: Mapping[str, tuple[float, ...]]) -> list[str]:
    """The sentences on tables in which all is known, but for the changes of each."""
    named: dict[str, Mapping[str, tuple[float, ...]]] = {
        "sensitivity": SENSITIVITY,
        "steerability": STEERABILITY,
    }
    tables = {}
    for name, given in named.items():
        rows = {**given, **changes.get(name, {})}
        table = pd.DataFrame([(m, *rest) for m, rest in rows.items() if rest], columns=COLUMNS)
        tables[name] = table.assign(**KEY, operator="add", positions="from_last", split="test")
    scale = pd.DataFrame(SCALE, columns=["operator", "metric", "strength", "value"])
    ends: dict[str, Any] = {**KEY, "low": NAN, "high": NAN}
    scale = scale.assign(**ends)
    scaled = scale["operator"] == "multiply"
    tables["scale"] = scale.assign(method=scale["method"].mask(scaled, "none"))
    return scale_sentences(tables, found or finding(steer_place=PLACE))


def test_every_sentence_of_a_place_where_all_is_known() -> None:
    assert said() == [
        "Lines through the single test prompts, pushed at layer 3 up to 2 class gaps either way, "
        "have a mean slope of 1.50 [1.40, 1.60] nats per class gap with a standard deviation of "
        "0.50 [0.40, 0.60]; a share of 0.10 [0.05, 0.20] is pushed the wrong way.",
        "The slope stands out from 40 random directions of the same length (p = 0.02, corrected "
        "over concepts and layers 0.03).",
        "The usable range ends at a strength of 2.50 [2.00, 3.00] (class gaps), where the mean "
        "response turns; the response is off a line from 0.50 [0.40, 0.60] on.",
        "At the strength that does most within it on validation, 2 class gaps, the logit "
        "difference of the test prompts changes by 3.00 [2.50, 3.50] nats, at a KL of 1.20 "
        "[1.00, 1.40] nats; of unseen activations, 66.0 percent are nearer to the training ones "
        "than those pushed so far (49.8 without a push).",
        "Where the KL reaches 0.1 nats, at a strength of 0.25 [0.20, 0.30] (class gaps), the logit "
        "difference has changed by 0.90 [0.80, 1.00] nats.",
        "Twice the activations change the next block's input by 1.00 of its length, its "
        "attention's output by 0.00, and all that it adds by 0.10.",
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"doubling_positive": (2.5, 2, 3, 12, 32), "turning_high": ()},
            "neutral text has doubled",
        ),
        ({"usable_high": (32.0, 32, 32, 40, 32)}, "Up to the last strength tried, 32 class gaps"),
        ({"usable_high": (0.0, 0, 0, 40, 32)}, "no positive strength is usable"),
    ],
)
def test_what_ends_the_usable_range(changes: Mapping[str, tuple[float, ...]], words: str) -> None:
    (sentence,) = (text for text in said(sensitivity=changes) if words in text)
    assert "turns" not in sentence


@pytest.mark.parametrize(
    ("p", "more"), [(1 / 9, "though none of the 8 reaches it: more are needed"), (0.4, "")]
)
def test_a_slope_among_the_random_ones_is_not_shown_to_stand_out(p: float, more: str) -> None:
    rows = {"random_p_value": (p, NAN, NAN, 8, 2.0), "adjusted_p_value": (0.5, NAN, NAN, 8, 2.0)}
    (sentence,) = (text for text in said(steerability=rows) if "random" in text)
    assert sentence.startswith("That the slope stands out from random directions")
    assert "not shown" in sentence
    assert more in sentence
    assert ("more are needed" in sentence) is bool(more)


def test_nothing_is_said_of_what_was_not_measured() -> None:
    assert said(finding(steer_place=None)) == []
    assert said(finding(steer_place=Place("resid_post", 7))) == []
    assert scale_sentences({}, finding()) == []
    unknown = dict.fromkeys(SENSITIVITY, (NAN, NAN, NAN, 40, 1.0))
    slopes = dict.fromkeys(STEERABILITY, (NAN, NAN, NAN, 40, 1.0))
    assert len(said(sensitivity=unknown, steerability=slopes)) == 1  # the factor's alone
