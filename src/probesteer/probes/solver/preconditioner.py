"""An approximate inverse of the Hessians of all problems, from one eigendecomposition.

The Hessian of a problem is I + X.T D X with D its weights times the curvature of the loss. With D
replaced by its mean it shares its eigenvectors with X.T X, whatever the problem, so that one
decomposition of that matrix serves folds, penalties, concepts and shuffled labels alike.
"""

from dataclasses import dataclass
from typing import Any

from probesteer.probes.solver.design import Design

Array = Any

# Eigenvalues below this share of the largest are rounding.
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Preconditioner:
    """Eigenvectors of X.T X, and its eigenvalues over n."""

    vectors: Array
    """[d, r] orthonormal up to rounding; r is at most min(n, d)."""
    values: Array
    """[r], not negative, of X.T X / n."""

    def solve(self, right: Array, weight: Array) -> Array:
        """(I + weight X.T X / n)^-1 right: [d, m], weight: [m], in the precision of `right`."""
        along = self.vectors.T @ right
        solved = self.vectors @ (along / (1 + weight * self.values[:, None]))
        if self.vectors.shape[0] == self.vectors.shape[1]:
            return solved
        # Across the vectors the matrix is the identity.
        return solved + (right - self.vectors @ along)

    def widened(self, design: Design) -> "Preconditioner":
        """The same in float64."""
        return Preconditioner(
            design.namespace.astype(self.vectors, design.double),
            design.namespace.astype(self.values, design.double),
        )


def make_preconditioner(design: Design) -> Preconditioner:
    """Decompose the smaller of X.T X and X X.T, in float32: it steers the solver's steps only."""
    xp = design.namespace
    tall = design.n >= design.d or design.streamed
    values, vectors = xp.linalg.eigh(design.gram() if tall else design.row_gram())
    kept = values > _ROUNDING * xp.max(values)
    values, vectors = values[kept], vectors[:, kept]
    if not tall:
        vectors = design.transposed_times(vectors) / xp.sqrt(values)
    return Preconditioner(
        design.array(vectors, design.single), design.array(values / design.n, design.single)
    )
