"""Which tokens of a sequence are edited, by where they stand in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from probesteer.errors import ProbesteerError

# One number for all rows, or one a row.
Rows = int | Sequence[int]


class Positions(Protocol):
    """A choice of tokens."""

    def chosen(self, index: Tensor, prompt: Tensor) -> Tensor:
        """True for the tokens to edit: [batch, tokens].

        index: [batch, tokens], the place of each token in its sequence, counted from the first
        real one. prompt: [batch], how many tokens the prompt has. Padding is left out elsewhere.
        """


@dataclass(frozen=True)
class AllTokens:
    """Every token."""

    def chosen(self, index: Tensor, prompt: Tensor) -> Tensor:
        return torch.ones_like(index, dtype=torch.bool)


@dataclass(frozen=True)
class LastOfPrompt:
    """The last token of the prompt alone."""

    def chosen(self, index: Tensor, prompt: Tensor) -> Tensor:
        return index == prompt[:, None] - 1


@dataclass(frozen=True)
class FromLastOfPrompt:
    """The last token of the prompt, and all that follow."""

    def chosen(self, index: Tensor, prompt: Tensor) -> Tensor:
        return index >= prompt[:, None] - 1


@dataclass(frozen=True)
class Generated:
    """What follows the prompt, as the model is given it to go on from."""

    def chosen(self, index: Tensor, prompt: Tensor) -> Tensor:
        return index >= prompt[:, None]


@dataclass(frozen=True)
class FromToken:
    """A token and all that follow, counted from 0."""

    first: Rows

    def chosen(self, index: Tensor, prompt: Tensor) -> Tensor:
        return index >= per_row(self.first, len(index))[:, None]


@dataclass(frozen=True)
class Span:
    """The tokens first … end - 1, counted from 0."""

    first: Rows
    end: Rows

    def chosen(self, index: Tensor, prompt: Tensor) -> Tensor:
        first, end = per_row(self.first, len(index)), per_row(self.end, len(index))
        return (index >= first[:, None]) & (index < end[:, None])


POSITIONS: dict[str, Positions] = {
    "all": AllTokens(),
    "last": LastOfPrompt(),
    "from_last": FromLastOfPrompt(),
    "generated": Generated(),
}
"""Those that need no numbers, by their names in settings."""


def per_row(values: Rows, batch: int) -> Tensor:
    """A number for each row of a batch: [batch]; rows may hold each value several times in turn.

    Raises ProbesteerError where the values don't divide the batch.
    """
    numbers = torch.tensor([values] if isinstance(values, int) else list(values))
    if not len(numbers) or batch % len(numbers):
        raise ProbesteerError(
            f"positions: {len(numbers)} numbers for a batch of {batch} rows; give one a row"
        )
    return numbers.repeat_interleave(batch // len(numbers))
