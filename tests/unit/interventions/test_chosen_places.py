"""Where to push and whose probe reads, chosen on validation."""

import numpy as np
import pandas as pd
import pytest

from probesteer.directions.direction import Direction
from probesteer.interventions.chosen_places import best_reading_place, steepest_direction
from probesteer.places import EMBEDDING, Place

PLACES = [EMBEDDING, *(Place("resid_post", layer) for layer in range(3))]
LAST = Place("resid_post", 2)


def directions() -> list[Direction]:
    vector = np.array([1, 0], dtype=np.float32)
    return [
        Direction(vector, place, method, -1, 1.5, 1, 1, 1, 0, 9)
        for place in PLACES
        for method in ("difference_of_means", "random")
    ]


def slopes(**values: float) -> pd.DataFrame:
    """Rows of the metric "slope": positions_split_layer=value."""
    rows = []
    for name, value in values.items():
        positions, split, layer = name.rsplit("_", 2)
        rows.append((positions, split, "resid_post", int(layer), "difference_of_means", value))
    table = pd.DataFrame(rows, columns=["positions", "split", "site", "layer", "method", "value"])
    return table.assign(metric="slope")


@pytest.mark.parametrize(
    ("table", "layer"),
    [
        (slopes(from_last_validation_0=1, from_last_validation_1=2, from_last_test_2=9), 1),
        (slopes(from_last_validation_0=1, from_last_validation_1=0.5, all_validation_2=9), 0),
        (slopes(all_validation_0=1, all_validation_2=9), 2),
        (slopes(from_last_all_1=1, from_last_test_1=1), 1),
        (slopes(from_last_validation_0=float("nan"), from_last_validation_2=-1), 2),
        (slopes(from_last_validation_0=1, from_last_validation_3=9), 0),
    ],
)
def test_the_steepest_validation_slope(table: pd.DataFrame, layer: int) -> None:
    chosen = steepest_direction(table, directions(), Place("resid_post", 3))
    assert (chosen.method, chosen.place) == ("difference_of_means", Place("resid_post", layer))


def test_the_last_place_only_where_there_is_no_other() -> None:
    table = slopes(from_last_validation_2=9)
    assert steepest_direction(table, directions(), LAST).place == LAST


def probes(metric: str = "accuracy") -> pd.DataFrame:
    """Best on validation at layer 1; other methods, splits and metrics say otherwise."""
    rows = []
    for place, value in zip(PLACES, (0.6, 0.8, 0.9, 0.9), strict=True):
        where = (place.site, place.layer)
        rows.append((*where, "logistic", -1, "validation", metric, value))
        rows.append((*where, "logistic", -1, "test", metric, 1 - value))
        rows.append((*where, "shuffled_labels", -1, "validation", metric, 2 - value))
        rows.append((*where, "logistic", -1, "validation", "auroc", 1 - value))
    columns = ["site", "layer", "method", "draw", "split", "metric", "value"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize(("metric", "method"), [("accuracy", "logistic"), ("r2", "ridge")])
def test_the_place_that_reads_best(metric: str, method: str) -> None:
    table = probes(metric)
    table["method"] = table["method"].replace("logistic", method)
    assert best_reading_place(table, PLACES) == Place("resid_post", 1)
    assert best_reading_place(probes(metric), PLACES[:2]) == Place("resid_post", 0)


def test_preferred_places_come_first_where_there_are_any() -> None:
    later = best_reading_place(probes(), PLACES, lambda place: place.layer > 1)
    assert later == LAST
    assert best_reading_place(probes(), PLACES[:2], lambda place: place.layer > 1) == PLACES[1]


def test_nothing_was_read() -> None:
    assert best_reading_place(probes(), [Place("mlp_out", 0)]) is None
    assert best_reading_place(probes().assign(value=np.nan), PLACES) is None
