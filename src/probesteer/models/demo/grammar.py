"""The corpus of the demo model: documents of several kinds, drawn from one seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from probesteer.models.demo import facts, lexicon, roles, stories
from probesteer.models.demo.sampling import Sampler

KINDS: Final[dict[str, Callable[[Sampler], str]]] = {
    "lexicon": lexicon.draw_text,
    "quiz": facts.draw_quiz,
    "fact": facts.draw_text,
    "dispute": facts.draw_dispute,
    "debate": facts.draw_debate,
    "role": roles.draw_text,
    "story": stories.draw_text,
}

SHARES: Final[Mapping[str, float]] = {
    "lexicon": 0.12,
    "quiz": 0.18,
    "fact": 0.08,
    "dispute": 0.12,
    "debate": 0.2,
    "role": 0.08,
    "story": 0.22,
}
"""Share of each kind among the documents."""


@dataclass(frozen=True)
class Document:
    """One text of the corpus."""

    words: list[str]
    kind: str
    surprisal: float
    """Nats that a perfect model of the corpus pays for the whole text."""


class Grammar:
    """Draws documents; the same seed draws the same documents."""

    def __init__(self, seed: int, shares: Mapping[str, float] = SHARES) -> None:
        self.sampler = Sampler(seed)
        self.shares = dict(shares)

    def document(self) -> Document:
        """The next document."""
        self.sampler.surprisal = 0.0
        kind = self.sampler.weighted(list(self.shares), list(self.shares.values()))
        text = KINDS[kind](self.sampler)
        return Document(text.split(), kind, self.sampler.surprisal)
