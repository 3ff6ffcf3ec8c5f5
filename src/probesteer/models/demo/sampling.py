"""Seeded choices that keep count of their own probability."""

import math
import random
from collections.abc import Sequence
from typing import TypeVar

Option = TypeVar("Option")


class Sampler:
    """Draws at random and adds up the surprisal of what it drew.

    The sum over a document is the entropy that a perfect model of the corpus would pay for it, so
    the training loss can be compared with a known floor. (Nearly every text has one derivation
    only; where it has two, the sum is a slight over-estimate.)
    """

    surprisal: float
    """Nats spent since the last reset."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.surprisal = 0.0

    def choose(self, options: Sequence[Option]) -> Option:
        """One of the options, uniformly."""
        self.surprisal += math.log(len(options))
        return options[self.rng.randrange(len(options))]

    def weighted(self, options: Sequence[Option], weights: Sequence[float]) -> Option:
        """One of the options, with probabilities proportional to the weights."""
        index = self.rng.choices(range(len(options)), weights)[0]
        self.surprisal -= math.log(weights[index] / sum(weights))
        return options[index]

    def flip(self, probability: float = 0.5) -> bool:
        """True with the given probability."""
        return self.weighted([True, False], [probability, 1 - probability])

    def distinct(self, options: Sequence[Option], count: int) -> list[Option]:
        """`count` different options in random order."""
        self.surprisal += math.lgamma(len(options) + 1) - math.lgamma(len(options) - count + 1)
        return self.rng.sample(list(options), count)

    def shuffled(self, options: Sequence[Option]) -> list[Option]:
        """All options in random order."""
        return self.distinct(options, len(options))
