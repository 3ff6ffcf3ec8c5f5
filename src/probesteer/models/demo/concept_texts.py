"""What a demo concept is made of: labelled examples and prompts, each in a group.

Within a group both classes are equally frequent and come from the same few words; so a probe that
holds out groups is tested on words that it was not fitted to (in `role`, on couples). No text
stands in a concept twice, and no prompt is one of the examples.
"""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Example:
    """A text whose last token is the reading position."""

    text: str
    label: int
    group: str


@dataclass(frozen=True)
class Prompt:
    """A prompt with the continuation that label 1 makes likelier, and the one of label 0."""

    prompt: str
    positive: str
    negative: str
    group: str


@dataclass
class Distinct:
    """Draws texts anew until one comes that was not there before."""

    seen: set[str] = field(default_factory=set)

    def __call__(self, draw: Callable[[], str]) -> str:
        """The first new text of `draw`."""
        while (text := draw()) in self.seen:
            pass
        self.seen.add(text)
        return text
