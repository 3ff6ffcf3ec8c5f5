"""Edits of activations, stacked: many variants of one operator run in one batch."""

from dataclasses import dataclass, fields, replace
from typing import ClassVar, Protocol, Self

import torch
from torch import Tensor

from probesteer.interventions.operators.affine import add, erase, scale
from probesteer.interventions.operators.projection import ablate, clamp, reflect
from probesteer.interventions.operators.rotation import rotate


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
        """The same edit on the device of `like`, and in a dtype to compute in with it."""


@dataclass(frozen=True)
class _Stacked:
    """What edits share: every field is a tensor [S, ...], one entry a variant, unless shared."""

    _shared: ClassVar[tuple[str, ...]] = ()  # fields that all variants have in common

    @property
    def size(self) -> int:
        return len(next(iter(self._variants().values())))

    def part(self, first: int, last: int) -> Self:
        return replace(self, **{name: x[first:last] for name, x in self._variants().items()})

    def to(self, like: Tensor) -> Self:
        dtype = torch.promote_types(like.dtype, torch.float32)
        tensors = {each.name: getattr(self, each.name) for each in fields(self)}
        return replace(self, **{name: x.to(like.device, dtype) for name, x in tensors.items()})

    def _variants(self) -> dict[str, Tensor]:
        names = (each.name for each in fields(self) if each.name not in self._shared)
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Add(_Stacked):
    """x <- x + v."""

    pushes: Tensor  # [S, d], in units of the activation

    def __call__(self, x: Tensor) -> Tensor:
        return add(x, _vectors(self.pushes))


@dataclass(frozen=True)
class Multiply(_Stacked):
    """x <- s x."""

    factors: Tensor  # [S]

    def __call__(self, x: Tensor) -> Tensor:
        return scale(x, _values(self.factors))


@dataclass(frozen=True)
class Ablate(_Stacked):
    """x <- x - share (x.u) u."""

    directions: Tensor  # [S, d]
    shares: Tensor  # [S]; 1: projected out

    def __call__(self, x: Tensor) -> Tensor:
        return ablate(x, _vectors(self.directions), _values(self.shares))


@dataclass(frozen=True)
class Clamp(_Stacked):
    """The projection along u becomes a value."""

    directions: Tensor  # [S, d]
    targets: Tensor  # [S], in units of the activation

    def __call__(self, x: Tensor) -> Tensor:
        return clamp(x, _vectors(self.directions), _values(self.targets))


@dataclass(frozen=True)
class Reflect(_Stacked):
    """The projection along u is mirrored."""

    directions: Tensor  # [S, d]
    abouts: Tensor  # [S], where the mirror stands, in units of the activation
    shares: Tensor  # [S]; 1: mirrored

    def __call__(self, x: Tensor) -> Tensor:
        about, shares = _values(self.abouts), _values(self.shares)
        return reflect(x, _vectors(self.directions), about, shares)


@dataclass(frozen=True)
class Rotate(_Stacked):
    """x turned towards u, its norm kept."""

    directions: Tensor  # [S, d]
    degrees: Tensor  # [S]

    def __call__(self, x: Tensor) -> Tensor:
        return rotate(x, _vectors(self.directions), _values(self.degrees))


@dataclass(frozen=True)
class Erase(_Stacked):
    """A concept erased by LEACE; the fields are those of `directions.leace.Eraser`."""

    _shared: ClassVar[tuple[str, ...]] = ("mean", "read", "write")

    shares: Tensor  # [S]; 1: erased
    mean: Tensor  # [d]
    read: Tensor  # [k, d]
    write: Tensor  # [k, d]

    def __call__(self, x: Tensor) -> Tensor:
        return erase(x, self.mean, self.read, self.write, _values(self.shares))


@dataclass(frozen=True)
class When:
    """An edit of the activations alone that a linear probe reads above a threshold.

    The probe reads the tensor that is edited, token by token; the others stay to the bit.
    """

    edit: Edit
    coefficient: Tensor  # [d], of the probe, in raw activation space
    intercept: float
    threshold: float  # of the read-out; 0: more likely label 1 than not

    @property
    def size(self) -> int:
        return self.edit.size

    def __call__(self, x: Tensor) -> Tensor:
        read = x.to(self.coefficient.dtype) @ self.coefficient + self.intercept
        return torch.where((read > self.threshold)[..., None], self.edit(x), x)

    def part(self, first: int, last: int) -> "When":
        return replace(self, edit=self.edit.part(first, last))

    def to(self, like: Tensor) -> "When":
        dtype = torch.promote_types(like.dtype, torch.float32)
        coefficient = self.coefficient.to(like.device, dtype)
        return replace(self, edit=self.edit.to(like), coefficient=coefficient)


def _vectors(x: Tensor) -> Tensor:
    """[S, d] -> [1, S, 1, d]."""
    return x[None, :, None, :]


def _values(x: Tensor) -> Tensor:
    """[S] -> [1, S, 1]."""
    return x[None, :, None]
