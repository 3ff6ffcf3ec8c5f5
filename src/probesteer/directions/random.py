"""Random directions, the baseline that a direction has to beat when it steers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def random_directions(d: int, draws: int, seed: int | Sequence[int]) -> NDArray[np.float64]:
    """Unit vectors drawn evenly from the sphere, [draws, d].

    Scaled Gaussian vectors (Muller 1959). The first vectors stay the same as `draws` grows.
    """
    vectors = np.random.default_rng(seed).standard_normal((draws, d))
    unit: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
