"""Interpolation between examples: who is joined, and what is met in networks set by hand."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.figures.rows import matching
from probesteer.geometry.polytopes.arcs import STEPS, arc_rows, follow_arcs
from probesteer.geometry.polytopes.planted import hyperplane_net
from probesteer.geometry.polytopes.sampling import Sample, balanced, join, three_of
from probesteer.geometry.polytopes.tables import COLUMNS

LABELS = np.tile([0, 1, 2], 8)
GROUPS = np.array([f"g{row // 3}" for row in range(24)])


def sample(X: NDArray[np.float64], groups: NDArray[np.str_], seed: int = 0) -> Sample:
    return Sample("trained", X, np.arange(len(X)) + 100, groups, seed)


def framed(net: object, given: Sample, labels: NDArray[np.int64], count: int) -> pd.DataFrame:
    return pd.DataFrame(arc_rows(net, given, labels, count), columns=COLUMNS)  # type: ignore[arg-type]


def test_as_many_examples_of_each_class_in_turn() -> None:
    classes = np.array([2, 0, 0, 2, 1, 1, 1, 0, 2, 2])
    chosen = balanced(classes, 8, seed=0)
    assert classes[chosen].tolist() == [0, 1, 2, 0, 1, 2]
    assert len(set(chosen)) == 6
    # The rarest class has three.
    assert len(balanced(classes, 100, seed=0)) == 9


def test_ends_are_of_the_same_and_of_another_class_and_never_of_the_same_group() -> None:
    X = np.random.default_rng(0).standard_normal((24, 4))
    joined = join(sample(X, GROUPS), LABELS, 10)
    assert joined.starts.tolist() == list(range(10))
    assert (LABELS[joined.within] == LABELS[joined.starts]).all()
    assert (LABELS[joined.between] != LABELS[joined.starts]).all()
    for ends in (joined.within, joined.between):
        assert (GROUPS[ends] != GROUPS[joined.starts]).all()
    again, other = (join(sample(X, GROUPS, seed), LABELS, 10) for seed in (0, 1))
    assert np.array_equal(again.within, joined.within)
    assert not np.array_equal(other.within, joined.within)


def test_what_no_arc_reaches_is_joined_to_nothing() -> None:
    # 0 and 2 are one point, 4 is opposite to it, 6 is the origin: none has an end of its own class.
    X = np.array([[1.0, 0], [0, 1], [1, 0], [0, 2], [-3, 0], [1, 1], [0, 0], [2, 1]])
    labels = np.tile([0, 1], 4)
    joined = join(sample(X, np.arange(8).astype(str)), labels, 8)
    assert joined.starts.tolist() == [1, 3, 5, 7]
    assert set(joined.between) <= {0, 2, 4}
    alone = join(sample(X, np.repeat("one", 8)), labels, 8)
    assert len(alone.starts) == 0
    assert arc_rows(hyperplane_net(np.eye(2), np.ones(2)), sample(X, np.repeat("one", 8)),
                    labels, 8) == []  # fmt: skip


def test_an_arc_is_followed_in_the_surroundings_of_its_start() -> None:
    X = np.random.default_rng(0).standard_normal((24, 4))
    net, seen = hyperplane_net(np.eye(4), np.zeros(4)), list[int]()

    def noted(activations: NDArray[np.float64], examples: NDArray[np.int64]) -> object:
        seen.extend(examples.tolist())
        return net(activations, examples)

    given = sample(X, GROUPS)
    joined = join(given, LABELS, 3)
    arcs = follow_arcs(noted, given, joined)  # type: ignore[arg-type]
    assert seen == np.tile(np.repeat([100, 101, 102], STEPS + 1), 2).tolist()
    # Both ends are examples: what differs there is what is crossed an odd number of times.
    codes = net(X, np.arange(24)).codes.unpacked()
    for side in ("within", "between"):
        ends = getattr(joined, side)
        apart = (codes[joined.starts] != codes[ends]).sum(axis=1)
        crossed = arcs.journeys[side].crossings.sum(axis=1)
        assert (crossed >= apart).all() and ((crossed - apart) % 2 == 0).all()


def test_rows_are_means_over_paths_in_units_of_the_mean_of_all() -> None:
    rng = np.random.default_rng(3)
    X, net = (
        rng.standard_normal((24, 3)),
        hyperplane_net(rng.standard_normal((50, 3)), np.zeros(50)),
    )
    given = sample(X, GROUPS)
    rows = framed(net, given, LABELS, 24)
    arcs = follow_arcs(net, given, join(given, LABELS, 24))
    within, between = (arcs.mean_density(side) for side in ("within", "between"))
    unit = np.concatenate([within, between]).mean()
    whole = rows[rows["unit"] == "none"].set_index("metric")["value"]
    np.testing.assert_allclose(whole["density_within"], within.mean() / unit)
    np.testing.assert_allclose(whole["density_within"] + whole["density_between"], 2)
    np.testing.assert_allclose(whole["density_difference"], (within - between).mean() / unit)
    np.testing.assert_allclose(whole["changes_between"], arcs.changes("between").mean())
    along = matching(rows, unit="fraction", metric="density_between")
    np.testing.assert_allclose(along["strength"], np.arange(STEPS) / STEPS + 0.5 / STEPS)
    found = arcs.journeys["between"].density.mean(axis=0) / unit
    np.testing.assert_allclose(along["value"], found)
    changed = matching(rows, metric="changed_within")
    assert changed["strength"].tolist() == np.linspace(0, 1, STEPS + 1).tolist()
    assert changed["value"].iloc[0] == 0
    ends = rows[rows["metric"] == "density_difference"].iloc[0]
    assert ends["low"] < ends["value"] < ends["high"]
    assert set(rows["n"]) == {24}


def test_a_prediction_that_changes_and_changes_back_has_changed_twice() -> None:
    # Class 1 where x > 0.9: on the arc between two points at 60 degrees to both sides, its middle.
    net = hyperplane_net(np.array([[1.0, 0.0]]), np.array([0.9]))
    angles = np.pi / 3 * np.array([1, 1, -1, -1])
    X = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.array([[1], [1.1], [1], [1.2]])
    # At a length of 1.1 the unit is shut at both ends, too: 1.1 cos 60 = 0.55.
    rows = framed(net, sample(X, np.array(list("abcd"))), np.array([0, 0, 1, 1]), 1)
    whole = rows[rows["unit"] == "none"].set_index("metric")["value"]
    assert whole["changes_within"] == 0
    assert whole["changes_between"] == 2
    changed = matching(rows, metric="changed_between").set_index("strength")["value"]
    assert changed[0.0] == changed[1.0] == 0
    assert changed[0.5] == 1


def test_without_a_boundary_there_is_no_density() -> None:
    X = np.random.default_rng(0).standard_normal((24, 2))
    net = hyperplane_net(np.ones((1, 2)), np.array([100.0]))
    assert arc_rows(net, sample(X, GROUPS), LABELS, 5) == []


def test_three_span_a_plane_in_the_order_of_the_sample() -> None:
    X = np.array([[1.0, 1, 1], [1, 1, 1], [1, 1, 1], [3, 1, 1], [2, 1, 1], [5, 1, 1], [0, 2, 1]])
    # Row 1 and 4 are of another class: one point with the first, and on the line to the second.
    labels = np.array([0, 1, 0, 0, 1, 0, 1])
    found = three_of(X, labels)
    assert found is not None and found.tolist() == [0, 3, 6]
    assert three_of(X[:6], labels[:6]) is None
    assert three_of(X[:3], labels[:3]) is None
