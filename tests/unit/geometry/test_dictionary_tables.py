"""Rows on dictionaries: counted by hand, chosen on validation rows, reported on test rows."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from probesteer.directions.random import random_directions
from probesteer.figures.rows import matching
from probesteer.geometry.dictionaries.components import Components, fit_components
from probesteer.geometry.dictionaries.tables import (
    COLUMNS,
    ConceptAt,
    Row,
    atom_rows,
    control_rows,
    quality_rows,
)
from probesteer.probes.metrics.two_labels import auroc
from tests.unit.geometry.test_dictionaries import ByHand

ROWS, D = 300, 4
AXES = ByHand(np.eye(D), np.zeros(D))


def concept(seed: int, axis: int, probe: NDArray[np.float64] | None = None) -> ConceptAt:
    """Labels stand along an axis; on test rows another axis tells them without noise."""
    rng = np.random.default_rng(seed)
    labels, splits = rng.integers(0, 2, ROWS), np.repeat(["train", "validation", "test"], 100)
    X = rng.standard_normal((ROWS, D))
    X[:, axis] += 2 * labels
    X[200:, (axis + 1) % D] = 9 * labels[200:]
    return ConceptAt(X, labels, splits, np.arange(ROWS) // 5, probe)


def framed(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def only(rows: pd.DataFrame, **wanted: str) -> float:
    return float(matching(rows, **wanted)["value"].item())


@pytest.fixture(scope="module")
def concepts() -> dict[str, ConceptAt]:
    return {"one": concept(0, 0, np.eye(D)[1]), "other": concept(1, 2)}


def test_components_leave_what_a_decomposition_leaves() -> None:
    X = np.random.default_rng(0).standard_normal((50, 6)) * np.arange(1, 7)
    found, centred = fit_components(X), X - X.mean(axis=0)
    values = np.linalg.svd(centred, compute_uv=False)
    for count in (0, 2, 6):
        expected = (values[count:] ** 2).sum()
        assert found.left(X, count).sum() == pytest.approx(expected, abs=1e-9)


def test_quality_of_all_concepts_and_of_each(concepts: dict[str, ConceptAt]) -> None:
    components = fit_components(np.concatenate([each.X[:100] for each in concepts.values()]))
    rows = framed(quality_rows("relu", AXES, concepts, components, 200, seed=0))
    tests = {name: each.X[200:] for name, each in concepts.items()}
    for name, X in {"": np.concatenate(list(tests.values())), **tests}.items():
        here = matching(rows, concept=name)
        whole = ((X - X.mean(axis=0)) ** 2).sum()
        explained = 1 - (np.minimum(X, 0) ** 2).sum() / whole
        assert only(here, metric="explained") == pytest.approx(explained)
        active = (X > 0).sum(axis=1).mean()
        assert only(here, metric="l0") == pytest.approx(active)
        by_components = 1 - components.left(X, round(float(active))).sum() / whole
        assert only(here, metric="explained_by_components") == pytest.approx(by_components)
        less = matching(here, metric="explained_less_components")
        assert less["value"].item() == pytest.approx(explained - by_components)
        assert less["low"].item() < explained - by_components < less["high"].item()
        assert set(here["n"]) == {len(X)}
    assert only(rows, metric="dead") == 0
    assert only(rows, metric="atoms") == D


def test_atoms_that_no_concept_wakes_are_dead(concepts: dict[str, ConceptAt]) -> None:
    # Two of six atoms point where nothing is.
    far = ByHand(np.concatenate([np.eye(D), np.eye(D)[:2]]), np.zeros(D))
    encode = far.encode
    object.__setattr__(far, "encode", lambda X: np.where(np.arange(6) < 4, encode(X), 0))
    components = Components(np.zeros(D), np.eye(D))
    rows = framed(quality_rows("topk", far, concepts, components, 0, seed=0))
    assert only(rows, metric="dead") == pytest.approx(1 / 3)
    assert matching(rows, metric="explained")["low"].isna().all()


def test_activations_that_do_not_vary_have_no_share() -> None:
    still = concept(0, 0)
    flat = {"c": ConceptAt(np.full((ROWS, D), 0.1), still.labels, still.splits, still.groups, None)}
    rows = framed(quality_rows("relu", AXES, flat, fit_components(flat["c"].X), 50, seed=0))
    assert matching(rows, metric="explained")["value"].isna().all()
    assert only(matching(rows, concept="c"), metric="l0") == D


def test_the_atom_is_chosen_on_validation_rows(concepts: dict[str, ConceptAt]) -> None:
    rows = framed(atom_rows("relu", AXES, concepts, 200, seed=0))
    one = concepts["one"]
    # Axis 1 would be perfect on test rows, and tells nothing on validation rows.
    expected = float(auroc(one.labels[200:], np.maximum(one.X[200:, 0], 0)))
    own = matching(rows, concept="one", metric="auroc")
    assert own["value"].item() == pytest.approx(expected)
    assert own["low"].item() < expected < own["high"].item()
    # The probe is axis 1.
    less = matching(rows, concept="one", metric="auroc_less_probe")
    assert less["value"].item() == pytest.approx(expected - 1)
    assert less["high"].item() < 0
    assert matching(rows, concept="other", metric="auroc_less_probe").empty


def test_random_directions_are_chosen_likewise(concepts: dict[str, ConceptAt]) -> None:
    rows = framed(control_rows(concepts, 6, 3, 200, seed=5))
    one, areas = concepts["one"], []
    for draw in range(3):
        drawn = random_directions(D, 6, [5, draw])
        tried = [float(auroc(one.labels[100:200], one.X[100:200] @ each)) for each in drawn]
        best = int(np.argmax(np.abs(np.array(tried) - 0.5)))
        area = float(auroc(one.labels[200:], one.X[200:] @ drawn[best]))
        areas.append(area if tried[best] > 0.5 else 1 - area)
    found = matching(rows, concept="one", method="random_directions")
    ends = [found[column].item() for column in ("value", "low", "high")]
    assert ends == pytest.approx([np.mean(areas), min(areas), max(areas)])
    assert only(rows, concept="one", method="probe") == 1
    assert matching(rows, concept="other", method="probe").empty
