"""The plane through three examples, as a table, in a network whose regions are known."""

import numpy as np

from probesteer.figures.rows import matching
from probesteer.geometry.polytopes.planes import PLANE_COLUMNS, plane_table
from probesteer.geometry.polytopes.planted import hyperplane_net
from probesteer.geometry.polytopes.sampling import Sample

# The first, the next of its class, and one of another; the fourth is left alone.
X = np.array([[0.0, 0, 7], [0, 1, 7], [1, 0, 7], [4, 4, 7]])
LABELS = np.array([3, 5, 3, 3])
GIVEN = Sample("shuffled", X, np.array([40, 41, 42, 43]), np.arange(4), 0)


def test_cells_points_and_examples_stand_where_they_lie() -> None:
    # Class 1 to the right of 0.6, halfway between two columns of points at 0.55 and 0.65.
    net = hyperplane_net(np.array([[1.0, 0.0, 0.0]]), np.array([0.6]))
    found = plane_table(net, GIVEN, LABELS, 16, {0: "shut", 1: "open"}.__getitem__)
    assert list(found) == list(PLANE_COLUMNS)
    assert set(found["network"]) == {"shuffled"}
    marks = matching(found, metric="example")
    assert marks["value"].tolist() == [40, 42, 41]
    assert marks["name"].tolist() == ["3", "3", "5"]
    np.testing.assert_allclose(marks[["right", "up"]], [[0, 0], [1, 0], [0, 1]], atol=1e-12)
    points = matching(found, metric="predicted")
    assert len(points) == 16**2
    assert (points["name"] == "open").tolist() == (points["right"] > 0.6).tolist()
    assert (points["value"] == (points["right"] > 0.6)).all()
    # One step of 0.1 to the right, of the two around every cell, meets it: 10 a unit, and half
    # of the four steps are upwards.
    cells = matching(found, metric="density")
    assert len(cells) == 15**2
    there = np.abs(cells["right"] - 0.6) < 0.05
    np.testing.assert_allclose(cells["value"], np.where(there, 5.0, 0.0))


def test_examples_in_one_point_span_no_plane() -> None:
    same = Sample("trained", np.ones((4, 3)), np.arange(4), np.arange(4), 0)
    net = hyperplane_net(np.eye(3), np.zeros(3))
    found = plane_table(net, same, LABELS, 16, str)
    assert list(found) == list(PLANE_COLUMNS) and found.empty
