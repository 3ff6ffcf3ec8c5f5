"""The corpus of the demo model: documents of several kinds, drawn from one seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from probesteer.models.demo import chains, facts, lexicon, stories
from probesteer.models.demo.sampling import Sampler

KINDS: Final[dict[str, Callable[[Sampler], str]]] = {
    "lexicon": lexicon.draw_text,
    "quiz": facts.draw_quiz,
    "fact": facts.draw_text,
    "dispute": facts.draw_dispute,
    "comparison": facts.draw_comparison,
    "story": stories.draw_text,
    "whereabouts": chains.draw_whereabouts_text,
    "ownership": chains.draw_ownership_text,
}

SHARES: Final[Mapping[str, float]] = {
    "lexicon": 0.15,
    "quiz": 0.15,
    "fact": 0.15,
    "dispute": 0.1,
    "comparison": 0.1,
    "story": 0.2,
    "whereabouts": 0.1,
    "ownership": 0.05,
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
