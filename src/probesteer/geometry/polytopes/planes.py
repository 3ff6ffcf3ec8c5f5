"""The plane through three examples: where boundaries lie in it, and what is predicted there."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.geometry.polytopes.journeys import survey
from probesteer.geometry.polytopes.passage import Continuation
from probesteer.geometry.polytopes.paths import plane_grid
from probesteer.geometry.polytopes.sampling import Sample, three_of

PLANE_COLUMNS = ("network", "method", "metric", "right", "up", "value", "name")
FloatArray = NDArray[np.float64]


def plane_table(
    continuation: Continuation,
    sample: Sample,
    labels: NDArray[np.int64],
    size: int,
    name_of: Callable[[int], str],
) -> pd.DataFrame:
    """The plane through the first two examples of a class and the first of another.

    Seen in the surroundings of the first, on a grid of `size` points a side. labels: [m]. name_of:
    what a prediction is called. Columns PLANE_COLUMNS, `right` and `up` in units of distance from
    the first example; a row a

    - `density`: boundaries per unit of length around the middle of a cell
    - `predicted`: the prediction at a point, and its name
    - `example`: by its row in the table of examples, and its label

    Without rows where no three examples span a plane.
    """
    three = three_of(sample.X, labels)
    if three is None:
        return pd.DataFrame(columns=list(PLANE_COLUMNS))
    grid = plane_grid(sample.X[three], size)
    found = survey(continuation, grid, int(sample.examples[three[0]]))
    middles = [(axis[1:] + axis[:-1]) / 2 for axis in (grid.right, grid.up)]
    names = {number: name_of(number) for number in np.unique(found.predicted).tolist()}
    parts = [_rows("density", *_coordinates(middles[0], middles[1]), found.density.ravel())]
    if (found.predicted >= 0).all():
        predicted = found.predicted.ravel()
        told = [names[number] for number in predicted.tolist()]
        parts.append(_rows("predicted", *_coordinates(grid.right, grid.up), predicted, told))
    marked = [str(label) for label in labels[three]]
    right, up = grid.corners.T
    parts.append(_rows("example", right, up, sample.examples[three], marked))
    whole = pd.concat(parts, ignore_index=True)
    return whole.assign(network=sample.network, method="codes")[list(PLANE_COLUMNS)]


def _coordinates(right: FloatArray, up: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Right and up of all points of a grid, row by row."""
    return np.tile(right, len(up)), np.repeat(up, len(right))


def _rows(
    metric: str,
    right: FloatArray,
    up: FloatArray,
    value: NDArray[np.float64] | NDArray[np.int64],
    name: list[str] | str = "",
) -> pd.DataFrame:
    columns = {"right": right, "up": up, "value": value.astype(np.float64)}
    return pd.DataFrame(columns).assign(metric=metric, name=name)
