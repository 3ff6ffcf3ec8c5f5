"""Edits of activations, stacked: many variants of one operator run in one batch."""

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


class Edit(Protocol):
    """`size` variants of one operator, applied to a batch stacked that many times."""

    @property
    def size(self) -> int:
        """Number of variants S."""

    def __call__(self, x: Tensor) -> Tensor:
        """x: [batch, S, tokens, d] -> the same shape, variant s applied at index s."""

    def part(self, first: int, last: int) -> "Edit":
        """The variants first … last - 1."""

    def to(self, like: Tensor) -> "Edit":
        """The same edit on the device and in the dtype of `like`."""


@dataclass(frozen=True)
class Add:
    """x <- x + v: activation addition (Turner et al. 2023, arXiv:2308.10248)."""

    pushes: Tensor  # [S, d], in raw activation units

    @property
    def size(self) -> int:
        return len(self.pushes)

    def __call__(self, x: Tensor) -> Tensor:
        return x + self.pushes[None, :, None, :]

    def part(self, first: int, last: int) -> "Add":
        return Add(self.pushes[first:last])

    def to(self, like: Tensor) -> "Add":
        return Add(self.pushes.to(like))


@dataclass(frozen=True)
class Multiply:
    """x <- s x: the activation itself scaled (Black et al. 2022, arXiv:2211.12312)."""

    factors: Tensor  # [S]

    @property
    def size(self) -> int:
        return len(self.factors)

    def __call__(self, x: Tensor) -> Tensor:
        return x * self.factors[None, :, None, None]

    def part(self, first: int, last: int) -> "Multiply":
        return Multiply(self.factors[first:last])

    def to(self, like: Tensor) -> "Multiply":
        return Multiply(self.factors.to(like))
