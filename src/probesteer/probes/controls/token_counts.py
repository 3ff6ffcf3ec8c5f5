"""A bag of tokens: what the words alone give away, without the model."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from probesteer.errors import ProbesteerError


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
