"""The online code against one written out block by block, and against labels of known content."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from probesteer.errors import ProbesteerError
from probesteer.probes.metrics.description_length import (
    PORTIONS,
    coding_order,
    description_length,
    description_lengths,
)
from probesteer.probes.solver.batch import fit_logistic_batch
from probesteer.probes.solver.features import SharedFeatures


def planted(n: int = 400, d: int = 6) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Activations, and the labels that their first feature decides."""
    X = np.random.default_rng(0).standard_normal((n, d))
    return X, (X[:, 0] > 0).astype(np.int64)


def test_four_groups_by_hand() -> None:
    # All portions up to 1/2 end with the first or the second of four groups of four rows.
    groups = np.repeat(list("cadb"), 4)
    order, ends = coding_order(groups, seed=0)
    assert ends.tolist() == [4, 8, 16]
    assert sorted(order.tolist()) == list(range(16))
    in_order = groups[order].reshape(4, 4)
    assert (in_order == in_order[:, :1]).all()
    # A constant feature: a probe knows the share of label 1 alone, here 1/4 and then 1/2.
    by_group = {name: [0, 0, 0, 1] for name in in_order[:, 0]}
    by_group[in_order[1, 0]] = [1, 1, 1, 0]
    y = np.array([by_group[name][index % 4] for index, name in enumerate(groups)])
    found = description_length(np.ones((16, 1)), y, groups, 1.0, seed=0)
    second = 3 * np.log2(4) + np.log2(4 / 3)
    assert found.block_ends == (4, 8, 16)
    assert found.codelength == pytest.approx(4 + second + 8, abs=1e-6)
    assert found.uniform_codelength == 16
    assert found.compression == pytest.approx(16 / (12 + second), abs=1e-6)


def test_the_portions_are_those_of_the_paper_where_rows_are_groups() -> None:
    order, ends = coding_order(np.arange(100_000), seed=1)
    np.testing.assert_array_equal(ends, np.ceil(np.array(PORTIONS) * 100_000))
    assert not np.array_equal(order, np.arange(100_000))
    np.testing.assert_array_equal(np.sort(order), np.arange(100_000))


def test_blocks_end_with_a_group_and_never_before_their_portion() -> None:
    groups = np.random.default_rng(4).integers(0, 30, 200)
    order, ends = coding_order(groups, seed=2)
    in_order = groups[order]
    for end in ends[:-1]:
        assert in_order[end - 1] != in_order[end]
    for portion in PORTIONS:
        end = int(ends[ends >= portion * 200][0])
        assert in_order[: end - 1].size < portion * 200 + (groups == in_order[end - 1]).sum()
    assert ends[-1] == 200


def test_every_labelling_costs_what_it_costs_block_by_block() -> None:
    X, y = planted(150)
    groups = np.arange(150) // 3
    noise = np.random.default_rng(1).integers(0, 2, (2, 150))
    labellings, penalties = np.stack([y, *noise]), np.array([1.0, 0.1, 10.0])
    found = description_lengths(X, labellings, groups, penalties, seed=5)
    order, _ = coding_order(groups, seed=5)
    for labels, C, length in zip(labellings, penalties, found, strict=True):
        ends = length.block_ends
        bits = float(ends[0])
        for start, end in pairwise(ends):
            known = np.zeros((1, 150))
            known[0, order[:start]] = 1
            scores = fit_logistic_batch(X, labels[None], float(C), known).scores(X)[0]
            rows = order[start:end]
            own = np.where(labels[rows] == 1, expit(scores[rows]), expit(-scores[rows]))
            bits -= np.log2(own).sum()
        assert length.codelength == pytest.approx(bits, rel=1e-6)
        assert set(labels[order[: ends[0]]]) == {0, 1}


def test_planted_labels_compress_and_random_ones_do_not() -> None:
    X, y = planted()
    random = np.random.default_rng(3).integers(0, 2, (20, 400))
    found = description_lengths(X, np.stack([y, *random]), np.arange(400), 1.0, seed=0)
    assert found[0].compression > 3
    assert max(length.compression for length in found[1:]) < 1.02


def test_what_is_harder_to_find_costs_more_though_it_ends_as_accurate() -> None:
    y = np.arange(600) % 2
    generator = np.random.default_rng(6)
    alone = 6 * (y[:, None] - 0.5) + generator.standard_normal((600, 1))
    hidden = np.hstack([alone, generator.standard_normal((600, 100))])
    for X in (alone, hidden):
        scores = fit_logistic_batch(X, y[None], 1.0).scores(X)[0]
        assert ((scores > 0) == y).mean() > 0.99
    easy, hard = (description_length(X, y, np.arange(600), 1.0, seed=0) for X in (alone, hidden))
    assert hard.codelength > 1.5 * easy.codelength
    assert hard.compression > 2


def test_features_prepared_for_other_fits_give_the_same_code() -> None:
    X, y = planted(100)
    found = description_length(SharedFeatures(X), y, np.arange(100), 1.0, seed=0)
    assert found == description_length(X, y, np.arange(100), 1.0, seed=0)


def test_the_first_block_reaches_on_until_it_holds_both_labels() -> None:
    groups = np.arange(64)
    order, ends = coding_order(groups, seed=0)
    assert ends.tolist() == [1, 2, 3, 4, 8, 16, 32, 64]
    y = np.zeros(64, dtype=np.int64)
    y[order[8:]] = np.arange(56) % 2  # the first label 1 is row 9 of the order, the tenth
    X = np.random.default_rng(0).standard_normal((64, 3))
    assert description_length(X, y, groups, 1.0, seed=0).block_ends == (16, 32, 64)
    last = np.zeros(64, dtype=np.int64)
    last[order[-1]] = 1
    found = description_length(X, last, groups, 1.0, seed=0)
    assert found.block_ends == (64,)
    assert found.compression == 1


def test_the_seed_decides_the_order_and_nothing_else_does() -> None:
    X, y = planted(120)
    groups = np.arange(120) // 2
    one, again, other = (
        description_length(X, y, groups, 1.0, seed).codelength for seed in (1, 1, 2)
    )
    assert one == again != other
    renamed = np.array([f"group {name:03d}" for name in groups])
    assert description_length(X, y, renamed, 1.0, seed=1).codelength == one


def test_one_label_alone_is_refused() -> None:
    X, _ = planted(10)
    with pytest.raises(ProbesteerError, match="rows to code: labels are"):
        description_length(X, np.ones(10, dtype=np.int64), np.arange(10), 1.0, seed=0)
