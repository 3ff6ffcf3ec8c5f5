"""Newton's method with conjugate gradients, for many problems at once.

Each problem minimises |W|^2 / 2 + sum over rows of (weight x loss); the intercept is not
penalised. Truncated Newton with backtracking (Nocedal & Wright 2006, algorithm 7.1). Gradients and
line searches are in float64; the directions, which are most of the work, are found in float32, and
in float64 for the problems that do not get on with that.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.solver.design import Design
from probesteer.probes.solver.directions import Curvature, newton_directions
from probesteer.probes.solver.losses import Loss
from probesteer.probes.solver.preconditioner import Preconditioner

Array = Any

_SUFFICIENT = 1e-4  # Armijo's constant
_HALVINGS = 40
_ROUNDING = 1e-13  # relative, of an objective in float64
_LOOSEST = 0.1  # share of the residual at which a first direction is good enough
_TIGHTEST = {"single": 1e-4, "double": 1e-10}
_SINGLE_STEPS = 30  # Newton steps after which float32 is given up


@dataclass(frozen=True, eq=False)
class Solution:
    """Minimisers of p problems with k outputs each, as arrays of the features' library."""

    weights: Array
    """[d, p, k]"""
    intercepts: Array
    """[p, k]"""
    objectives: NDArray[np.float64]
    """[p]"""
    converged: NDArray[np.bool_]
    """[p]"""
    steps: NDArray[np.int64]
    """[p], Newton steps."""


class _Problems:
    """All problems, of which those under way are worked on."""

    def __init__(
        self,
        design: Design,
        loss: Loss,
        targets: Array,
        row_weights: Array,
        intercepts: Array,
        free_intercept: bool,
    ) -> None:
        xp = self.xp = design.namespace
        self.design, self.loss = design, loss
        self.targets, self.row_weights = targets, row_weights
        self.free_intercept = free_intercept
        self.weights = design.array(np.zeros((design.d, *targets.shape[1:])))
        self.intercepts = design.array(intercepts)
        self.eta = xp.zeros_like(targets) + self.intercepts
        p = targets.shape[1]
        self.objectives = self.host(self.losses(np.arange(p), self.eta))
        self.steps = np.zeros(p, dtype=np.int64)
        self.converged = np.zeros(p, dtype=np.bool_)
        self.double = np.zeros(p, dtype=np.bool_)  # whether its directions are in float64
        self.decrements = np.full(p, np.inf)

    def host(self, values: Array) -> NDArray[Any]:
        """As an array of numpy."""
        return values if isinstance(values, np.ndarray) else values.detach().cpu().numpy()

    def pick(self, values: Array, members: NDArray[np.int64], axis: int = 1) -> Array:
        """The entries of some problems."""
        return self.xp.take(values, self.design.array(members, self.xp.int64), axis=axis)

    def losses(self, members: NDArray[np.int64], eta: Array) -> Array:
        """Sum over rows of weight times loss: [len(members)], at the predictors `eta`."""
        values = self.loss.values(eta, self.pick(self.targets, members))
        return self.xp.sum(values * self.pick(self.row_weights, members), axis=0)


def solve(
    design: Design,
    preconditioner: Preconditioner,
    loss: Loss,
    targets: Array,
    row_weights: Array,
    intercepts: NDArray[np.float64],
    free_intercept: bool = True,
    tolerance: float = 1e-9,
    max_steps: int = 200,
) -> Solution:
    """Minimise all problems, from weights of zero.

    targets: [n, p, k]; row_weights: [n, p], not negative, C included, both float64 of the design's
    library; intercepts: [p, k] to start from. tolerance: share of the objective by which it may
    still fall, as half the squared Newton decrement tells (Boyd & Vandenberghe 2004, section 9.5).
    A problem that needs more than `max_steps` Newton steps, or that no step betters, is not
    converged.
    """
    problems = _Problems(design, loss, targets, row_weights, intercepts, free_intercept)
    under_way = np.arange(targets.shape[1])
    while len(under_way):
        still = []
        for members in (
            under_way[~problems.double[under_way]],
            under_way[problems.double[under_way]],
        ):
            if len(members):
                still.append(_step(problems, preconditioner, members, tolerance))
        under_way = np.sort(np.concatenate(still))
        under_way = under_way[problems.steps[under_way] < max_steps]
    return Solution(
        problems.weights,
        problems.intercepts,
        problems.objectives,
        problems.converged,
        problems.steps,
    )


