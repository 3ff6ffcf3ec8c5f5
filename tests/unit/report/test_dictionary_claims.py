"""Claims on dictionaries and arithmetic are judged by intervals and their controls."""

import pandas as pd
import pytest

from probesteer.report.arithmetic_claims import arithmetic_claims
from probesteer.report.claim import FAILS, HOLDS, UNSHOWN, Claim
from probesteer.report.dictionary_claims import dictionary_claims
from probesteer.report.geometry_claims import geometry_tables
from tests.unit.figures.synthetic_tables import synthetic_tables
from tests.unit.figures.synthetic_truth import TRUTHS

NAN = float("nan")
_ATOMS = ["concept", "site", "layer", "method", "metric", "value", "low", "high"]
_REBUILT = "A dictionary rebuilds more than as many directions at right angles"
_BEYOND = "A single atom reads the concept better than the best of as many random directions"
_AS_WELL = "A single atom reads the concept as well as the probe"
_OFFSET = "Pairs share an offset beyond the difference of the two sides"
_ANALOGY = "The offset of one pair leads from a member of another to its partner"


def verdicts(claims: list[Claim]) -> dict[str, str]:
    return {claim.claim: claim.verdict for claim in claims}


def atoms(
    atom: tuple[float, float] = (0.9, 1.0),
    less: tuple[float, float] = (-0.01, 0.0),
    probe: tuple[float, float] = (0.9, 1.0),
    components: tuple[float, float] = (0.1, 0.2),
    value: float = 0.95,
) -> pd.DataFrame:
    """One kind at one layer, by the intervals of what it is judged by."""
    rows = [
        ("", "topk", "explained", 0.9, 0.8, 1.0),
        ("", "topk", "explained_less_components", 0.0, *components),
        ("", "topk", "explained_by_components", 0.7, 0.6, 0.8),
        ("", "topk", "l0", 8.0, 8.0, 8.0),
        ("", "topk", "dead", 0.25, NAN, NAN),
        ("c", "topk", "auroc", value, *atom),
        ("c", "topk", "auroc_less_probe", 0.0, *less),
        ("c", "probe", "auroc", 0.95, *probe),
        ("c", "random_directions", "auroc", 0.7, 0.6, 0.8),
    ]
    return pd.DataFrame(
        [(name, "resid_post", 2, *others) for name, *others in rows], columns=_ATOMS
    )


@pytest.mark.parametrize(
    ("ends", "verdict"),
    # Random directions reach from 0.6 to 0.8.
    [((0.81, 1.0), HOLDS), ((0.8, 1.0), UNSHOWN), ((0.5, 0.59), FAILS), ((NAN, NAN), UNSHOWN)],
)
def test_atoms_are_held_against_random_directions(ends: tuple[float, float], verdict: str) -> None:
    assert verdicts(dictionary_claims(atoms(atom=ends)))[_BEYOND] == verdict


def test_a_hair_above_random_directions_is_not_beyond_them() -> None:
    # Every row is read right, so that the interval has no width.
    found = verdicts(dictionary_claims(atoms(atom=(0.815, 0.815), value=0.815)))
    assert found[_BEYOND] == UNSHOWN


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [((-0.02, 0.1), HOLDS), ((-0.03, 0.1), UNSHOWN), ((-0.1, -0.03), FAILS), ((NAN, NAN), UNSHOWN)],
)
def test_atoms_are_held_against_the_probe(ends: tuple[float, float], verdict: str) -> None:
    assert verdicts(dictionary_claims(atoms(less=ends)))[_AS_WELL] == verdict


@pytest.mark.parametrize("probe", [(0.4, 0.6), (NAN, NAN)])
def test_where_the_probe_reads_nothing_no_atom_is_as_good(probe: tuple[float, float]) -> None:
    assert _AS_WELL not in verdicts(dictionary_claims(atoms(probe=probe)))


@pytest.mark.parametrize(
    ("ends", "verdict"), [((0.01, 0.2), HOLDS), ((-0.1, 0.2), UNSHOWN), ((-0.2, -0.1), FAILS)]
)
def test_dictionaries_are_held_against_components(ends: tuple[float, float], verdict: str) -> None:
    (claim,) = (
        each for each in dictionary_claims(atoms(components=ends)) if each.claim == _REBUILT
    )
    assert claim.verdict == verdict
    assert claim.about == "all, TopK autoencoder"
    assert claim.measurement.endswith("2: 0.90 (8.00 active, 25% dead)")
    assert claim.control == "as many principal components: 2: 0.70"


def pairs(
    cosine: tuple[float, float, float] = (0.8, 0.7, 0.9),
    top: tuple[float, float] = (0.4, 0.6),
    gain: tuple[float, float] = (0.1, 0.3),
) -> pd.DataFrame:
    """One concept at one layer; shuffled pairs reach from 0.1 to 0.3."""
    rows = [
        ("pairs", "offset_cosine", *cosine),
        ("shuffled", "offset_cosine", 0.2, 0.1, 0.3),
        ("pairs", "top_1", 0.5, *top),
        ("shuffled", "top_1", 0.2, 0.1, 0.3),
        ("without_offset", "top_1", 0.3, 0.2, 0.4),
        ("gain_of_offset", "top_1", 0.2, *gain),
    ]
    return pd.DataFrame([("c", "resid_post", 0, *row) for row in rows], columns=_ATOMS)


@pytest.mark.parametrize(
    ("ends", "verdict"), [((0.31, 0.9), HOLDS), ((0.3, 0.9), UNSHOWN), ((-0.5, 0.05), FAILS)]
)
def test_offsets_are_held_against_shuffled_pairs(ends: tuple[float, float], verdict: str) -> None:
    assert verdicts(arithmetic_claims(pairs(cosine=(0.5, *ends))))[_OFFSET] == verdict


def test_offsets_of_no_length_are_not_judged() -> None:
    assert _OFFSET not in verdicts(arithmetic_claims(pairs(cosine=(NAN, NAN, NAN))))


@pytest.mark.parametrize(
    ("top", "gain", "verdict"),
    [
        ((0.4, 0.6), (0.1, 0.3), HOLDS),
        # As many are right without the offset.
        ((0.4, 0.6), (-0.1, 0.3), UNSHOWN),
        ((0.4, 0.6), (-0.3, -0.1), FAILS),
        ((0.3, 0.6), (0.1, 0.3), UNSHOWN),
        ((0.0, 0.05), (0.01, 0.02), FAILS),
    ],
)
def test_analogies_are_held_against_shuffled_pairs_and_neighbours(
    top: tuple[float, float], gain: tuple[float, float], verdict: str
) -> None:
    assert verdicts(arithmetic_claims(pairs(top=top, gain=gain)))[_ANALOGY] == verdict


def test_nothing_measured_is_no_claim() -> None:
    tables = synthetic_tables(TRUTHS[:1], layers=2, draws=2)
    assert dictionary_claims(tables["dictionaries"].iloc[:0]) == []
    assert arithmetic_claims(tables["arithmetic"].assign(site="mlp_act")) == []
    chosen = {name: tables[name] for name in ("dictionaries", "arithmetic")}
    titles = [table.title for table in geometry_tables(chosen, "demo", [])]
    assert titles == ["Vector arithmetic", "Sparse dictionaries"]
    assert geometry_tables(chosen, "another", []) == []
