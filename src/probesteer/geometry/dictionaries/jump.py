"""JumpReLU and the count of active atoms, with gradients for their thresholds.

Both jump, so that their true gradient tells the thresholds nothing. Rajamanoharan et al. 2024
(arXiv 2407.14435, section 4) estimate the gradient of the expected loss by a kernel about the
threshold: a straight-through estimator with a rectangle of the given width.
"""

from typing import Any

import torch
from torch import Tensor

WIDTH = 0.2
"""Of the rectangle, where activations have a mean norm of 1."""


class _JumpReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, before: Tensor, threshold: Tensor) -> Tensor:
        ctx.save_for_backward(before, threshold)
        return before * (before > threshold)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        before, threshold = ctx.saved_tensors
        (gradient,) = gradients
        near = ((before - threshold).abs() < WIDTH / 2).to(gradient)
        of_threshold = -(threshold / WIDTH * near * gradient).sum(dim=0)
        return gradient * (before > threshold), of_threshold


class _ActiveAbove(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, before: Tensor, threshold: Tensor) -> Tensor:
        ctx.save_for_backward(before, threshold)
        return (before > threshold).to(before)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor]:
        before, threshold = ctx.saved_tensors
        (gradient,) = gradients
        near = ((before - threshold).abs() < WIDTH / 2).to(gradient)
        return None, -(near * gradient / WIDTH).sum(dim=0)


def jump_relu(before: Tensor, threshold: Tensor) -> Tensor:
    """before: [n, k] where above threshold: [k], else 0; [n, k]."""
    codes: Tensor = _JumpReLU.apply(before, threshold)  # type: ignore[no-untyped-call]
    return codes


def active_above(before: Tensor, threshold: Tensor) -> Tensor:
    """1 where before: [n, k] is above threshold: [k], else 0; [n, k]."""
    active: Tensor = _ActiveAbove.apply(before, threshold)  # type: ignore[no-untyped-call]
    return active
