"""Labels that mean nothing, dealt out as the true ones were: what a permutation may exchange.

They show what a probe of this size reads from noise. A permutation test is exact where the labels,
under the null, are as likely in every order that is drawn (Good 2005, Permutation, Parametric and
Bootstrap Tests of Hypotheses). Labels of rows that belong together are not as likely in every
order: where those of a group agree, a lone row's can't be exchanged with another group's. What can
be are whole groups, and rows within one (Winkler et al. 2015, NeuroImage 123).
"""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

# Keeps these random numbers apart from others of the same seed.
_STREAM = zlib.crc32(b"shuffled labels")
# Chance of agreement within groups below which labels count as dealt out to groups.
_AGREEMENT_LEVEL = 0.05
# Draws until one has all classes, which a probe needs. A class that no group has most of can get
# lost; among the draws with all classes, the true labels are as likely as any other.
_TRIES = 100


def shuffled_labels(
    labels: NDArray[Any],
    examples: NDArray[np.int64],
    groups: NDArray[Any],
    splits: NDArray[Any],
    draw: int,
    seed: int,
) -> NDArray[Any]:
    """The labels of all rows, permuted among the examples or the groups of each split; [n].

    labels: [n], classes as whole numbers, or real numbers; examples, groups, splits: [n]. Rows of
    one example (tokens of one text) keep one label in common.

    Where labels agree within groups more than chance explains (`agree_within_groups`: the topics
    of a set of texts), whole groups are exchanged, and examples within each:

    - Groups of as many examples exchange their labels as they stand. This is exact if the groups
      are exchangeable, whatever the dependence within them.
    - Where sizes differ, groups exchange what most of their examples have (real numbers: their
      mean), and examples that deviate from it deviate as much from the new one. This is exact if,
      besides, how examples deviate doesn't depend on what they deviate from. A group without a
      most frequent label keeps its labels, and they change places within it.

    Labels dealt out example by example would be harder to fit and easier to even out than those of
    groups whose rows are alike, and the null too narrow. Elsewhere the examples are exchanged,
    whatever their group; this is exact for labels that are free within groups, and ignores it if
    they are balanced there, so that the null is then too wide, if anything.

    Each split is permuted by itself. So it keeps its balance of labels (about, where deviations
    change sides), chance is the same as for the true labels, and a surplus of a label in training
    does not leave a lack of it in test, which would push the null below chance.
    """
    generator = np.random.default_rng([seed, _STREAM, draw])
    _, first_row, unit_of_row = np.unique(examples, return_index=True, return_inverse=True)
    own, unit_splits = labels[first_row], splits[first_row]
    group_of = np.unique(groups[first_row], return_inverse=True)[1]
    whole = agree_within_groups(own, group_of)
    permuted = own.copy()
    for split in np.unique(unit_splits):
        members = np.flatnonzero(unit_splits == split)
        if whole:
            permuted[members] = _groups_exchanged(own[members], group_of[members], generator)
        else:
            permuted[members] = own[generator.permutation(members)]
    return permuted[unit_of_row]


def agree_within_groups(labels: NDArray[Any], groups: NDArray[Any]) -> bool:
    """Whether labels: [n] are more alike within groups: [n] than those of free rows would be.

    Told by the ratio of the variance between groups to that within (of classes: of their
    indicators, taken together; Anderson 2001, Austral Ecology 26), above what F's distribution
    exceeds in 5 % of the cases. Whole numbers are classes.
    """
    group_of, sizes = np.unique(groups, return_inverse=True, return_counts=True)[1:]
    between, within = len(sizes) - 1, len(labels) - len(sizes)
    if not between or not within:
        return False
    values, dimensions = labels[:, None].astype(np.float64), 1
    if np.issubdtype(labels.dtype, np.integer):
        values = (labels[:, None] == np.unique(labels)).astype(np.float64)
        dimensions = max(1, values.shape[1] - 1)
    values = values - values.mean(axis=0)
    sums = np.stack([np.bincount(group_of, weights=column) for column in values.T], axis=1)
    of_means = float((sums**2 / sizes[:, None]).sum())
    rest = max(float((values**2).sum()) - of_means, 0.0)
    degrees = (dimensions * between, dimensions * within)
    limit = float(f_distribution.isf(_AGREEMENT_LEVEL, *degrees))
    return of_means / between > limit * rest / within


def _groups_exchanged(
    labels: NDArray[Any], groups: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[Any]:
    """The labels of the examples of one split, [n], after groups were exchanged."""
    sizes = np.unique(groups, return_counts=True)[1]
    # The examples group by group, those of each in an order by lot.
    order = np.lexsort((generator.random(len(labels)), groups))
    in_order = labels[order]
    permuted = np.empty_like(labels)
    if sizes.min() == sizes.max():
        by_group = in_order.reshape(len(sizes), sizes[0])
        permuted[_grouped(groups)] = by_group[generator.permutation(len(sizes))].ravel()
        return permuted
    group_of = np.repeat(np.arange(len(sizes)), sizes)
    permuted[_grouped(groups)] = _common_exchanged(in_order, group_of, generator)
    return permuted


def _grouped(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """The examples group by group, those of each as they stand."""
    return np.argsort(groups, kind="stable")


def _common_exchanged(
    labels: NDArray[Any], group_of: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[Any]:
    """Labels: [n] whose groups, numbered from 0, have exchanged what they have in common."""
    count = int(group_of.max()) + 1
    if not np.issubdtype(labels.dtype, np.integer):
        common = np.bincount(group_of, weights=labels) / np.bincount(group_of)
        given = common[generator.permutation(count)]
        moved: NDArray[Any] = labels - common[group_of] + given[group_of]
        return moved
    classes, numbers = np.unique(labels, return_inverse=True)
    held = np.zeros((count, len(classes)), dtype=np.int64)
    np.add.at(held, (group_of, numbers), 1)
    most = held.argmax(axis=1)
    clear = np.flatnonzero((held == held.max(axis=1, keepdims=True)).sum(axis=1) == 1)
    for _ in range(_TRIES):
        of_group = most.copy()
        of_group[clear] = most[generator.permutation(clear)]
        found = (numbers - most[group_of] + of_group[group_of]) % len(classes)
        if len(np.unique(found)) == len(classes):
            kept: NDArray[Any] = classes[found]
            return kept
    return labels
