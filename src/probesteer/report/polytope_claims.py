"""Claims of the polytope lens, from the tables of polytopes and of sensitivity."""

import pandas as pd

from probesteer.figures.places import axis_label, places_of
from probesteer.figures.rows import by_place, concepts_of, matching
from probesteer.places import Place
from probesteer.report.claim import FAILS, HOLDS, UNSHOWN, Claim, counted
from probesteer.report.numbers import estimate, number

PURE = 0.9
"""Purity from which clusters count as pure, where half of the examples are in one."""
MARGIN = 0.1
"""By how much more than labels by lot."""
# Networks in which boundaries have no reason to lie between the classes.
_CONTROLS = {"reinitialised": "re-initialised", "shuffled": "trained on shuffled labels"}


def polytope_claims(table: pd.DataFrame, sensitivity: pd.DataFrame) -> list[Claim]:
    """The claims, concept by concept; both tables of one model, the first may be empty."""
    claims = []
    for concept in concepts_of(table):
        own = matching(table, concept=concept)
        ends = matching(sensitivity, concept=concept)
        claims += [*_density(own, concept), *_arcs(own, concept), *_scaling(own, concept)]
        claims += [*_peak(own, concept), *_range(own, ends, concept), *_clusters(own, concept)]
    return claims


def _density(rows: pd.DataFrame, concept: str) -> list[Claim]:
    return _differences(
        matching(rows, path="pairs", method="activations", metric="density_difference"),
        concept,
        "Boundaries lie denser between the classes than within them",
        "within minus between, by layer (99% intervals)",
    )


def _arcs(rows: pd.DataFrame, concept: str) -> list[Claim]:
    return _differences(
        matching(rows, path="arc", method="spherical", metric="density_difference"),
        concept,
        "Ways between classes cross boundaries more densely than ways within a class",
        "interpolation within minus between classes, by layer",
    )


def _differences(
    differences: pd.DataFrame, concept: str, claim: str, measurement: str
) -> list[Claim]:
    """Below zero, and below what the controls have; `differences` of all networks."""
    trained = matching(differences, network="trained")
    said, verdicts = [], []
    controls: dict[str, list[str]] = {name: [] for name in _CONTROLS}
    for place, here in _places(trained):
        value, low, high = (float(here[name].iloc[0]) for name in ("value", "low", "high"))
        said.append(f"{axis_label(place)}: {estimate(value, low, high)}")
        beyond = True
        for network, found in controls.items():
            other = matching(
                differences, network=network, site=place.site, layer=float(place.layer)
            )
            if len(other):
                ends = [float(other[name].iloc[0]) for name in ("value", "low", "high")]
                found.append(f"{axis_label(place)}: {estimate(*ends)}")
                beyond = beyond and high < ends[1]
        verdicts.append(HOLDS if high < 0 and beyond else FAILS if low > 0 else UNSHOWN)
    if not said:
        return []
    control = [
        f"{_CONTROLS[network]}: {'; '.join(found)}" for network, found in controls.items() if found
    ]
    return [
        Claim(
            claim,
            concept,
            f"{measurement}: {'; '.join(said)}",
            ". ".join(control) or "none",
            counted(verdicts),
        )
    ]


def _scaling(rows: pd.DataFrame, concept: str) -> list[Claim]:
    rays = matching(rows, path="ray", metric="prediction_changed")
    own = matching(rays, network="trained", method="activations")
    if own.empty:
        return []
    most = float(own["strength"].max())
    said, control, verdicts = [], [], []
    for place, here in _places(matching(own, strength=most)):
        value, low, high = (float(here[name].iloc[0]) for name in ("value", "low", "high"))
        said.append(f"{axis_label(place)}: {estimate(value, low, high)}")
        other = matching(
            rays,
            network="reinitialised",
            strength=most,
            site=place.site,
            layer=float(place.layer),
        )
        untrained = float(other["value"].iloc[0]) if len(other) else 0.0
        if len(other):
            control.append(f"{axis_label(place)}: {number(untrained)}")
        verdicts.append(HOLDS if low > untrained else FAILS if high == 0 else UNSHOWN)
    return [
        Claim(
            f"Making an activation {most:g} times as long changes what is predicted",
            concept,
            f"share changed, by layer: {'; '.join(said)}",
            f"re-initialised: {'; '.join(control)}" if control else "none",
            counted(verdicts),
        )
    ]


def _peak(rows: pd.DataFrame, concept: str) -> list[Claim]:
    rays = matching(rows, path="ray", metric="crossings", network="trained")
    said, control, verdicts = [], [], []
    for place, here in _places(rays):
        own, noise = (
            matching(here, method=name).sort_values("strength") for name in ("activations", "noise")
        )
        at, inside = _densest(own)
        said.append(f"{axis_label(place)}: {number(at)}")
        verdicts.append(HOLDS if inside else FAILS)
        if len(noise):
            control.append(f"{axis_label(place)}: {number(_densest(noise)[0])}")
    if not said:
        return []
    return [
        Claim(
            "Boundaries are densest on the way from the origin, not at either end of the ray",
            concept,
            f"factor at which they are, by layer: {'; '.join(said)}",
            f"Gaussian noise: {'; '.join(control)}" if control else "none",
            counted(verdicts),
        )
    ]


