"""Whether a direction steers more than random ones do: its rank among them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probesteer.probes.controls.significance import permutation_p_value


def rank_p_value(slope: ArrayLike, random_slopes: ArrayLike) -> NDArray[np.float64]:
    """(1 + random slopes as large in size) / (1 + random slopes).

    slope: [...], towards the concept; random_slopes: [..., draws], of directions of the same
    length, whose sign is arbitrary, so that their size counts. A slope that goes the wrong way is
    as large as none of them. NaN for an unknown slope; 1 without random directions.
    """
    sizes = np.abs(np.asarray(random_slopes, dtype=np.float64))
    return permutation_p_value(slope, sizes)
