"""Control tasks of several classes: one class a type, in the balance of the true ones."""

import numpy as np

from probesteer.probes.controls.classes_by_lot import class_control_labels

GENERATOR = np.random.default_rng(0)
TYPES = GENERATOR.integers(0, 30, 400)
SPLITS = np.repeat(["train", "validation", "test"], [240, 80, 80])
TARGETS = GENERATOR.choice(3, size=400, p=[0.6, 0.3, 0.1])


def test_a_type_has_one_class_in_every_split() -> None:
    draws = class_control_labels(TYPES, TARGETS, SPLITS, 20, 0)
    assert draws.shape == (20, 400)
    assert len({draw.tobytes() for draw in draws}) == 20
    for draw in draws:
        assert all(len(set(draw[kind == TYPES])) == 1 for kind in range(30))
        assert set(draw[SPLITS == "train"]) == {0, 1, 2}
    again = class_control_labels(TYPES, TARGETS, SPLITS, 20, 0)
    assert again.tobytes() == draws.tobytes()
    assert class_control_labels(TYPES, TARGETS, SPLITS, 20, 1).tobytes() != draws.tobytes()


def test_classes_are_as_frequent_as_the_true_ones_to_within_a_type() -> None:
    train = SPLITS == "train"
    largest = np.bincount(TYPES[train]).max()
    for draw in class_control_labels(TYPES, TARGETS, SPLITS, 50, 0):
        difference = np.bincount(draw[train]) - np.bincount(TARGETS[train])
        assert np.abs(difference).max() <= largest


def test_every_type_gets_every_class_at_times() -> None:
    draws = class_control_labels(TYPES, TARGETS, SPLITS, 300, 0)
    share = np.array([(draws == label).mean(axis=0) for label in range(3)])
    wanted = np.bincount(TARGETS[SPLITS == "train"]) / 240
    np.testing.assert_allclose(share, wanted[:, None] * np.ones(400), atol=0.15)


def test_groups_that_are_in_one_split_each_are_dealt_out_by_split() -> None:
    types = np.concatenate([np.arange(240) // 20, 100 + np.arange(160) // 40])
    for draw in class_control_labels(types, TARGETS, SPLITS, 20, 0):
        assert set(draw[SPLITS == "train"]) == {0, 1, 2}
        assert set(draw) == {0, 1, 2}  # two types of a split have two classes at most


def test_fewer_types_than_classes_make_no_task() -> None:
    assert class_control_labels(TYPES % 2, TARGETS, SPLITS, 5, 0).shape == (0, 400)
