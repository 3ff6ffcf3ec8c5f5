"""Claims on directions, superposition and neurons, from the table of superposition."""

from collections.abc import Sequence

import pandas as pd

from probesteer.figures.places import axis_label, places_of
from probesteer.figures.rows import by_place, concepts_of, matching
from probesteer.places import Place
from probesteer.report.claim import FAILS, HOLDS, UNSHOWN, Claim, counted
from probesteer.report.finding import Finding
from probesteer.report.numbers import estimate, number, p_value

SMALL = 0.005
"""AUROC lost by reading at right angles that counts as none."""
LARGE = 0.02
"""And that counts as a loss."""


def direction_claims(table: pd.DataFrame) -> list[Claim]:
    """Directions and superposition; table: superposition, of one model, may be empty."""
    stream = table[table["site"] != "mlp_act"]
    return [*_overlap(stream), *_orthogonal(stream), *_privileged(stream)]


def neuron_claims(table: pd.DataFrame, findings: Sequence[Finding]) -> list[Claim]:
    """Polysemantic neurons, superposition and non-linear reading as separate things."""
    neurons = table[table["site"] == "mlp_act"]
    return [*_polysemantic(neurons), *_best_neuron(neurons), *_nonlinear(findings)]


def _overlap(table: pd.DataFrame) -> list[Claim]:
    claims = []
    for method in ("raw", "whitened"):
        rows = table[(table["method"] == method) & (table["concept"] == "")]
        said, chance, verdicts = [], [], []
        for label, own in _by_label(rows):
            if "cosine_mean" not in own:
                continue
            mean, share = own["cosine_mean"], own["cosine_share_of_draws_as_far"]
            said.append(f"{label}: {number(mean)} (p = {p_value(share)})")
            chance.append(own["cosine_random_mean"])
            below = mean < own["cosine_random_mean"]
            verdicts.append(HOLDS if share < 0.05 else FAILS if below else UNSHOWN)
        if said:
            name = "Directions of concepts overlap more than by chance"
            space = "" if method == "raw" else ", whitened within classes"
            control = f"two random directions: {number(chance[0])}"
            told = f"mean |cosine| by layer{space}: {'; '.join(said)}"
            claims.append(Claim(name, "all", told, control, counted(verdicts)))
    return claims


def _orthogonal(table: pd.DataFrame) -> list[Claim]:
    rows = table[table["metric"] == "auroc"]
    claims = []
    for concept in concepts_of(rows):
        said, verdicts = [], []
        own = matching(rows, concept=concept)
        for place, here in _places(own):
            read, turned = (
                float(matching(here, method=name)["value"].iloc[0])
                for name in ("own", "orthogonal")
            )
            loss = read - turned
            said.append(f"{axis_label(place)}: {number(read)} → {number(turned)}")
            verdicts.append(HOLDS if loss > LARGE else FAILS if loss <= SMALL else UNSHOWN)
        claims.append(
            Claim(
                "Concepts share dimensions so that directions at right angles read them worse",
                concept,
                f"AUROC by layer, own → orthonormal: {'; '.join(said)}",
                "planted orthogonal features lose 0",
                counted(verdicts),
            )
        )
    return claims


def _privileged(table: pd.DataFrame) -> list[Claim]:
    rows = table[(table["concept"] == "") & table["method"].isin(("basis", "rotations"))]
    said, control, verdicts = [], [], []
    for place, here in _places(rows):
        basis, turned = (
            matching(here, method=name, metric="kurtosis") for name in ("basis", "rotations")
        )
        share = float(matching(here, metric="share_of_draws_as_high")["value"].iloc[0])
        said.append(f"{axis_label(place)}: {number(float(basis['value'].iloc[0]))}")
        control.append(f"{axis_label(place)}: {number(float(turned['value'].iloc[0]))}")
        verdicts.append(HOLDS if share < 0.05 else UNSHOWN)
    if not said:
        return []
    return [
        Claim(
            "The axes of the residual stream are special to concepts",
            "all",
            f"kurtosis of the directions' entries by layer: {'; '.join(said)}",
            f"rotated bases: {'; '.join(control)}",
            counted(verdicts),
        )
    ]


def _polysemantic(table: pd.DataFrame) -> list[Claim]:
    rows = table[table["metric"] == "share_reading_2"]
    said, control, verdicts = [], [], []
    for place, here in _places(rows):
        share = _of(here, "neurons", "value")
        # An orthonormal basis turned at random, and chance, are what a neuron is held against.
        low, high = (_of(here, "rotations", end) for end in ("low", "high"))
        chance = _of(here, "shuffled_labels", "high")
        said.append(f"{place.layer}: {number(share)}")
        control.append(f"{place.layer}: {number(low)} to {number(high)}")
        beyond = share > max(high, chance)
        verdicts.append(HOLDS if beyond else FAILS if share < low else UNSHOWN)
    if not said:
        return []
    return [
        Claim(
            "More neurons than units of rotated bases read several concepts",
            "all",
            f"share that reads two or more, by layer: {'; '.join(said)}",
            f"units of rotated bases: {'; '.join(control)}",
            counted(verdicts),
        )
    ]


def _best_neuron(table: pd.DataFrame) -> list[Claim]:
    rows = table[(table["metric"] == "best_unit_auroc") & (table["concept"] != "")]
    claims = []
    for concept in concepts_of(rows):
        said, control, verdicts = [], [], []
        for place, here in _places(matching(rows, concept=concept)):
            best = _of(here, "neurons", "value")
            drawn = ("random_directions", "rotations")
            high, low = (
                most(_of(here, name, end) for name in drawn)
                for most, end in ((max, "high"), (min, "low"))
            )
            said.append(f"{place.layer}: {number(best)}")
            control.append(f"{place.layer}: {number(low)} to {number(high)}")
            verdicts.append(HOLDS if best > high else FAILS if best < low else UNSHOWN)
        claims.append(
            Claim(
                "A single neuron reads the concept better than the best of as many directions",
                concept,
                f"AUROC by layer: {'; '.join(said)}",
                f"random directions and rotated bases: {'; '.join(control)}",
                counted(verdicts),
            )
        )
    return claims


def _nonlinear(findings: Sequence[Finding]) -> list[Claim]:
    claims = []
    for finding in findings:
        for gain in finding.evidence.gains:
            _, low, high = gain.numbers
            verdict = HOLDS if low > 0 else FAILS if high < 0 else UNSHOWN
            claims.append(
                Claim(
                    "A probe that is not linear reads more than one that is",
                    finding.concept,
                    f"gain in accuracy of {gain.name}: {estimate(*gain.numbers)}",
                    "the logistic probe",
                    verdict,
                )
            )
    return claims


def _by_label(rows: pd.DataFrame) -> list[tuple[str, dict[str, float]]]:
    """Numbers by metric, at each place."""
    return [
        (axis_label(place), dict(zip(here["metric"], here["value"], strict=True)))
        for place, here in _places(rows)
    ]


def _places(rows: pd.DataFrame) -> list[tuple[Place, pd.DataFrame]]:
    places = places_of(rows)
    return [(places[at], here) for at, here in by_place(rows, places)]


def _of(rows: pd.DataFrame, method: str, column: str) -> float:
    return float(matching(rows, method=method)[column].iloc[0])
