"""Affine operators: a vector added, the activation scaled, a concept erased."""

from torch import Tensor

from probesteer.interventions.operators.precision import widened


def add(x: Tensor, push: Tensor) -> Tensor:
    """x <- x + v: activation addition (Turner et al. 2023, arXiv 2308.10248).

    x: [..., d]; push: [..., d], in units of the activation. Exact: computed in the dtype of x.
    """
    return x + push.to(x)


def scale(x: Tensor, factor: float | Tensor) -> Tensor:
    """x <- s x (Black et al. 2022, arXiv 2211.12312). x: [..., d]; factor: a number or [...]."""
    return x * (factor[..., None].to(x) if isinstance(factor, Tensor) else factor)


def erase(
    x: Tensor, mean: Tensor, read: Tensor, write: Tensor, share: float | Tensor = 1.0
) -> Tensor:
    """x <- x - share (x - mean) read' write: LEACE (Belrose et al. 2023, arXiv 2306.03819).

    x: [..., d]; mean: [d]; read, write: [k, d], as in `directions.leace.Eraser`; share: a number
    or [...]. 1 erases, 0 changes nothing. Computed in float32 at least, returned in the dtype of x.
    """
    wide = widened(x)
    read, write, mean = (part.to(wide) for part in (read, write, mean))
    removed = ((wide - mean) @ read.T) @ write
    return (wide - _spread(share, wide) * removed).to(x.dtype)


def _spread(value: float | Tensor, like: Tensor) -> float | Tensor:
    """A value for every activation, ready to multiply [..., d]."""
    return value[..., None].to(like) if isinstance(value, Tensor) else value
