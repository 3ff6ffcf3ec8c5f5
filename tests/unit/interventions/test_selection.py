"""Which prompts, texts and layers a sweep runs on."""

import numpy as np
import pandas as pd
import pytest

from probesteer.directions.direction import Direction
from probesteer.errors import ProbesteerError
from probesteer.interventions.selection import at_layers, sample_rows
from probesteer.places import EMBEDDING, Place


def direction(place: Place, method: str = "difference_of_means") -> Direction:
    vector = np.array([1, 0], dtype=np.float32)
    return Direction(vector, place, method, -1, 1.0, 1.0, 1.0, 1.0, 0.0, 10)


DIRECTIONS = [
    direction(EMBEDDING),
    direction(Place("resid_post", 0)),
    direction(Place("resid_post", 0), "logistic"),
    direction(Place("resid_post", 1)),
]


@pytest.mark.parametrize("limit", [None, 7, 9, 3, 1, 0])
def test_rows_are_drawn_once_each_in_order_with_their_numbers(limit: int | None) -> None:
    frame = pd.DataFrame({"row": range(7)})
    drawn = sample_rows(frame, limit, seed=0)
    assert len(drawn) == min(7, 7 if limit is None else limit)
    assert drawn["row"].tolist() == drawn.index.tolist() == sorted(set(drawn.index))
    pd.testing.assert_frame_equal(drawn, sample_rows(frame, limit, seed=0))


def test_every_row_can_be_drawn() -> None:
    frame = pd.DataFrame({"row": range(5)})
    assert {int(sample_rows(frame, 1, seed)["row"].iloc[0]) for seed in range(60)} == {*range(5)}


def test_layers_choose_directions_and_minus_one_is_the_embedding() -> None:
    assert at_layers(DIRECTIONS, None, "steering.layers") == DIRECTIONS
    assert at_layers(DIRECTIONS, [0, -1], "steering.layers") == [
        DIRECTIONS[1],
        DIRECTIONS[2],
        DIRECTIONS[0],
    ]


def test_a_layer_without_a_direction_is_named() -> None:
    with pytest.raises(ProbesteerError) as caught:
        at_layers(DIRECTIONS, [1, 5], "steering.layers")
    assert str(caught.value) == (
        "config: steering.layers: there is no direction at layer 5; use some of -1, 0, 1"
    )