def _step(
    problems: _Problems,
    preconditioner: Preconditioner,
    members: NDArray[np.int64],
    tolerance: float,
) -> NDArray[np.int64]:
    """One Newton step of some problems, all of one precision; the ones that go on."""
    xp, design = problems.xp, problems.design
    d, p, k = (design.d, len(members), problems.targets.shape[2])
    eta, weights = problems.pick(problems.eta, members), problems.pick(problems.weights, members)
    intercepts = problems.pick(problems.intercepts, members, axis=0)
    row_weights = problems.pick(problems.row_weights, members)
    predictions = problems.loss.predictions(eta)
    residuals = (predictions - problems.pick(problems.targets, members)) * row_weights[..., None]
    pulled = design.transposed_times(xp.reshape(residuals, (design.n, p * k)))
    gradient = weights + xp.reshape(pulled, (d, p, k))
    intercept_gradient = xp.sum(residuals, axis=0)
    if not problems.free_intercept:
        intercept_gradient = xp.zeros_like(intercept_gradient)

    double = bool(problems.double[members[0]])
    precision = design.double if double else design.single
    objectives = problems.objectives[members]
    # Superlinear: the smaller the decrement was, the more exact the direction.
    share = np.sqrt(np.minimum(problems.decrements[members] / np.maximum(objectives, 1e-300), 1.0))
    forcing = np.clip(share, _TIGHTEST["double" if double else "single"], _LOOSEST)
    way, way_intercept = newton_directions(
        design,
        preconditioner if not double else preconditioner.widened(design),
        problems.loss,
        Curvature(xp.astype(predictions, precision), xp.astype(row_weights, precision)),
        xp.astype(gradient, precision),
        xp.astype(intercept_gradient, precision),
        problems.free_intercept,
        design.array(forcing, precision),
    )
    way, way_intercept = xp.astype(way, design.double), xp.astype(way_intercept, design.double)
    slopes = problems.host(
        xp.sum(gradient * way, axis=(0, 2)) + xp.sum(intercept_gradient * way_intercept, axis=1)
    )
    moved = xp.reshape(design.times(xp.reshape(way, (d, p * k))), (design.n, p, k)) + way_intercept
    lengths, reached = _line_search(problems, members, eta, moved, weights, way, slopes)

    scaled = design.array(lengths)
    where = design.array(members, xp.int64)
    problems.weights[:, where] = weights + scaled[None, :, None] * way
    problems.intercepts[where] = intercepts + scaled[:, None] * way_intercept
    problems.eta[:, where] = eta + scaled[None, :, None] * moved
    problems.objectives[members] = reached
    problems.decrements[members] = np.maximum(-slopes, 0.0)
    problems.steps[members] += 1
    # No direction is no minimum, unless there is no gradient either: its products may have
    # lost all precision.
    still = problems.host(xp.all(xp.all(gradient == 0, axis=0), axis=1))
    done = np.asarray(
        (-slopes / 2 <= tolerance * np.abs(reached)) & ((slopes < 0) | still), dtype=np.bool_
    )
    problems.converged[members] = done
    stuck = (lengths == 0) | (problems.steps[members] >= _SINGLE_STEPS)
    if double:  # nothing more exact is left
        return members[~done & (lengths > 0)]
    problems.double[members[stuck & ~done]] = True
    return members[~done]


def _line_search(
    problems: _Problems,
    members: NDArray[np.int64],
    eta: Array,
    moved: Array,
    weights: Array,
    way: Array,
    slopes: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Step length of each problem, 0 where none betters it, and the objective there.

    Halves the step until the objective falls enough; the predictors `eta` move along `moved`, so
    that no product with the features is needed.
    """
    xp = problems.xp
    square, cross, way_square = (
        problems.host(xp.sum(left * right, axis=(0, 2)))
        for left, right in ((weights, weights), (weights, way), (way, way))
    )
    start = problems.objectives[members]
    lengths, reached = np.zeros(len(members)), start.copy()
    trying, length = np.flatnonzero(slopes < 0), 1.0
    for _ in range(_HALVINGS):
        if not len(trying):
            break
        there = problems.pick(eta, trying) + length * problems.pick(moved, trying)
        penalty = square[trying] + 2 * length * cross[trying] + length**2 * way_square[trying]
        objective = problems.host(problems.losses(members[trying], there)) + penalty / 2
        allowed = start[trying] + _SUFFICIENT * length * slopes[trying]
        # Near the minimum the fall is below the rounding of the objective itself.
        fell = objective <= allowed + _ROUNDING * np.abs(start[trying])
        lengths[trying[fell]], reached[trying[fell]] = length, objective[fell]
        trying, length = trying[~fell], length / 2
    return lengths, reached
