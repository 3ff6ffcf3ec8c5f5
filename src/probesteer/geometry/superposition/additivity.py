"""Do two concepts add up: is the offset of one the same whatever the other is?"""

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.superposition.combinations import COMBINATIONS, CombinationSums

FloatArray = NDArray[np.float64]

# Over the means of `COMBINATIONS`: the offset of the first concept, mean over both labels of the
# second; that of the second; and by how much either depends on the other concept.
_MAIN = np.array([[-1, -1, 1, 1], [-1, 1, -1, 1]]) / 2
_JOINT = np.array([1, -1, -1, 1]) / 2
# Squared lengths below this share of those of the means are rounding.
_ROUNDING = 1e-12


def joint_share(sums: CombinationSums, weights: FloatArray, concept: int) -> FloatArray:
    """Share of a concept's offset that depends on the other concept; [b].

    The squared length of the interaction over that of the concept's effect and the interaction, as
    in an analysis of variance of two factors (Fisher 1925), summed over the dimensions. 0 where the
    concept adds one vector whatever the other is, and 1 where that turns round; where it adds two
    vectors of one length, (1 - their cosine) / 2. Noise is taken out by products between groups
    alone, so that it may fall below 0. weights: [b, g], of the groups. NaN where the concept
    changes nothing.
    """
    products = sums.products(weights, between_groups=True)
    joint, total = _squared(products, _JOINT), _effect(products, concept)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = joint / total
    return np.where(total > _smallest(products), share, np.nan)


def effect(sums: CombinationSums, weights: FloatArray, concept: int) -> FloatArray:
    """Mean squared length of a concept's offset over both labels of the other, without noise; [b].

    0 where it has none within rounding; below 0 where noise alone is left.
    """
    products = sums.products(weights, between_groups=True)
    total = _effect(products, concept)
    return np.where(np.abs(total) > _smallest(products), total, 0.0)


def offset_cosine(sums: CombinationSums, weights: FloatArray, concept: int) -> FloatArray:
    """Cosine of a concept's offset where the other is 0 and where it is 1; [b].

    1 where the offset is the same; NaN where one has no length. Noise makes it smaller.
    """
    return _cosine(sums.products(weights), _offset(concept, 0), _offset(concept, 1))


def offset_length(
    sums: CombinationSums, weights: FloatArray, concept: int, other: int
) -> FloatArray:
    """Length of a concept's offset where the other concept has the label `other`; [b].

    In units of the activations. Noise makes it longer.
    """
    squared = _squared(sums.products(weights), _offset(concept, other))
    length: FloatArray = np.sqrt(np.maximum(squared, 0))
    return length


def predicted_cosine(sums: CombinationSums, weights: FloatArray, unseen: int) -> FloatArray:
    """Cosine of `Composition`, of `COMBINATIONS[unseen]`; [b]."""
    foreseen, true = _changes(unseen)
    return _cosine(sums.products(weights), foreseen, true)


def predicted_error(sums: CombinationSums, weights: FloatArray, unseen: int) -> FloatArray:
    """Error of `Composition`, of `COMBINATIONS[unseen]`; [b]."""
    products = sums.products(weights)
    foreseen, true = _changes(unseen)
    length, smallest = _squared(products, true), _smallest(products)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(np.maximum(_squared(products, foreseen - true), 0) / length)
    return np.where(length > smallest, error, np.nan)


def _changes(unseen: int) -> tuple[FloatArray, FloatArray]:
    """The predicted and the true change from the opposite combination, over the means."""
    a, b = COMBINATIONS[unseen]
    opposite = _of((1 - a, 1 - b))
    return _of((a, 1 - b)) + _of((1 - a, b)) - 2 * opposite, _of((a, b)) - opposite


def _of(labels: tuple[int, int], concept: int = 0) -> FloatArray:
    """1 at a combination; concept: the one whose label comes first."""
    ordered = labels if concept == 0 else labels[::-1]
    return np.array([float(each == ordered) for each in COMBINATIONS])


def _offset(concept: int, other: int) -> FloatArray:
    """A concept's offset at a label of the other, over the means."""
    return _of((1, other), concept) - _of((0, other), concept)


def _effect(products: FloatArray, concept: int) -> FloatArray:
    return _squared(products, _MAIN[concept]) + _squared(products, _JOINT)


def _squared(products: FloatArray, contrast: FloatArray) -> FloatArray:
    squared: FloatArray = np.einsum("bij,i,j->b", products, contrast, contrast)
    return squared


def _smallest(products: FloatArray) -> FloatArray:
    smallest: FloatArray = _ROUNDING * np.abs(products).max(axis=(1, 2))
    return smallest


def _cosine(products: FloatArray, one: FloatArray, other: FloatArray) -> FloatArray:
    lengths = np.stack([_squared(products, each) for each in (one, other)])
    inner = np.einsum("bij,i,j->b", products, one, other)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = inner / np.sqrt(lengths.prod(axis=0))
    return np.where((lengths > _smallest(products)).all(axis=0), cosine, np.nan)
