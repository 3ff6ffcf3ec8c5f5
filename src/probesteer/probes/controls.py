"""What a probe is compared with: shuffled labels, and a bag of tokens.

Shuffled labels show what a probe of this size reads from noise (a permutation test; compare the
control tasks of Hewitt & Liang 2019, arXiv 1909.03368). A bag of tokens shows what the words
alone give away, without the model.
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
    splits: NDArray[Any],
    draw: int,
    seed: int,
) -> NDArray[np.int64]:
    """The labels of all rows, permuted among the examples of each split; [n].

    labels, examples, splits: [n]. Rows of one example (tokens of one text) keep one label in
    common. The examples of a split are permuted among themselves: every split keeps its balance
    of labels, so chance is the same as for the true labels, and a surplus of a label in training
    does not leave a lack of it in test, which would push the null below chance.
    """
    generator = np.random.default_rng([seed, _STREAM, draw])
    _, first_row, example_of_row = np.unique(examples, return_index=True, return_inverse=True)
    example_labels, example_splits = labels[first_row], splits[first_row]
    permuted = example_labels.copy()
    for split in np.unique(example_splits):
        members = np.flatnonzero(example_splits == split)
        permuted[members] = example_labels[generator.permutation(members)]
    return permuted[example_of_row]


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
