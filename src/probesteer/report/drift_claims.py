"""Claims on directions of checkpoints: whether they turned, and what they do in one another."""

import math

import pandas as pd

from probesteer.figures.places import axis_label
from probesteer.figures.rows import concepts_of, matching
from probesteer.places import Place
from probesteer.report.claim import FAILS, HOLDS, UNSHOWN, Claim, counted
from probesteer.report.claim_rows import ends_of, rows_by_place
from probesteer.report.numbers import estimate, number

LEAST = 5.0
"""Degrees from which on a direction counts as turned."""
UNSURE = 60.0
"""Degrees between halves of one model above which there is no direction to compare."""
SLIGHT_LOSS = 0.05
"""Accuracy lost that counts as none."""

_TOLD = {"difference_of_means": "difference of means", "logistic": "logistic probe"}


def drift_claims(table: pd.DataFrame) -> list[Claim]:
    """Pair by pair and concept by concept; table: shifts, of one model, may be empty."""
    compared = table[(table["shift"] == "checkpoint") & (table["site"] != "mlp_act")]
    claims = []
    for other in compared["other"].unique():
        of_pair = matching(compared, other=other)
        for concept in concepts_of(of_pair):
            own, about = matching(of_pair, concept=concept), f"{concept} in {other}"
            for method in _TOLD:
                claims += _turned(matching(own, method=method, metric="angle"), about, method)
            probe = matching(own, method="logistic")
            for metric, name in (
                ("accuracy", "The direction of one checkpoint reads the other as well as its own"),
                (
                    "accuracy_as_stored",
                    "The probe of one, threshold and all, reads the other as well as its own",
                ),
            ):
                claims += _reads(probe, metric, name, about)
            claims += _steers(matching(own, method="difference_of_means", metric="slope"), about)
    return claims


def _turned(rows: pd.DataFrame, about: str, method: str) -> list[Claim]:
    said, control, verdicts = [], [], []
    for place, here in rows_by_place(rows):
        if matching(here, direction="corrected").empty:
            continue
        value, low, high = ends_of(matching(here, direction="corrected"))
        within, _, _ = ends_of(matching(here, direction="halves_within"))
        at = axis_label(place)
        said.append(f"{at}: {estimate(value, low, high)}")
        control.append(f"{at}: {number(within)}")
        known = within < UNSURE and not math.isnan(low)
        turned, stayed = low > LEAST, high < LEAST
        verdicts.append(UNSHOWN if not known else HOLDS if turned else FAILS if stayed else UNSHOWN)
    name = "A direction turned, by more than the choice of examples moves it"
    told = f"degrees by layer, {_TOLD[method]}: {'; '.join(said)}"
    halves = f"halves of the examples of one model: {'; '.join(control)}"
    return [Claim(name, about, told, halves, counted(verdicts))] if said else []


def _reads(rows: pd.DataFrame, metric: str, name: str, about: str) -> list[Claim]:
    said, control, verdicts = [], [], []
    for place, here in rows_by_place(matching(rows, metric=metric)):
        value, low, high = ends_of(matching(here, direction="transferred"))
        usual, least, _ = ends_of(matching(here, direction="own"))
        _, least_lost, most_lost = ends_of(matching(here, direction="lost"))
        if not least > 0.5:
            continue  # there is nothing that it could read
        at = axis_label(place)
        said.append(f"{at}: {estimate(value, low, high)}")
        control.append(f"{at}: {number(usual)}{_chance(rows, place)}")
        kept, lost = most_lost <= SLIGHT_LOSS, least_lost > SLIGHT_LOSS
        verdicts.append(HOLDS if kept else FAILS if lost else UNSHOWN)
    told = f"accuracy by layer: {'; '.join(said)}"
    own = f"its own, and the best of random directions: {'; '.join(control)}"
    return [Claim(name, about, told, own, counted(verdicts))] if said else []


def _chance(rows: pd.DataFrame, place: Place) -> str:
    """What random directions read there, with thresholds of the second model."""
    drawn = matching(rows, metric="accuracy", direction="random", site=place.site)
    drawn = matching(drawn, layer=place.layer)
    return "" if drawn.empty else f" ({number(float(drawn['high'].iloc[0]))})"


def _steers(rows: pd.DataFrame, about: str) -> list[Claim]:
    said, control, verdicts = [], [], []
    for place, here in rows_by_place(rows):
        value, low, high = ends_of(matching(here, direction="transferred"))
        usual, _, _ = ends_of(matching(here, direction="own"))
        _, lowest, highest = ends_of(matching(here, direction="random"))
        at = axis_label(place)
        said.append(f"{at}: {estimate(value, low, high)}")
        control.append(f"{at}: {number(usual)} ({number(lowest)} to {number(highest)})")
        beyond, below = low > max(highest, 0.0), high < max(highest, 0.0)
        verdicts.append(HOLDS if beyond else FAILS if below else UNSHOWN)
    name = "The direction of one checkpoint steers the other"
    told = f"slope by layer, nats per difference of its class means: {'; '.join(said)}"
    own = f"its own direction, and random ones: {'; '.join(control)}"
    return [Claim(name, about, told, own, counted(verdicts))] if said else []
