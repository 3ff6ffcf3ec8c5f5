"""Rows on superposition and neurons, of concepts that were planted."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from probesteer.figures.rows import matching
from probesteer.geometry.neurons.tables import neuron_rows
from probesteer.geometry.superposition.tables import (
    COLUMNS,
    ConceptAt,
    alignment_rows,
    orthogonal_rows,
    overlap_rows,
    readout_rows,
    shape_rows,
)

Concepts = dict[str, ConceptAt]
ROWS, D = 200, 16


def planted(*directions: NDArray[np.float64]) -> Concepts:
    """A concept a direction: classes at 0 and 4 along it, noise of deviation 1."""
    rng, labels = np.random.default_rng(0), np.arange(ROWS) % 2
    train = np.arange(ROWS) < ROWS // 2
    return {
        f"c{at}": ConceptAt(
            X=rng.standard_normal((ROWS, D)) + 4 * labels[:, None] * direction,
            labels=labels,
            train=train,
            test=~train,
            written=4 * direction,
            read=direction,
        )
        for at, direction in enumerate(directions)
    }


@pytest.fixture(scope="module")
def slanted() -> Concepts:
    """Two concepts at cosine 0.6."""
    one, other = np.eye(D)[:2]
    return planted(one, 0.6 * one + 0.8 * other)


def framed(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def test_overlap_is_the_planted_cosine(slanted: Concepts) -> None:
    rows = framed(overlap_rows(slanted, seed=0))
    raw = matching(rows, method="raw")
    assert matching(raw, metric="cosine")["value"].tolist() == pytest.approx([0.6, 0.6])
    assert matching(raw, metric="cosine_mean")["value"].item() == pytest.approx(0.6)
    assert matching(raw, metric="cosine_share_of_draws_as_far")["value"].item() < 0.05
    # Noise of covariance 1 leaves whitened cosines as they are.
    whitened = matching(rows, method="whitened", metric="cosine")["value"]
    assert whitened.tolist() == pytest.approx([0.6, 0.6], abs=0.1)
    assert overlap_rows(dict(list(slanted.items())[:1]), seed=0) == []


def test_writing_moves_the_other_read_out_by_the_cosine(slanted: Concepts) -> None:
    rows = framed(readout_rows(slanted))
    assert rows["concept"].tolist() == ["c0", "c1"]
    assert rows["other"].tolist() == ["c1", "c0"]
    assert rows["value"].tolist() == pytest.approx([0.6, 0.6])


def test_right_angles_read_concepts_at_right_angles_as_well(slanted: Concepts) -> None:
    straight = framed(orthogonal_rows(planted(*np.eye(D)[:2])))
    read = {name: matching(straight, method=name, metric="auroc") for name in ("own", "orthogonal")}
    assert read["own"]["value"].tolist() == read["orthogonal"]["value"].tolist()
    turned = matching(framed(orthogonal_rows(slanted)), metric="degrees_turned")["value"]
    # Each goes half of the way from arccos 0.6 to a right angle.
    half = (90 - np.degrees(np.arccos(0.6))) / 2
    assert turned.tolist() == pytest.approx([half, half])


def test_shape_and_alignment(slanted: Concepts) -> None:
    rows = framed(shape_rows("c0", slanted["c0"].X, slanted["c0"].labels, "trained"))
    values = dict(zip(rows["metric"], rows["value"], strict=True))
    assert 14 < values["effective_rank"] <= D
    # Means 4 apart: a variance of 4 between the classes, of 16 within.
    assert values["between_share"] == pytest.approx(4 / 20, abs=0.03)
    aligned = framed(alignment_rows(planted(*np.eye(D)[:3]), seed=0))
    assert matching(aligned, method="basis")["value"].tolist() == pytest.approx([D] * 4)
    assert matching(aligned, metric="share_of_draws_as_high")["value"].item() < 0.01


def test_neurons_that_read_two_concepts_are_counted() -> None:
    rng, labels = np.random.default_rng(0), np.arange(ROWS) % 2
    noise = rng.standard_normal((2, ROWS, 8))
    # Neuron 0 reads both concepts, neuron 1 the first, the others none.
    one, two = noise.copy()
    one[:, :2] += 9 * labels[:, None]
    two[:, 0] -= 9 * labels
    rows = framed(
        neuron_rows({"one": (one, labels), "two": (two, labels)}, threshold=0.99, draws=3, seed=0)
    )
    share = rows.set_index(["method", "metric"])["value"]
    assert share["neurons", "share_reading_1"] == 2 / 8
    assert share["neurons", "share_reading_2"] == 1 / 8
    assert share["shuffled_labels", "share_reading_1"] == 0
    best = matching(rows, method="neurons", metric="best_unit_auroc")
    assert best["value"].tolist() == [1.0, 1.0]
    assert best["low"].isna().all()
    drawn = matching(rows, method="rotations", metric="best_unit_auroc")
    assert (drawn["low"] <= drawn["value"]).all()
    assert (drawn["value"] <= drawn["high"]).all()
