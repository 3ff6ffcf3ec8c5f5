"""Random orthonormal bases of wide spaces, without a matrix.

A rotation is three rounds of random signs and a cosine transform (DCT-II, scaled to be
orthonormal), as in the chains of signs and Hadamard matrices of Andoni et al. 2015 (arXiv
1509.02897); the cosine transform takes any width, not powers of 2 alone. Each factor is
orthonormal, so the product is, up to rounding. It costs n d log d, where a QR decomposition of a
random matrix would cost d^3.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from probesteer.probes.metrics.intervals import Seed

# After one round the basis is a fixed one with random signs; three are as good as a Gaussian one.
ROUNDS = 3


@dataclass(frozen=True, eq=False)
class RandomRotation:
    """An orthonormal basis of d dimensions; its vectors are the rows of `rotate(eye(d)).T`."""

    signs: NDArray[np.float32]
    """[rounds, d], each -1 or 1."""

    def rotate(self, X: NDArray[np.floating[Any]]) -> NDArray[Any]:
        """The coordinates of X: [n, d] in the basis, [n, d], in the precision of X."""
        rotated = X
        for signs in self.signs:
            rotated = dct(
                rotated * signs.astype(X.dtype), type=2, axis=1, norm="ortho", overwrite_x=True
            )
        return rotated


def random_rotation(d: int, seed: Seed) -> RandomRotation:
    """Draw a basis of d dimensions."""
    bits = np.random.default_rng(seed).integers(0, 2, (ROUNDS, d))
    return RandomRotation((2 * bits - 1).astype(np.float32))
