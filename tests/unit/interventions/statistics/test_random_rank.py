"""The rank of a slope among random ones."""

import numpy as np
import pytest

from probesteer.interventions.statistics.random_rank import rank_p_value


def test_random_slopes_count_by_their_size_and_the_slope_by_its_sign() -> None:
    random = np.array([0.5, -3.0, 1.0, -1.0])
    found = rank_p_value([2.0, 4.0, -4.0, 0.1, np.nan], np.broadcast_to(random, (5, 4)))
    np.testing.assert_allclose(found, [2 / 5, 1 / 5, 1, 1, np.nan])


def test_without_random_directions_nothing_is_shown() -> None:
    assert rank_p_value(5.0, np.zeros(0)) == 1


def test_a_direction_drawn_at_random_is_as_likely_at_every_rank() -> None:
    rng = np.random.default_rng(0)
    slopes = rng.standard_normal((4000, 20))
    found = rank_p_value(np.abs(slopes[:, 0]), slopes[:, 1:])
    assert (found <= 0.05).mean() == pytest.approx(0.05, abs=0.01)
    assert (found <= 0.5).mean() == pytest.approx(0.5, abs=0.03)
