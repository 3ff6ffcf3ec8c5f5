"""A rotation towards a direction, which leaves the norm of the activation as it is."""

import math

import torch
from torch import Tensor
from torch.nn.functional import normalize

from probesteer.interventions.operators.precision import widened

# Sine of the angle below which an activation and a direction span no plane.
_PARALLEL = 1e-6


def rotate(x: Tensor, direction: Tensor, degrees: float | Tensor) -> Tensor:
    """Turn x by an angle in the plane of x and the direction u, towards u where it is positive.

    x: [..., d]; direction: [..., d] of any length; degrees: a number or [...]. The norm of x stays
    (compare Vu & Nguyen 2025, arXiv 2510.26243, who turn in a fixed plane). An activation that is
    zero or parallel to u spans no plane with it, and stays as it is. Computed in float32 at least,
    returned in the dtype of x.
    """
    wide = widened(x)
    unit = normalize(direction.to(wide), dim=-1)
    norm = wide.norm(dim=-1, keepdim=True)
    heading = wide / norm
    across = unit - (heading * unit).sum(dim=-1, keepdim=True) * heading
    sine = across.norm(dim=-1, keepdim=True)
    angle = degrees.to(wide)[..., None] if isinstance(degrees, Tensor) else wide.new_tensor(degrees)
    angle = angle * (math.pi / 180)
    turned = angle.cos() * wide + (angle.sin() * norm / sine) * across
    spans = (norm > 0) & (sine > _PARALLEL)
    return torch.where(spans, turned, wide).to(x.dtype)
