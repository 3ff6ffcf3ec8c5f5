"""Labels of three classes and of real numbers go the road of binary ones."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from probesteer.places import Place
from probesteer.probes.controls.significance import significance_table
from probesteer.probes.evaluation import ProbeResults, evaluate_bag_of_tokens, evaluate_probes
from probesteer.probes.labelled_rows import LabelledRows
from probesteer.probes.metrics.classes import CLASS_METRICS
from probesteer.probes.metrics.real_values import REAL_METRICS
from probesteer.probes.tasks import task_of
from probesteer.settings.schema import ProbeSettings

EMPTY, PLANTED = Place("resid_pre", 0), Place("resid_post", 0)
SETTINGS = ProbeSettings(
    C=[0.01, 0.1, 1.0], folds=4, shuffled_draws=20, bootstrap_draws=100, estimators=["lda", "mlp"]
)
GROUP = np.arange(300) // 4
NAMES = np.array(["train", "train", "train", "validation", "test"])
GENERATOR = np.random.default_rng(0)
NOISE = GENERATOR.standard_normal((2, 300, 12))
OTHER = tuple(NAMES[GENERATOR.permutation(75) % 5][GROUP] for _ in range(2))
CLASSES = GENERATOR.integers(0, 3, 300)
NUMBERS = 5 + 3 * GENERATOR.standard_normal(300)


def rows_of(targets: NDArray[Any], sides: NDArray[np.bool_]) -> LabelledRows:
    names = np.array([f"g{number}" for number in GROUP])
    more = {"of_task": targets, "other_splits": OTHER}
    return LabelledRows(
        sides.astype(np.int64),
        names,
        NAMES[GROUP % 5],
        np.arange(300),
        **more,  # type: ignore[arg-type]
    )


ROWS = {
    "classes": replace(
        rows_of(CLASSES, CLASSES == 2), control_labels=GENERATOR.integers(0, 3, (3, 300))
    ),
    "real": rows_of(NUMBERS, np.median(NUMBERS) < NUMBERS),
}
PLANTS = {
    "classes": NOISE[1] + 2.5 * np.eye(12)[CLASSES],
    "real": NOISE[1] + np.outer(NUMBERS, np.eye(12)[3]),
}


def evaluated(kind: str) -> ProbeResults:
    activations = {EMPTY: NOISE[0], PLANTED: PLANTS[kind]}
    task = task_of(kind, ROWS[kind].targets)
    places = [EMPTY, PLANTED]
    untrained = {EMPTY: NOISE[0], PLANTED: NOISE[0]}
    return evaluate_probes(
        activations.__getitem__, places, ROWS[kind], SETTINGS, 0, untrained.__getitem__, task
    )


@pytest.fixture(scope="module")
def results() -> dict[str, ProbeResults]:
    return {kind: evaluated(kind) for kind in ROWS}


def pick(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    kept = table
    for column, value in values.items():
        kept = kept[kept[column] == value]
    return kept


def value(table: pd.DataFrame, place: Place, **values: object) -> float:
    found = pick(table, site=place.site, split="test", draw=-1, **values)["value"]
    return float(found.item())


@pytest.mark.parametrize(("kind", "method"), [("classes", "logistic"), ("real", "ridge")])
def test_the_table_has_what_the_kind_allows(
    results: dict[str, ProbeResults], kind: str, method: str
) -> None:
    found = results[kind]
    methods = {method, "shuffled_labels", "untrained", "resplit"}
    metrics = {*(CLASS_METRICS if kind == "classes" else REAL_METRICS), "p_value"}
    if kind == "classes":
        methods.add("control_task")
        metrics.add("selectivity")
    assert set(found.table["method"]) == methods
    assert set(pick(found.table, method=method, split="test")["metric"]) == metrics
    drawn = set(pick(found.table, method="shuffled_labels")["metric"])
    assert drawn == metrics - {"p_value", "selectivity", "log_loss"}
    on_train = set(pick(found.table, method=method, split="train")["metric"])
    assert on_train - {"C"} == (
        {"codelength", "uniform_codelength", "compression"} if kind == "classes" else set()
    )
    key = ["site", "layer", "method", "draw", "split", "metric"]
    assert not found.table.duplicated(key).any()
    columns = ["site", "layer", "split", "bin", "predicted", "observed", "low", "high", "n"]
    assert list(found.calibration) == columns
    assert found.calibration.empty


@pytest.mark.parametrize(
    ("kind", "method", "metric", "chance"),
    [("classes", "logistic", "accuracy", 1 / 3), ("real", "ridge", "r2", 0.0)],
)
def test_a_planted_concept_is_found_and_noise_is_not(
    results: dict[str, ProbeResults], kind: str, method: str, metric: str, chance: float
) -> None:
    table = results[kind].table
    for of in (method, "resplit"):
        assert value(table, PLANTED, method=of, metric=metric) > 0.7
        assert value(table, EMPTY, method=of, metric=metric) < chance + 0.2
    for of in ("shuffled_labels", "untrained"):
        assert value(table, PLANTED, method=of, metric=metric) < chance + 0.15
    assert value(table, PLANTED, method=method, metric="p_value") == pytest.approx(1 / 21)
    assert value(table, EMPTY, method=method, metric="p_value") > 0.05
    assert set(significance_table(table.assign(concept="c"))["metric"]) == {metric}


def test_selectivity_of_classes_is_the_accuracy_above_the_control_tasks(
    results: dict[str, ProbeResults],
) -> None:
    table = results["classes"].table
    own, control = (
        value(table, PLANTED, method=method, metric="accuracy")
        for method in ("logistic", "control_task")
    )
    selectivity = value(table, PLANTED, method="logistic", metric="selectivity")
    assert selectivity == pytest.approx(own - control)
    assert selectivity > 0.4


@pytest.mark.parametrize("kind", ["classes", "real"])
def test_the_probes_that_are_kept_tell_the_two_sides_apart(
    results: dict[str, ProbeResults], kind: str
) -> None:
    rows = ROWS[kind]
    probe = results[kind].probes[PLANTED]
    test = rows.splits == "test"
    right = (probe.scores(PLANTS[kind][test]) > 0) == (rows.labels[test] == 1)
    assert right.mean() > 0.8
    if kind == "real":  # whose folds are dealt out by the sides, too
        settings = replace(SETTINGS, estimators=[])
        alone = replace(rows, of_task=None)
        binary = evaluate_probes(lambda _: PLANTS[kind], [PLANTED], alone, settings, 0)
        np.testing.assert_array_equal(binary.probes[PLANTED].coefficient, probe.coefficient)
        assert binary.probes[PLANTED].C == probe.C


def test_other_probes_are_left_out_and_that_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="probesteer.probes.evaluation")
    evaluated("real")
    # Other loggers may have been set to tell more by a test before.
    said = [each.message for each in caplog.records if each.name == "probesteer.probes.evaluation"]
    assert said == ["probe.estimators are left out: the labels are not 0 and 1"]


def test_a_bag_of_tokens_reads_classes_and_numbers() -> None:
    lengths = np.full(300, 4)
    for kind, method in (("classes", "accuracy"), ("real", "r2")):
        targets = ROWS[kind].targets
        ranks = CLASSES if kind == "classes" else (np.argsort(np.argsort(targets)) // 30)
        texts = np.random.default_rng(2).integers(20, 60, (300, 4))
        texts[:, 1] = ranks
        task = task_of(kind, targets)
        table = evaluate_bag_of_tokens(texts.ravel(), lengths, ROWS[kind], SETTINGS, 0, task)
        found = pick(table, split="test", metric=method)
        assert set(found["method"]) == {"bag_of_tokens"}
        assert found["value"].item() > 0.7
