"""Operators on the projection x.u along a direction u; what is orthogonal to u stays.

x: [..., d]; direction: [..., d] of any length (zero changes nothing); values are numbers or [...].
All compute in float32 at least and return the dtype of x.
"""

from torch import Tensor
from torch.nn.functional import normalize

from probesteer.interventions.operators.precision import widened


def ablate(x: Tensor, direction: Tensor, share: float | Tensor = 1.0) -> Tensor:
    """x <- x - share (x.u) u: directional ablation (Arditi et al. 2024, arXiv 2406.11717).

    A share of 1 projects the direction out, 0 changes nothing, 2 reflects about the origin.
    """
    return _moved(x, direction, 0.0, share)


def clamp(x: Tensor, direction: Tensor, value: float | Tensor) -> Tensor:
    """x <- x + (value - x.u) u: the projection becomes `value`, in units of the activation."""
    return _moved(x, direction, value, 1.0)


def reflect(
    x: Tensor, direction: Tensor, about: float | Tensor = 0.0, share: float | Tensor = 1.0
) -> Tensor:
    """x <- x + 2 share (about - x.u) u: the projection becomes 2 about - x.u.

    With `about` at the midpoint of the classes, each changes its side. A share of 0 changes
    nothing, 0.5 clamps to `about`.
    """
    return _moved(x, direction, about, 2 * share)


def _moved(x: Tensor, direction: Tensor, target: float | Tensor, share: float | Tensor) -> Tensor:
    """x <- x + share (target - x.u) u."""
    wide = widened(x)
    unit = normalize(direction.to(wide), dim=-1)
    along = (wide * unit).sum(dim=-1)
    step: Tensor = _on(share, along) * (_on(target, along) - along)
    return (wide + step[..., None] * unit).to(x.dtype)


def _on(value: float | Tensor, like: Tensor) -> float | Tensor:
    return value.to(like) if isinstance(value, Tensor) else value
