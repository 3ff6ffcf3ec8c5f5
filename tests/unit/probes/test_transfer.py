"""A shared direction transfers, another does not, and no text is tested that was fitted on."""

import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics.intervals import group_resamples
from probesteer.probes.metrics.two_labels import auroc
from probesteer.probes.transfer import ProbedConcept, evaluate_transfer

ONE, TWO, ONLY_FIRST = Place("resid_post", 0), Place("resid_post", 1), Place("resid_pre", 0)
N, D = 240, 10
COLUMNS = ["concept", "other", "site", "layer", "method", "metric", "value", "low", "high"]


def concept(
    name: str,
    axis: int,
    seed: int,
    family: str = "truth",
    places: tuple[Place, ...] = (ONE, TWO),
    inverted: bool = False,
) -> ProbedConcept:
    """Rows in groups of 4, of which three in five train; `axis` holds the label, 3 sigma apart."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, N)
    # What this set adds to every row: a threshold would not transfer.
    shift = generator.normal(0, 3, D)
    layers = {
        place: (
            generator.standard_normal((N, D)) + 3 * np.outer(labels, np.eye(D)[axis]) + shift
        ).astype(np.float32)
        for place in places
    }
    if inverted:
        labels = 1 - labels
    splits = np.array(["train", "train", "train", "validation", "test"])[np.arange(N) // 4 % 5]
    train = splits == "train"
    return ProbedConcept(
        name=name,
        family=family,
        places=places,
        read_layer=layers.__getitem__,
        probes={place: fit_logistic(X[train], labels[train], 0.1) for place, X in layers.items()},
        labels=labels,
        groups=np.array([f"{row // 4}" for row in range(N)]),
        splits=splits,
        texts=np.array([f"{name} {row}" for row in range(N)]),
    )


def tried(*concepts: ProbedConcept) -> pd.DataFrame:
    return evaluate_transfer(concepts, 100, 0)


def of(table: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    return table[(table["concept"] == one) & (table["other"] == other)]


def test_every_ordered_pair_has_a_row_a_place_and_method() -> None:
    table = tried(concept("a", 2, 0), concept("b", 2, 1))
    assert list(table.columns) == [*COLUMNS, "n", "interval"]
    assert len(table) == 2 * 2 * 2 * 2
    assert not table.duplicated(COLUMNS[:6]).any()
    assert set(table["metric"]) == {"auroc"}
    assert set(table["n"]) == {48}
    assert set(table["interval"]) == {"bootstrap 95%"}
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()


def test_a_shared_direction_transfers() -> None:
    table = tried(concept("a", 2, 0), concept("b", 2, 1))
    for one, other in (("a", "b"), ("b", "a"), ("a", "a")):
        assert set(of(table, one, other)["method"]) == {"logistic", "difference_of_means"}
        assert of(table, one, other)["value"].min() > 0.9


def test_another_direction_does_not() -> None:
    table = tried(concept("a", 2, 0), concept("b", 5, 1))
    assert of(table, "b", "b")["value"].min() > 0.9
    apart = pd.concat([of(table, "a", "b"), of(table, "b", "a")])
    assert apart["value"].mean() == pytest.approx(0.5, abs=0.08)
    assert apart["value"].max() < 0.75


def test_an_inverted_label_is_read_the_wrong_way_round() -> None:
    table = tried(concept("a", 2, 0), concept("b", 2, 1, inverted=True))
    assert of(table, "a", "a")["value"].min() > 0.9
    assert of(table, "a", "b")["value"].max() < 0.1
    assert of(table, "b", "a")["high"].max() < 0.5


def test_families_do_not_meet() -> None:
    table = tried(concept("a", 2, 0), concept("b", 2, 1), concept("c", 2, 2, family="mood"))
    assert set(of(table, "c", "c")["layer"]) == {0, 1}
    assert set(table[table["concept"] == "c"]["other"]) == {"c"}
    assert set(table[table["other"] == "c"]["concept"]) == {"c"}


def test_a_family_of_one_holds_itself_alone() -> None:
    table = tried(concept("a", 2, 0))
    assert len(table) == 4
    assert (table["concept"] == table["other"]).all()


def test_a_pair_is_compared_where_both_were_read() -> None:
    table = tried(concept("a", 2, 0, places=(ONLY_FIRST, ONE)), concept("b", 2, 1))
    assert set(of(table, "a", "a")["site"]) == {"resid_pre", "resid_post"}
    for one, other in (("a", "b"), ("b", "a")):
        assert set(of(table, one, other)["site"]) == {"resid_post"}
        assert set(of(table, one, other)["layer"]) == {0}


def test_texts_that_a_probe_was_fitted_on_are_left_out() -> None:
    """Copies of training rows whose label is turned around would pull the value down."""
    first, second = concept("a", 2, 0), concept("b", 2, 1)
    clean = tried(first, second)
    test = np.flatnonzero(second.splits == "test")
    leaked, fitted_on = test[::3], np.flatnonzero(first.splits == "train")[: len(test[::3])]
    texts, labels = second.texts.copy(), second.labels.copy()
    texts[leaked] = first.texts[fitted_on]
    labels[leaked] = 1 - labels[leaked]
    table = tried(first, replace(second, texts=texts, labels=labels))
    found = of(table, "a", "b")
    assert set(found["n"]) == {len(test) - len(leaked)}
    kept = np.setdiff1d(test, leaked)
    X = second.read_layer(ONE)
    expected = auroc(second.labels[kept], first.probes[ONE].scores(X[kept]))
    logistic = found[(found["method"] == "logistic") & (found["layer"] == 0)]
    assert logistic["value"].item() == float(expected)
    # The second's own probe was fitted on none of them.
    assert set(of(table, "b", "b")["n"]) == {len(test)}
    assert of(table, "b", "b")["value"].max() < of(clean, "b", "b")["value"].min()


def test_where_no_text_is_left_the_value_is_missing() -> None:
    first = concept("a", 2, 0)
    table = tried(first, replace(concept("b", 2, 1), texts=np.resize(first.texts[:4], N)))
    found = of(table, "a", "b")
    assert set(found["n"]) == {0}
    assert found[["value", "low", "high"]].isna().all(axis=None)


def test_values_and_intervals_are_those_of_the_scores() -> None:
    """The draws are those of the probe table, so that the diagonal repeats it."""
    first, second = concept("a", 2, 0), concept("b", 5, 1)
    test = second.splits == "test"
    resamples = group_resamples(second.groups[test], 100, [7, zlib.crc32(b"test")])
    found = of(evaluate_transfer([first, second], 100, 7), "a", "b")
    for place in (ONE, TWO):
        labels = second.labels[test]
        scores = first.probes[place].scores(second.read_layer(place)[test])
        ends = resamples.interval(partial(auroc, labels, scores))
        row = found[(found["method"] == "logistic") & (found["layer"] == place.layer)]
        expected = [float(auroc(labels, scores)), ends.low, ends.high]
        assert row[["value", "low", "high"]].to_numpy().tolist() == [expected]


def test_the_direction_is_that_of_the_training_rows() -> None:
    first, second = concept("a", 2, 0), concept("b", 2, 1)
    X = first.read_layer(TWO).astype(np.float64)
    train, test = first.splits == "train", second.splits == "test"
    means = [X[train & (first.labels == label)].mean(axis=0) for label in (0, 1)]
    scores = second.read_layer(TWO)[test].astype(np.float64) @ (means[1] - means[0])
    found = of(tried(first, second), "a", "b")
    row = found[(found["method"] == "difference_of_means") & (found["layer"] == 1)]
    assert row["value"].item() == float(auroc(second.labels[test], scores))


def test_rows_that_are_all_the_same_are_chance() -> None:
    """An embedding where every text ends in one token: no rounding is taken for a direction."""
    constant = np.tile(np.array([0.1, -7.3, 1e3], dtype=np.float32), (N, 1))
    alike = replace(concept("a", 2, 0), read_layer=lambda place: constant, probes={})
    table = tried(alike)
    assert set(table["method"]) == {"difference_of_means"}
    assert table[["value", "low", "high"]].to_numpy().tolist() == [[0.5, 0.5, 0.5]] * 2


def test_no_concepts_leave_a_table_with_types() -> None:
    table = evaluate_transfer([], 100, 0)
    assert len(table) == 0
    assert table["value"].dtype == np.float64
    assert table["layer"].dtype == table["n"].dtype == np.int64


def test_the_same_seed_gives_the_same_bytes_and_another_other_intervals() -> None:
    concepts = [concept("a", 2, 0), concept("b", 5, 1)]
    first, again, other = (evaluate_transfer(concepts, 100, seed) for seed in (4, 4, 5))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert first["value"].tolist() == other["value"].tolist()
    assert first["low"].tolist() != other["low"].tolist()


def broken_value(X: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.arange(D) == 3, np.float32("nan"), X)


def broken_rows(X: NDArray[np.float32]) -> NDArray[np.float32]:
    return X[:-1]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (broken_value, r"a: activations of resid_post, layer 0: row 0: activation is NaN"),
        (broken_rows, r"a: activations of resid_post, layer 0: shape \(239, 10\) where 240 rows"),
    ],
)
def test_bad_input_is_told_in_one_line(
    fault: Callable[[NDArray[np.float32]], NDArray[np.float32]], message: str
) -> None:
    first = concept("a", 2, 0)
    bad = replace(first, read_layer=lambda place: fault(first.read_layer(place)))
    with pytest.raises(ProbesteerError, match=message) as raised:
        tried(bad)
    assert "\n" not in str(raised.value)