def _range(rows: pd.DataFrame, sensitivity: pd.DataFrame, concept: str) -> list[Claim]:
    pushes = matching(rows, path="push", metric="crossings", method="difference_of_means")
    wanted = sensitivity[
        (sensitivity["operator"] == "add")
        & (sensitivity["method"] == "difference_of_means")
        & sensitivity["metric"].isin(("monotone_low", "monotone_high"))
    ]
    random = rows[(rows["path"] == "push") & rows["method"].str.startswith("random")]
    said, drawn, verdicts = [], [], []
    for place, here in _places(pushes):
        means = _over_draws(matching(random, site=place.site, layer=float(place.layer)))
        drawn += [f"{axis_label(place)}: {number(_densest(means)[0])}"] if len(means) else []
        ends = matching(wanted, site=place.site, layer=float(place.layer))
        for metric, sign in (("monotone_low", -1), ("monotone_high", 1)):
            found, side = matching(ends, metric=metric), here[here["strength"] * sign > 0]
            if found.empty or side.empty:
                continue
            value, low, high, bound = (
                float(found[name].iloc[0]) for name in ("value", "low", "high", "bound")
            )
            at = _densest(side)[0]
            end = "none within what was tried" if value == bound else estimate(value, low, high)
            said.append(f"{axis_label(place)}: densest at {number(at)}, end {end}")
            verdicts.append(_of_end(at, value, low, high, bound))
    if not said:
        return []
    held = sum(verdict == HOLDS for verdict in verdicts)
    ended = sum(verdict != UNSHOWN for verdict in verdicts)
    verdict = UNSHOWN if not ended else HOLDS if held == ended else FAILS
    if 0 < held < ended:
        verdict = f"{HOLDS} at {held} of {ended} ends"
    return [
        Claim(
            "The working range of a push ends where boundaries are densest",
            concept,
            f"strengths by layer and side: {'; '.join(said)}",
            f"random directions, densest: {'; '.join(drawn)}" if drawn else "none",
            verdict,
        )
    ]


def _clusters(rows: pd.DataFrame, concept: str) -> list[Claim]:
    found = rows[(rows["path"] == "clusters") & (rows["network"] == "trained")]
    said, control, verdicts = [], [], []
    for place, here in _places(found):
        codes, activations = (
            matching(here, method=name).set_index("metric")["value"].to_dict()
            for name in ("codes", "euclidean")
        )
        purity, share, chance = (
            float(codes[name]) for name in ("purity", "share_clustered", "purity_by_chance")
        )
        label = axis_label(place)
        said.append(f"{label}: {number(purity)} ({number(share)} clustered)")
        control.append(f"{label}: {number(chance)}, {number(float(activations['purity']))}")
        pure = purity >= PURE and share >= 0.5 and purity > chance + MARGIN
        verdicts.append(HOLDS if pure else FAILS if purity < chance + MARGIN else UNSHOWN)
    if not said:
        return []
    return [
        Claim(
            "Clusters of spline codes hold one class each",
            concept,
            f"purity by layer: {'; '.join(said)}",
            f"labels by lot, clusters of activations: {'; '.join(control)}",
            counted(verdicts),
        )
    ]


def _of_end(at: float, value: float, low: float, high: float, bound: float) -> str:
    """Whether boundaries are densest, at the strength `at`, where a working range ends.

    Not shown where it has no end, or one that is known to no better than a factor of two.
    """
    sizes = sorted((abs(low), abs(high)))
    if value in (bound, 0.0) or not low <= at <= high:
        return UNSHOWN if value in (bound, 0.0) else FAILS
    return HOLDS if sizes[1] <= 2 * sizes[0] else UNSHOWN


def _densest(rows: pd.DataFrame) -> tuple[float, bool]:
    """The strength of the most crossings, and whether it is neither the first nor the last."""
    at = int(rows["value"].to_numpy().argmax())
    return float(rows["strength"].iloc[at]), 0 < at < len(rows) - 1


def _over_draws(rows: pd.DataFrame) -> pd.DataFrame:
    """The mean crossings of the random directions at each strength."""
    crossed = matching(rows, metric="crossings")
    return crossed.groupby("strength")["value"].mean().reset_index()


def _places(rows: pd.DataFrame) -> list[tuple[Place, pd.DataFrame]]:
    places = places_of(rows)
    return [(places[at], here) for at, here in by_place(rows, places)]
