"""Equal bytes with equal threads; with other counts, sums are taken in another order."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray

import probesteer as ps

REPOSITORY = Path(__file__).parents[3]
TOLERANCE = 1e-4  # of activations and nats, relative to 1 or to the value, whichever is larger


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def measured(count: int) -> tuple[list[NDArray[Any]], pd.DataFrame]:
    """Activations of the embedded model at every place, and the dose-response of a direction."""
    torch.set_num_threads(count)
    config = REPOSITORY / "config"
    model = ps.load("demo", config=config, device="cpu")
    activations = ps.cache(model, ps.concept("tense", config=config))
    table = ps.dose_response(
        model,
        activations.concept,
        ps.direction(activations, 1),
        strengths=(-1, 0, 1),
        prompts=8,
        neutral_texts=4,
        bootstrap_draws=100,
    )
    return [np.array(activations.read(place)) for place in activations.places], table


@pytest.mark.slow
def test_numbers_of_one_and_of_more_threads() -> None:
    values, table = measured(1)
    again, same = measured(1)
    assert all(map(np.array_equal, values, again))
    pd.testing.assert_frame_equal(table, same, check_exact=True)
    others, other = measured(4)
    for one, more in zip(values, others, strict=True):
        assert np.allclose(one, more, rtol=TOLERANCE, atol=TOLERANCE)
    pd.testing.assert_frame_equal(table, other, rtol=TOLERANCE, atol=TOLERANCE)
