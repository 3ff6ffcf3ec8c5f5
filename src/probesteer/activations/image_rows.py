"""Where images are read: at the mean over all tokens of a place, or at one of them."""

import numpy as np

from probesteer.concepts.positions import Position, ReadingRows
from probesteer.errors import ProbesteerError


def image_rows(position: Position, count: int) -> ReadingRows:
    """One row for each of `count` images.

    A place may have any number of tokens (patches, or pixels of a feature map), so that only the
    mean and an index are the same everywhere; the index 0 is [CLS] where a model has it.

    Raises ProbesteerError for any other position.
    """
    if position.kind not in ("mean", "index") or position.window:
        named = "window" if position.window else position.kind
        raise ProbesteerError(
            f"config: position {named} is one of texts; read images at mean, or at an "
            "index such as 0"
        )
    examples = np.arange(count)
    mean = position.kind == "mean"
    token = np.full(count, -1 if mean else position.index)
    return ReadingRows(examples, token, mean, token, np.arange(count + 1))
