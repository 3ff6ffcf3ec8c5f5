"""Two concepts over the same rows: against loops, and where what they do is planted."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.figures.rows import matching
from probesteer.geometry.superposition import additivity, composition_rows
from probesteer.geometry.superposition.combinations import (
    COMBINATIONS,
    Crossed,
    combination_sums,
    joined,
)
from probesteer.geometry.superposition.composition import compose
from probesteer.geometry.superposition.composition_calibrations import calibrate_composition
from probesteer.geometry.superposition.composition_rows import COLUMNS, Sampling, combination_rows
from probesteer.geometry.superposition.other_combinations import read_across
from probesteer.geometry.superposition.read_across_rows import read_across_rows
from probesteer.geometry.superposition.shared_texts import FEWEST, shared_texts
from probesteer.probes.estimators.interface import UnfittableError

A, B, JOINT = 3 * np.eye(6)[:3]
NAMES = ("number", "tense")
ONE = np.ones((1, 12))


def planted(mean: Callable[[int, int], NDArray[np.float64]], noise: float = 0.1) -> Crossed:
    """Twelve groups of eight rows, two of each combination."""
    labels = np.tile(COMBINATIONS, (24, 1))
    X = np.stack([mean(a, b) for a, b in labels])
    X += noise * np.random.default_rng(0).standard_normal(X.shape)
    return Crossed(X, labels, np.repeat(np.arange(12), 8))


SUMS = planted(lambda a, b: a * A + b * B)
MORE = planted(lambda a, b: a * A + b * B + a * b * JOINT)


def test_what_was_planted_is_found() -> None:
    assert all(each.holds for seed in range(3) for each in calibrate_composition(seed))


@pytest.mark.parametrize("between", [False, True])
def test_products_of_means_are_those_of_a_loop(between: bool) -> None:
    rows, weights = MORE, np.array([[2.0, 0, 1, 3, *[1] * 8]])
    found = combination_sums(rows).products(weights, between_groups=between)[0]
    for (one, first), (two, second) in product(enumerate(COMBINATIONS), repeat=2):
        total = count = 0.0
        for i, j in product(range(len(rows.X)), repeat=2):
            same = rows.groups[i] == rows.groups[j]
            if tuple(rows.labels[i]) != first or tuple(rows.labels[j]) != second:
                continue
            if between and same:
                # As often as two different draws of the group meet: those of one are left out.
                weight = 0.0
            else:
                weight = weights[0, rows.groups[i]] * weights[0, rows.groups[j]]
            total, count = total + weight * (rows.X[i] @ rows.X[j]), count + weight
        assert found[one, two] == pytest.approx(total / count)


def test_a_combination_is_foreseen_alike_from_rows_and_from_sums() -> None:
    sums = combination_sums(MORE)
    for number, unseen in enumerate(COMBINATIONS):
        expected = compose(MORE.X, MORE.labels, unseen)
        assert additivity.predicted_cosine(sums, ONE, number)[0] == pytest.approx(expected.cosine)
        assert additivity.predicted_error(sums, ONE, number)[0] == pytest.approx(expected.error)


def test_the_share_is_of_each_concept_s_own_offset() -> None:
    # The offset of the second is ten times as long; the first turns from A to JOINT.
    rows = planted(lambda a, b: a * (JOINT if b else A) + 10 * b * B, noise=0)
    sums = combination_sums(rows)
    assert additivity.joint_share(sums, ONE, 0)[0] == pytest.approx(1 / 2)
    assert additivity.joint_share(sums, ONE, 1)[0] == pytest.approx(0.5 / (100.5 + 0.5))
    assert additivity.offset_cosine(sums, ONE, 0)[0] == pytest.approx(0)
    assert additivity.effect(sums, ONE, 0)[0] == pytest.approx(9)
    # The second leads from nothing to 10 B, and from A to JOINT + 10 B.
    lengths = [additivity.offset_length(sums, ONE, 1, label)[0] for label in (0, 1)]
    assert lengths == pytest.approx([30, np.sqrt(918)])


def test_rows_that_are_all_the_same_say_nothing() -> None:
    rows = planted(lambda a, b: A + B, noise=0)
    sums = combination_sums(rows)
    for statistic in (additivity.joint_share, additivity.offset_cosine):
        assert np.isnan(statistic(sums, ONE, 0)).all()
    assert additivity.effect(sums, ONE, 0).tolist() == [0]
    # Neither is the predicted mean the nearest of four equal ones.
    assert compose(rows.X, rows.labels, (1, 1)).nearest == 0


def test_labels_by_lot_are_dealt_within_the_other_concept() -> None:
    dealt = SUMS.with_labels_by_lot(0, np.random.default_rng(1))
    assert (dealt.labels[:, 1] == SUMS.labels[:, 1]).all()
    assert np.bincount(dealt.combination).tolist() == np.bincount(SUMS.combination).tolist()
    assert 0.3 < (dealt.labels[:, 0] == SUMS.labels[:, 0]).mean() < 0.7


def test_groups_that_are_linked_are_one() -> None:
    one = np.array(["a", "a", "b", "c", "d"])
    other = np.array(["x", "y", "y", "z", "z"])
    assert joined(one, other).tolist() == [0, 0, 0, 1, 1]
    assert joined(one, one).tolist() == [0, 0, 1, 2, 3]


def test_directions_are_learned_at_one_label_and_on_other_groups() -> None:
    # Each group has a direction of its own, of which the others tell nothing.
    own = np.eye(12)[SUMS.groups] * (2 * SUMS.labels[:, :1] - 1)
    private = read_across(Crossed(own, SUMS.labels, SUMS.groups), 0, seed=0)
    np.testing.assert_allclose([private.seen, private.unseen], 0, atol=1e-6)
    turned = planted(lambda a, b: (a if b else 1 - a) * A + b * B)
    across = read_across(turned, 0, seed=0)
    labels = turned.labels[:, 0] == 1
    assert ((across.seen > 0) == labels).all()
    assert ((across.unseen > 0) != labels).all()


@pytest.fixture(autouse=True)
def fewer_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition_rows, "LOT_DRAWS", 5)


def table(rows: Crossed) -> pd.DataFrame:
    sampling = Sampling(200, 0)
    made = combination_rows(rows, NAMES, sampling) + read_across_rows(rows, NAMES, sampling)
    return pd.DataFrame(made, columns=COLUMNS)


def test_rows_of_concepts_that_add_up_and_of_others() -> None:
    sums, more = table(SUMS), table(MORE)
    own = matching(sums, concept="number", unseen="")
    share = matching(own, metric="joint_share")
    assert share["low"].item() < share["value"].item() < share["high"].item() < 0.05
    assert matching(own, method="predicted", metric="nearest")["value"].item() == 1
    assert matching(own, method="by_lot", metric="nearest")["high"].item() < 0.9
    # By chance along the planted offset, either way round.
    by_lot = matching(own, method="by_lot", metric="offset_cosine")
    assert by_lot["low"].item() < 0 < by_lot["high"].item()
    same = matching(own, method="combinations", metric="offset_cosine")
    assert by_lot["high"].item() < same["low"].item()
    assert matching(own, method="unseen", metric="balanced_accuracy")["value"].item() == 1
    assert matching(own, method="by_lot", metric="auroc")["high"].item() < 0.8
    whole = matching(more, method="predicted", metric="error")
    assert whole["unseen"].tolist() == ["0,0", "0,1", "1,0", "1,1", ""]
    assert whole["value"].iloc[-1] == pytest.approx(whole["value"].iloc[:-1].mean())
    assert whole["n"].tolist() == [24, 24, 24, 24, 96]
    lengths = matching(more, concept="tense", metric="offset_length")
    assert lengths["unseen"].tolist() == ["0", "1"]
    assert lengths["value"].to_numpy() == pytest.approx([3, np.sqrt(18)], rel=0.05)
    # Both concepts are measured, each within the other.
    for frame in (sums, more):
        for metric in ("joint_share", "offset_cosine", "balanced_accuracy", "auroc"):
            pairs = matching(frame, metric=metric)[["concept", "other"]]
            assert {tuple(pair) for pair in pairs.to_numpy()} == {NAMES, NAMES[::-1]}
    pd.testing.assert_frame_equal(more, table(MORE))


def test_the_difference_is_of_the_same_rows() -> None:
    found = table(planted(lambda a, b: (a if b else -a) * A + b * B, noise=1.0))
    for side in ("0", "1", ""):
        here = matching(found, concept="number", unseen=side, metric="balanced_accuracy")
        by_method = here.set_index("method")["value"]
        less = by_method["unseen"] - by_method["seen"]
        assert by_method["unseen_less_seen"] == pytest.approx(less)
        assert less < -0.4


def test_one_group_can_t_be_held_out() -> None:
    alone = Crossed(SUMS.X, SUMS.labels, np.zeros_like(SUMS.groups))
    with pytest.raises(UnfittableError):
        read_across_rows(alone, NAMES, Sampling(100, 0))


def read(texts: str, labels: str, groups: str, tokens: str | None = None) -> pd.DataFrame:
    """Rows of one letter each."""
    return pd.DataFrame(
        {
            "text": list(texts),
            "tokens": list(tokens or texts),
            "token": 3,
            "label": list(map(int, labels)),
            "group": list(groups),
        }
    )


EACH = "".join(chr(ord("a") + number) for number in range(4 * FEWEST))
FIRST = read(EACH, "0011" * FEWEST, "g" * 4 * FEWEST)
SECOND = read(EACH[::-1], "1010" * FEWEST, EACH)


def test_texts_are_joined_whatever_their_order() -> None:
    repeated = pd.concat([FIRST, FIRST.iloc[:3]])
    (found,) = shared_texts(None, [("one", repeated), ("other", SECOND)])
    assert (found.concept, found.other) == ("one", "other")
    assert found.rows.tolist() == list(range(4 * FEWEST))
    assert found.labels[:4].tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    # All of one group for the first concept, so that they are one for both.
    assert set(found.groups) == {0}
    assert found.fewest == FEWEST


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (
            SECOND.assign(tokens=SECOND["text"] + "!"),
            "share no text that is read at the same token",
        ),
        (SECOND.assign(token=2), "share no text that is read at the same token"),
        (SECOND.iloc[1:], "share 4 texts of the rarest combination of labels, which takes 5"),
        (SECOND.assign(label=1), "share 0 texts of the rarest combination"),
    ],
)
def test_too_few_shared_texts_are_told_of_a_pair_that_is_named(
    other: pd.DataFrame, told: str
) -> None:
    rows = [("one", FIRST), ("other", other)]
    assert shared_texts(None, rows) == []
    with pytest.raises(ProbesteerError, match=f"^config: geometry.compositions: one and .*{told}"):
        shared_texts([["one", "other"]], rows)
    assert shared_texts([], rows) == []
