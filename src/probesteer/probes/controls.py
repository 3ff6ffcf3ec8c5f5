"""What a probe is compared with: shuffled labels, and a bag of tokens.

Shuffled labels show what a probe of this size reads from noise (compare the control tasks of
Hewitt & Liang 2019, arXiv 1909.03368). A permutation may exchange only what would be exchangeable
if the labels meant nothing (Good 2005, Permutation, Parametric and Bootstrap Tests of Hypotheses;
for data in blocks, Winkler et al. 2015, NeuroImage 123). A bag of tokens shows what the words alone
give away, without the model.
"""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from probesteer.errors import ProbesteerError

# Keeps these random numbers apart from others of the same seed.
_STREAM = zlib.crc32(b"shuffled labels")


def shuffled_labels(
    labels: NDArray[np.int64],
    examples: NDArray[np.int64],
    groups: NDArray[Any],
    splits: NDArray[Any],
    draw: int,
    seed: int,
) -> NDArray[np.int64]:
    """The labels of all rows, permuted among the examples or the groups of each split; [n].

    labels, examples, groups, splits: [n]. Rows of one example (tokens of one text) keep one label
    in common. Where every group has one label only (the topics of a set of texts), the label goes
    with the group, and whole groups are permuted: their rows are alike, so labels dealt out row
    by row would be harder to fit and easier to even out, and the null too narrow. Otherwise the
    examples are permuted, whatever their group; this ignores a balance of the labels within groups,
    so that the null is, if anything, too wide.

    Each split is permuted by itself. So it keeps its balance of labels (that of its groups, where
    these are permuted), chance is the same as for the true labels, and a surplus of a label in
    training does not leave a lack of it in test, which would push the null below chance.
    """
    generator = np.random.default_rng([seed, _STREAM, draw])
    whole = _one_label_each(labels, groups)
    _, first_row, unit_of_row = np.unique(
        groups if whole else examples, return_index=True, return_inverse=True
    )
    unit_labels, unit_splits = labels[first_row], splits[first_row]
    permuted = unit_labels.copy()
    for split in np.unique(unit_splits):
        members = np.flatnonzero(unit_splits == split)
        permuted[members] = unit_labels[generator.permutation(members)]
    return permuted[unit_of_row]


def _one_label_each(labels: NDArray[np.int64], groups: NDArray[Any]) -> bool:
    """Whether no group has rows of both labels."""
    names, group_of_row = np.unique(groups, return_inverse=True)
    ones = np.bincount(group_of_row, weights=labels, minlength=len(names))
    rows = np.bincount(group_of_row, minlength=len(names))
    return bool(np.all((ones == 0) | (ones == rows)))


def token_counts(
    ids: NDArray[np.int64], lengths: NDArray[np.int64], training: NDArray[np.bool_]
) -> sparse.csr_matrix:
    """How often each example holds each token; csr [n_examples, n_vocabulary], float64.

    ids: [total], the token ids of all examples, one after the other; lengths: [n_examples];
    training: [n_examples]. The vocabulary is the tokens of the training examples, in the order
    of their ids; other tokens are not counted.
    Raises ProbesteerError where the lengths do not add up to the ids.
    """
    if int(lengths.sum()) != len(ids):
        raise ProbesteerError(
            f"token ids: the lengths add up to {int(lengths.sum())} and there are {len(ids)} ids; "
            "delete the tokens and make them again"
        )
    example = np.repeat(np.arange(len(lengths)), lengths)
    vocabulary = np.unique(ids[training[example]])
    known = np.isin(ids, vocabulary)
    columns = np.searchsorted(vocabulary, ids[known])
    # Building from coordinates adds up the entries of one cell.
    counts = sparse.coo_matrix(
        (np.ones(len(columns)), (example[known], columns)), shape=(len(lengths), len(vocabulary))
    )
    return counts.tocsr()
