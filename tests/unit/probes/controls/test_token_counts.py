"""Token counts of texts, one after the other."""

import numpy as np
import pytest

from probesteer.errors import ProbesteerError
from probesteer.probes.controls.token_counts import token_counts


def test_counts_of_three_texts_with_a_vocabulary_from_training() -> None:
    ids = np.array([7, 2, 7, 9, 2, 5, 7])
    lengths = np.array([3, 1, 3])
    counts = token_counts(ids, lengths, np.array([True, False, True]))
    # Columns: tokens 2, 5, 7. Token 9 occurs outside training only.
    np.testing.assert_array_equal(counts.toarray(), [[1, 0, 2], [0, 0, 0], [1, 1, 1]])


def test_an_empty_text_has_no_counts() -> None:
    counts = token_counts(np.array([3, 3]), np.array([0, 2]), np.array([True, True]))
    np.testing.assert_array_equal(counts.toarray(), [[0], [2]])


def test_lengths_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ProbesteerError, match="add up to 3 and there are 2 ids"):
        token_counts(np.array([1, 2]), np.array([1, 2]), np.array([True, True]))
