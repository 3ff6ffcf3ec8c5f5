"""What is read from a model, and how it is divided among several jobs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from probesteer.concepts.positions import ReadingRows
from probesteer.errors import ProbesteerError
from probesteer.models.inputs import Inputs


@dataclass(frozen=True)
class Reading:
    """Examples, and the rows that are kept of them."""

    inputs: Inputs
    rows: ReadingRows
    source: Path  # the file of the examples
    examples: NDArray[np.int64]  # their numbers in the source

    def part(self, number: int, of: int) -> "Reading":
        """One of `of` runs of consecutive examples, with about as many tokens each.

        Raises ProbesteerError where there are fewer examples than parts.
        """
        lengths = self.inputs.lengths
        if of > len(lengths):
            raise ProbesteerError(
                f"config: activations.shards: {of} jobs for the {len(lengths)} examples of "
                f"{self.source}; use fewer"
            )
        middles = (np.cumsum(lengths) - lengths / 2) / lengths.sum()
        bounds = [0]
        for cut in range(1, of):
            evenly = int(np.searchsorted(middles, cut / of))
            # Every part gets one example at least.
            bounds.append(min(max(evenly, bounds[-1] + 1), len(lengths) - (of - cut)))
        bounds.append(len(lengths))
        chosen = np.arange(bounds[number], bounds[number + 1])
        return Reading(
            self.inputs.of(chosen), self.rows.of(chosen), self.source, self.examples[chosen]
        )
