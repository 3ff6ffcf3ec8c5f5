"""Which prompts, texts and layers a sweep runs on."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from probesteer.directions.direction import Direction
from probesteer.errors import ProbesteerError
from probesteer.interventions.selection import at_layers, require_continuations, spread_rows
from probesteer.models.loading import LoadedModel
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


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (None, [*range(7)]),
        (7, [*range(7)]),
        (9, [*range(7)]),
        (3, [0, 3, 6]),
        (2, [0, 6]),
        (1, [0]),
    ],
)
def test_rows_are_spread_from_first_to_last(limit: int | None, expected: list[int]) -> None:
    frame = pd.DataFrame({"row": range(7)})
    spread = spread_rows(frame, limit)
    assert spread["row"].tolist() == expected
    assert spread.index.tolist() == [*range(len(expected))]


def test_layers_choose_directions_and_minus_one_is_the_embedding() -> None:
    assert at_layers(DIRECTIONS, None) == DIRECTIONS
    assert at_layers(DIRECTIONS, [0, -1]) == [DIRECTIONS[1], DIRECTIONS[2], DIRECTIONS[0]]


def test_a_layer_without_a_direction_is_named() -> None:
    with pytest.raises(ProbesteerError) as caught:
        at_layers(DIRECTIONS, [1, 5])
    assert str(caught.value) == (
        "config: layers: there is no direction at layer 5; use some of -1, 0, 1"
    )


def test_a_model_that_writes_nothing_is_refused(load_tiny: Callable[[str], LoadedModel]) -> None:
    require_continuations(load_tiny("gpt2"))
    with pytest.raises(ProbesteerError, match=r"^model bert: Bert\w+ writes no continuations; "):
        require_continuations(load_tiny("bert"))
