"""An edit of some of the tokens that it is given."""

from dataclasses import dataclass, replace

from torch import Tensor

from probesteer.interventions.edits import Edit


@dataclass(frozen=True)
class PartOfTokens:
    """An edit of the tokens first … end - 1, counted from the first that it is given.

    A sweep gives an edit "from_last" the last token of the prompt and what follows: there (0, 1)
    is that token alone, and (1, None) what follows it.
    """

    edit: Edit
    first: int
    end: int | None  # None: to the last

    @property
    def size(self) -> int:
        return self.edit.size

    def __call__(self, x: Tensor) -> Tensor:
        edited = x.clone()
        edited[:, :, self.first : self.end] = self.edit(x[:, :, self.first : self.end])
        return edited

    def part(self, first: int, last: int) -> "PartOfTokens":
        return replace(self, edit=self.edit.part(first, last))

    def to(self, like: Tensor) -> "PartOfTokens":
        return replace(self, edit=self.edit.to(like))
