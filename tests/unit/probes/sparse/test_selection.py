"""Which neurons a sparse probe reads: the ranking, and what is thinned out of it."""

import numpy as np

from probesteer.probes.cross_validation import grouped_folds
from probesteer.probes.metrics.two_labels import auroc
from probesteer.probes.sparse.probes import (
    fit_cross_validated,
    fit_sparse_probes,
    mean_difference_ranking,
)


def test_the_ranking_is_that_of_the_formula_with_constant_columns_last() -> None:
    generator = np.random.default_rng(5)
    y = np.resize([0, 1, 1], 60)
    X = generator.standard_normal((60, 1100)) * generator.uniform(0.1, 9, 1100)
    X[:, 3] = 7.0
    X[:, 1050] = 0.1
    X[:, 8] = y  # no spread within the classes
    expected = []
    for column in X.T:
        left, right = column[y == 0], column[y == 1]
        within = np.sqrt((len(left) * left.var() + len(right) * right.var()) / len(y))
        expected.append(abs(right.mean() - left.mean()) / within if within > 1e-12 else 0.0)
    expected[8] = np.inf
    ranking = mean_difference_ranking(X.astype(np.float32), y)
    assert ranking.tolist()[:50] == np.argsort(-np.array(expected), kind="stable").tolist()[:50]
    assert ranking[0] == 8
    assert ranking[-2:].tolist() == [3, 1050]
    assert sorted(ranking.tolist()) == list(range(1100))


def test_a_neuron_that_takes_noise_away_is_kept_before_one_that_repeats_another() -> None:
    """Its class means are the same, so that the first ranking alone would take the copy."""
    generator = np.random.default_rng(2)
    labels = generator.integers(0, 2, 400)
    noise = generator.standard_normal(400)
    X = np.stack(
        [
            1.5 * labels + noise + 0.05 * generator.standard_normal(400),
            1.5 * labels + noise + 0.05 * generator.standard_normal(400),
            noise + 0.05 * generator.standard_normal(400),
            generator.standard_normal(400),
        ],
        axis=1,
    )
    assert set(mean_difference_ranking(X, labels)[:2]) == {0, 1}
    folds = grouped_folds(labels, np.arange(400), 4, 0)
    found = fit_sparse_probes(X, labels, [2], folds, [1.0])
    assert 2 in found[2].columns
    assert float(auroc(labels, found[2].scores(X))) > 0.99


def test_one_neuron_is_the_best_one_even_where_others_repeat_it() -> None:
    """Eight alike share the coefficient, so that thresholding alone would keep a weaker one."""
    generator = np.random.default_rng(2)
    labels = generator.integers(0, 2, 400)
    shared = 2 * labels + generator.standard_normal(400)
    copies = shared[:, None] + 0.3 * generator.standard_normal((400, 8))
    X = np.column_stack([1.2 * labels + generator.standard_normal(400), copies])
    folds = grouped_folds(labels, np.arange(400), 4, 0)
    pool, _ = fit_cross_validated(X, labels, folds, [0.1])
    assert np.argmax(np.abs(pool.coefficient) * X.std(axis=0)) == 0
    one = fit_sparse_probes(X, labels, [1], folds, [0.1])[1]
    assert one.columns.tolist() == mean_difference_ranking(X, labels)[:1].tolist() != [0]
