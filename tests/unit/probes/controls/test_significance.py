"""Permutation p-values, their adjustment, and how often both find what isn't there."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from probesteer.probes.controls.shuffled_labels import shuffled_labels
from probesteer.probes.controls.significance import (
    LEVEL,
    benjamini_hochberg,
    permutation_p_value,
    significance_table,
)
from probesteer.probes.solver.batch import fit_logistic_batch
from probesteer.probes.solver.features import SharedFeatures
from tests.unit.probes.probe_rows import probe_rows

GROUPS = np.repeat(np.arange(36), 2)
SPLITS = np.repeat(["train", "test"], [36, 36])
DRAWS = 59


def test_p_values_count_the_observed_among_the_draws() -> None:
    draws = np.array([[0.5, 0.6, 0.7, 0.4], [0.5, 0.5, 0.5, 0.5]])
    found = permutation_p_value(np.array([0.6, 0.5]), draws)
    np.testing.assert_array_equal(found, [3 / 5, 1])
    assert permutation_p_value(0.8, draws[0]) == 1 / 5


def test_a_draw_that_is_equal_but_for_rounding_reaches_the_observed() -> None:
    assert permutation_p_value(0.1 + 0.2, [0.3, 0.2]) == 2 / 3


def test_what_is_not_a_number_never_makes_a_p_value_smaller() -> None:
    np.testing.assert_array_equal(
        permutation_p_value([0.9, np.nan], [[0.5, np.nan, 0.4], [0.1, 0.1, 0.1]]), [2 / 4, np.nan]
    )
    assert permutation_p_value(0.9, []) == 1


def test_four_p_values_are_adjusted_by_hand() -> None:
    # .01 * 4 / 1, .02 * 4 / 2, .03 * 4 / 3, .8 * 4 / 4: the first three share the least of them.
    found = benjamini_hochberg([0.03, 0.8, 0.01, 0.02])
    np.testing.assert_allclose(found, [0.04, 0.8, 0.04, 0.04], rtol=1e-15)


@pytest.mark.parametrize("seed", range(5))
def test_adjusted_p_values_are_those_of_scipy(seed: int) -> None:
    generator = np.random.default_rng(seed)
    p_values = np.round(generator.random(57) ** 3, 2)
    found = benjamini_hochberg(p_values)
    np.testing.assert_allclose(found, false_discovery_control(p_values), rtol=1e-13)
    # Missing ones among them change nothing.
    holes = np.insert(p_values, [0, 20, 57], np.nan)
    with_holes = benjamini_hochberg(holes)
    np.testing.assert_array_equal(with_holes[~np.isnan(holes)], found)
    assert np.isnan(with_holes[np.isnan(holes)]).all()


def test_no_p_values_and_missing_ones_alone_are_left_as_they_are() -> None:
    assert benjamini_hochberg([]).shape == (0,)
    np.testing.assert_array_equal(benjamini_hochberg([np.nan, np.nan]), [np.nan, np.nan])


def test_an_adjusted_p_value_is_never_below_its_own_nor_out_of_order() -> None:
    p_values = np.sort(np.random.default_rng(9).random(200))
    found = benjamini_hochberg(p_values)
    assert (found >= p_values).all()
    assert (np.diff(found) >= 0).all()
    assert found.max() <= 1


def test_the_table_adjusts_over_concepts_and_places() -> None:
    found = significance_table(probe_rows(mood=[0.01, 0.04], tense=[0.02, np.nan]))
    assert list(found.columns) == [
        *["concept", "site", "layer", "method", "split", "metric"],
        *["p_value", "adjusted", "significant"],
    ]
    assert found["concept"].tolist() == ["mood", "mood", "tense", "tense"]
    assert found["layer"].tolist() == [0, 1, 0, 1]
    assert set(found["metric"]) == {"accuracy"}
    np.testing.assert_array_equal(found["p_value"], [0.01, 0.04, 0.02, np.nan])
    np.testing.assert_allclose(found["adjusted"], [0.03, 0.04, 0.03, np.nan], rtol=1e-15)
    assert found["significant"].tolist() == [True, True, True, False]
    assert found["significant"].dtype == bool


def test_another_level_and_a_family_of_another_method() -> None:
    linear = probe_rows(mood=[0.01, 0.04], tense=[0.02, 0.5])
    tokens = probe_rows(mood=[0.03]).assign(method="bag_of_tokens")
    found = significance_table(pd.concat([tokens, linear]), level=0.045)
    assert found["method"].tolist() == ["bag_of_tokens"] + ["logistic"] * 4
    np.testing.assert_allclose(found["adjusted"], [0.03, 0.04, 0.16 / 3, 0.04, 0.5], rtol=1e-15)
    assert found["significant"].tolist() == [True, True, False, True, False]


def test_a_concept_that_is_a_number_is_tested_by_the_variance_explained() -> None:
    number = probe_rows(length=[0.01]).replace({"accuracy": "r2"})
    found = significance_table(pd.concat([number, probe_rows(mood=[0.02])]))
    assert dict(zip(found["concept"], found["metric"], strict=True)) == {
        "length": "r2",
        "mood": "accuracy",
    }


def test_without_p_values_the_table_is_empty_and_keeps_its_columns() -> None:
    rows = probe_rows(mood=[0.01])
    found = significance_table(rows[rows["metric"] == "accuracy"])
    assert found.empty
    whole = significance_table(rows)
    assert list(found.columns) == list(whole.columns)
    numbers = ["layer", "p_value", "adjusted", "significant"]
    assert found.dtypes[numbers].tolist() == whole.dtypes[numbers].tolist()


def layers_of_a_world(generator: np.random.Generator) -> list[NDArray[np.float64]]:
    """Activations of three layers: rows of a group are alike, and so are the layers."""
    group_means = generator.standard_normal((36, 5))[GROUPS]
    shared = group_means + 0.5 * generator.standard_normal((len(GROUPS), 5))
    return [shared + 0.5 * generator.standard_normal(shared.shape) for _ in range(3)]


def labels_by_chance(kind: str, generator: np.random.Generator) -> NDArray[np.int64]:
    """Labels that mean nothing, [n]: one a row, one a group, or both labels in every group."""
    if kind == "of rows":
        return generator.integers(0, 2, len(GROUPS))
    of_group = generator.integers(0, 2, 36)[GROUPS]
    return of_group if kind == "of groups" else of_group ^ (np.arange(len(GROUPS)) % 2)


def p_values_of_probes(
    layers: list[NDArray[np.float64]], labellings: list[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """P-values of the test accuracy, [labellings, layers], against `DRAWS` shuffled labellings."""
    rows = np.arange(len(GROUPS))
    with_nulls = [
        (labels, *(shuffled_labels(labels, rows, GROUPS, SPLITS, draw, 0) for draw in range(DRAWS)))
        for labels in labellings
    ]
    targets = np.array(with_nulls).reshape(-1, len(GROUPS))
    train = np.broadcast_to((SPLITS == "train").astype(np.float64), targets.shape)
    p_values = []
    for X in layers:
        features = SharedFeatures(X, rows=SPLITS == "train")
        scores = fit_logistic_batch(features, targets, 1.0, train).scores(X)
        right = ((scores > 0) == (targets == 1))[:, SPLITS == "test"].mean(axis=1)
        accuracies = right.reshape(len(labellings), 1 + DRAWS)
        p_values.append(permutation_p_value(accuracies[:, 0], accuracies[:, 1:]))
    return np.stack(p_values, axis=1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["of rows", "of groups", "within groups"])
def test_at_most_one_family_in_twenty_finds_what_is_not_there(kind: str) -> None:
    # 800 families, of 40 worlds with 20 labellings each.
    rejected = []
    for world in range(40):
        generator = np.random.default_rng([world, 1])
        layers = layers_of_a_world(generator)
        p_values = p_values_of_probes(
            layers, [labels_by_chance(kind, generator) for _ in range(20)]
        )
        rejected += [bool((benjamini_hochberg(row) <= LEVEL).any()) for row in p_values]
    assert len(rejected) == 800
    assert np.mean(rejected) <= LEVEL


def test_a_planted_signal_is_found_at_every_layer() -> None:
    found = []
    for world in range(10):
        layers = layers_of_a_world(np.random.default_rng([world, 2]))
        planted = (layers[0][:, 0] + layers[1][:, 0] + layers[2][:, 0] > 0).astype(np.int64)
        p_values = p_values_of_probes(layers, [planted])
        found.append(benjamini_hochberg(p_values.ravel()) <= LEVEL)
    assert np.all(found)
