"""Newton directions of many problems by conjugate gradients, which share their matrix products."""

from dataclasses import dataclass
from typing import Any

from probesteer.probes.solver.design import Design
from probesteer.probes.solver.losses import Loss
from probesteer.probes.solver.preconditioner import Preconditioner

Array = Any

_STEPS = 200
_SMALLEST = 1e-30  # keeps a quotient finite where all curvature has vanished


@dataclass(frozen=True, eq=False)
class Curvature:
    """Where the problems stand: what their Hessians are made of."""

    predictions: Array
    """[n, p, k]"""
    row_weights: Array
    """[n, p]"""

    def of(self, members: Array, xp: Any) -> "Curvature":
        """Those of some of the problems."""
        return Curvature(
            xp.take(self.predictions, members, axis=1), xp.take(self.row_weights, members, axis=1)
        )


def newton_directions(
    design: Design,
    preconditioner: Preconditioner,
    loss: Loss,
    curvature: Curvature,
    gradient: Array,
    intercept_gradient: Array,
    free_intercept: bool,
    forcing: Array,
) -> tuple[Array, Array]:
    """Solve H s = -g for each problem: (s of the weights [d, p, k], of the intercepts [p, k]).

    H is I + X.T D X, bordered by the intercept, which has no penalty. gradient: [d, p, k];
    intercept_gradient: [p, k]; forcing: [p], the share of the residual at which a problem is
    solved, in the norm of the preconditioner. The precision is that of `gradient`.
    Preconditioned conjugate gradients (Nocedal & Wright 2006, algorithm 5.3).
    """
    xp = design.namespace
    d, p, _ = gradient.shape
    found, found_intercept = xp.zeros_like(gradient), xp.zeros_like(intercept_gradient)
    members = xp.arange(p)
    total = _total_curvature(loss, curvature, xp)
    rest, rest_intercept = -gradient, -intercept_gradient

    def solved(right: Array, right_intercept: Array, total: Array) -> tuple[Array, Array]:
        flat = preconditioner.solve(xp.reshape(right, (d, -1)), xp.reshape(total, (-1,)))
        bordered = right_intercept / total if free_intercept else xp.zeros_like(right_intercept)
        return xp.reshape(flat, right.shape), bordered

    def inner(left: Array, right: Array, of_left: Array, of_right: Array) -> Array:
        return xp.sum(left * right, axis=(0, 2)) + xp.sum(of_left * of_right, axis=1)

    scaled, scaled_intercept = solved(rest, rest_intercept, total)
    way, way_intercept = scaled, scaled_intercept
    left = inner(rest, scaled, rest_intercept, scaled_intercept)
    goal = left * forcing**2
    for _ in range(_STEPS):
        bent, bent_intercept = _hessian_product(
            design, loss, curvature, way, way_intercept, free_intercept
        )
        bending = inner(way, bent, way_intercept, bent_intercept)
        # Rounding can leave no curvature along the last directions of a problem: it is done then.
        sound = (bending > 0) & (left > 0)
        length = xp.where(sound, left, xp.zeros_like(left)) / xp.where(
            sound, bending, xp.ones_like(bending)
        )
        step, step_intercept = length[None, :, None] * way, length[:, None] * way_intercept
        found[:, members] = found[:, members] + step
        found_intercept[members] = found_intercept[members] + step_intercept
        rest = rest - length[None, :, None] * bent
        rest_intercept = rest_intercept - length[:, None] * bent_intercept
        scaled, scaled_intercept = solved(rest, rest_intercept, total)
        now_left = inner(rest, scaled, rest_intercept, scaled_intercept)
        open_ = xp.nonzero(sound & (now_left > goal))[0]
        if not len(open_):
            break
        turn = now_left / xp.where(left > 0, left, xp.ones_like(left))
        way = scaled + turn[None, :, None] * way
        way_intercept = scaled_intercept + turn[:, None] * way_intercept
        left = now_left
        if len(open_) < len(members):
            members, left, goal = members[open_], left[open_], goal[open_]
            total, curvature = total[open_], curvature.of(open_, xp)
            rest, way = xp.take(rest, open_, axis=1), xp.take(way, open_, axis=1)
            rest_intercept, way_intercept = rest_intercept[open_], way_intercept[open_]
    return found, found_intercept


def _total_curvature(loss: Loss, curvature: Curvature, xp: Any) -> Array:
    """Sum over the rows of weight times curvature, [p, k]."""
    bends = loss.curvatures(curvature.predictions) * curvature.row_weights[..., None]
    total = xp.sum(bends, axis=0)
    return xp.where(total > _SMALLEST, total, xp.full_like(total, _SMALLEST))


def _hessian_product(
    design: Design,
    loss: Loss,
    curvature: Curvature,
    way: Array,
    way_intercept: Array,
    free_intercept: bool,
) -> tuple[Array, Array]:
    """H times (way, way_intercept), in one pass over the features."""
    xp = design.namespace
    d, p, k = way.shape

    def bend(rows: slice, change: Array) -> Array:
        moved = xp.reshape(change, (-1, p, k)) + way_intercept
        bent = loss.curved(curvature.predictions[rows], moved)
        return xp.reshape(bent * curvature.row_weights[rows, :, None], (-1, p * k))

    product, sums = design.curvature_product(xp.reshape(way, (d, p * k)), bend)
    bordered = xp.reshape(sums, (p, k)) if free_intercept else xp.zeros_like(way_intercept)
    return way + xp.reshape(product, way.shape), bordered
