"""Claims of the geometry are judged by what was measured and its control."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from probesteer.report.claim import FAILS, HOLDS, UNSHOWN, counted
from probesteer.report.geometry_claims import geometry_tables
from probesteer.report.polytope_claims import polytope_claims
from probesteer.report.superposition_claims import direction_claims, neuron_claims
from tests.unit.figures.synthetic_tables import synthetic_tables
from tests.unit.figures.synthetic_truth import TRUTHS

NAN = float("nan")
_SHARED = ["concept", "other", "site", "layer", "method", "metric", "value", "low", "high", "n"]


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return synthetic_tables(TRUTHS[:2], layers=3, draws=2)


def verdicts(table: pd.DataFrame, sensitivity: pd.DataFrame) -> dict[str, str]:
    claims = polytope_claims(table, sensitivity)
    return {claim.claim: claim.verdict for claim in claims if claim.about == TRUTHS[0].name}


def test_verdicts_over_layers() -> None:
    assert counted([]) == UNSHOWN
    assert counted([FAILS, FAILS]) == FAILS
    assert counted([HOLDS, FAILS, HOLDS]) == "holds at 2 of 3 layers"
    assert counted([UNSHOWN, FAILS]) == UNSHOWN


def differences(tables: dict[str, pd.DataFrame], trained: float) -> pd.DataFrame:
    """Rows of within minus between, with intervals of 0.1 to both sides."""
    rows = tables["polytopes"].query("metric == 'density_within' and path == 'pairs'")
    value = np.where(rows["network"] == "trained", trained, 0.0)
    return rows.assign(metric="density_difference", value=value, low=value - 0.1, high=value + 0.1)


@pytest.mark.parametrize(
    ("trained", "verdict"),
    # -0.15 is below zero, and not below what the re-initialised network has, too.
    [(-0.4, HOLDS), (-0.15, UNSHOWN), (0.0, UNSHOWN), (0.4, FAILS)],
)
def test_density_is_held_against_zero_and_the_reinitialised_network(
    trained: float, verdict: str, tables: dict[str, pd.DataFrame]
) -> None:
    found = verdicts(differences(tables, trained), tables["sensitivity"])
    assert found == {"Boundaries lie denser between the classes than within them": verdict}


def test_density_is_held_against_a_network_trained_on_shuffled_labels(
    tables: dict[str, pd.DataFrame],
) -> None:
    found = differences(tables, -0.4)
    other = found[found["network"] == "reinitialised"].assign(network="shuffled")
    lower = other.assign(value=-0.45, low=-0.55, high=-0.35)
    claim = "Boundaries lie denser between the classes than within them"
    for shuffled, verdict in ((other, HOLDS), (lower, UNSHOWN)):
        told = polytope_claims(pd.concat([found, shuffled]), tables["sensitivity"])
        assert [each.verdict for each in told if each.claim == claim][:1] == [verdict]
        assert "trained on shuffled labels: " in told[0].control
        assert "re-initialised: " in told[0].control


@pytest.mark.parametrize(
    ("trained", "verdict"),
    [(-0.4, HOLDS), (-0.15, UNSHOWN), (0.0, UNSHOWN), (0.4, FAILS)],
)
def test_interpolations_are_held_against_zero_and_the_reinitialised_network(
    trained: float, verdict: str, tables: dict[str, pd.DataFrame]
) -> None:
    claim = "Ways between classes cross boundaries more densely than ways within a class"
    moved = differences(tables, trained).assign(path="arc", method="spherical", unit="none")
    assert verdicts(moved, tables["sensitivity"]) == {claim: verdict}
    # Soft codes are no ground for the verdict on hard ones.
    soft = differences(tables, trained).assign(method="soft_codes")
    assert verdicts(soft, tables["sensitivity"]) == {}


def test_the_peak_along_a_ray_and_the_end_of_the_range(tables: dict[str, pd.DataFrame]) -> None:
    ends = tables["sensitivity"].query("operator == 'add' and method == 'difference_of_means'")
    densest = "The working range of a push ends where boundaries are densest"
    peak = "Boundaries are densest on the way from the origin, not at either end of the ray"
    at_peak = ends.assign(value=2.0, low=1.9, high=2.1, bound=32.0)
    found = verdicts(tables["polytopes"], at_peak)
    assert found[peak] == HOLDS
    assert found[densest] == HOLDS
    beyond = at_peak.assign(value=5.0, low=4.0, high=6.0)
    assert verdicts(tables["polytopes"], beyond)[densest] == FAILS
    # No end within what was tried.
    assert verdicts(tables["polytopes"], beyond.assign(bound=5.0))[densest] == UNSHOWN
    near = tables["polytopes"].query("strength <= 2")
    assert verdicts(near, at_peak)[peak] == FAILS


def shared(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=_SHARED)


@pytest.mark.parametrize(("p", "mean", "verdict"), [
    (0.01, 0.3, HOLDS), (0.4, 0.08, UNSHOWN), (0.9, 0.01, FAILS),
])  # fmt: skip
def test_overlap_is_held_against_chance(p: float, mean: float, verdict: str) -> None:
    numbers = {"mean": mean, "share_of_draws_as_far": p, "random_mean": 0.07}
    rows = [
        ("", "", "resid_post", 0, "raw", f"cosine_{name}", value, NAN, NAN, 4)
        for name, value in numbers.items()
    ]
    (claim,) = direction_claims(shared(rows))
    assert claim.verdict == verdict
    assert claim.control == "two random directions: 0.07"


@pytest.mark.parametrize(("orthogonal", "verdict"), [(0.9, FAILS), (0.89, UNSHOWN), (0.7, HOLDS)])
def test_a_loss_at_right_angles(orthogonal: float, verdict: str) -> None:
    rows = [
        ("c", "", "resid_post", 0, method, "auroc", value, NAN, NAN, 40)
        for method, value in (("own", 0.9), ("orthogonal", orthogonal))
    ]
    (claim,) = direction_claims(shared(rows))
    assert (claim.about, claim.verdict) == ("c", verdict)


@pytest.mark.parametrize(("share", "verdict"), [(0.5, HOLDS), (0.3, UNSHOWN), (0.1, FAILS)])
def test_polysemantic_neurons_are_held_against_rotations(share: float, verdict: str) -> None:
    rows = [
        ("", "", "mlp_act", 1, "neurons", "share_reading_2", share, NAN, NAN, 64),
        ("", "", "mlp_act", 1, "rotations", "share_reading_2", 0.3, 0.2, 0.4, 64),
        ("", "", "mlp_act", 1, "shuffled_labels", "share_reading_2", 0.0, 0.0, 0.01, 64),
    ]
    (claim,) = neuron_claims(shared(rows), [])
    assert claim.verdict == verdict


def test_nothing_measured_is_no_table(tables: dict[str, pd.DataFrame]) -> None:
    assert geometry_tables({"probes": tables["probes"]}, "demo", []) == []
    titles = [table.title for table in geometry_tables(tables, "demo", [])]
    assert titles == [
        "Polysemantic neurons, superposition, non-linear reading",
        "Vector arithmetic",
        "Composition of two concepts",
        "Directions of other checkpoints",
        "Sparse dictionaries",
        "The polytope lens",
        "Directions against clusters",
    ]
