"""Every control and every other probe beside the logistic one: what is planted passes them."""

from dataclasses import replace

import numpy as np
import pytest

from probesteer.probes.evaluation import evaluate_probes
from tests.unit.probes.planted_data import EMPTY, PLANTED, Data, pick, planted_data, quick


@pytest.fixture
def data() -> Data:
    return planted_data()


def test_the_null_is_centred_on_chance_and_summarised(data: Data) -> None:
    table = data.evaluate(quick(shuffled_draws=60)).table
    null = pick(table, method="shuffled_labels", metric="auroc", split="test")
    for site in ("resid_pre", "resid_post"):
        of_site = pick(null, site=site)
        draws, summary = of_site[of_site["draw"] >= 0], pick(of_site, draw=-1)
        assert draws["value"].mean() == pytest.approx(0.5, abs=0.05)
        assert draws["value"].std() > 0.03
        assert set(draws["interval"]) == {"none"}
        assert summary["value"].item() == pytest.approx(draws["value"].mean())
        spread = draws["value"].std(ddof=1)
        assert summary["low"].item() == pytest.approx(draws["value"].mean() - spread)
        assert summary["high"].item() == pytest.approx(draws["value"].mean() + spread)
        assert summary["interval"].item() == "standard deviation"
        assert summary["n"].item() == 60


def test_no_shuffled_draws_leave_no_null(data: Data) -> None:
    table = data.evaluate(quick(shuffled_draws=0)).table
    assert set(table["method"]) == {"logistic"}
    assert "p_value" not in set(table["metric"])


def test_every_control_and_probe_is_measured(data: Data) -> None:
    """The planted place passes what the empty one fails."""
    generator = np.random.default_rng(5)
    names = np.array(["train", "train", "train", "validation", "test"], dtype=object)
    group = np.arange(200) // 4
    rows = replace(
        data.rows,
        control_labels=generator.integers(0, 2, (3, 200)),
        other_splits=tuple(names[generator.permutation(50) % 5][group] for _ in range(2)),
    )
    settings = replace(quick(shuffled_draws=20), estimators=["lda", "nearest_neighbours"])
    results = evaluate_probes(
        data.activations.__getitem__,
        list(data.activations),
        rows,
        settings,
        0,
        lambda place: data.activations[EMPTY],
    )
    test = pick(results.table, split="test")
    assert set(test["method"]) == {
        *("logistic", "shuffled_labels", "control_task", "resplit"),
        *("lda", "nearest_neighbours", "untrained"),
    }
    planted, empty = (pick(test, site=place.site) for place in (PLANTED, EMPTY))
    p_value = {"metric": "p_value"}
    assert pick(planted, **p_value)["value"].item() == pytest.approx(1 / 21)
    assert pick(empty, **p_value)["value"].item() > 0.05
    for method, draw in (("logistic", -1), ("resplit", -1), ("lda", -1), ("resplit", 1)):
        values = pick(planted, method=method, draw=draw, metric="accuracy")["value"]
        assert values.item() > 0.75
    for method in ("control_task", "untrained", "shuffled_labels"):
        values = pick(planted, method=method, draw=-1, metric="accuracy")["value"]
        assert values.item() < 0.65
    own, control = (
        pick(planted, method=method, metric="accuracy", draw=-1)["value"].item()
        for method in ("logistic", "control_task")
    )
    assert pick(planted, metric="selectivity")["value"].item() == pytest.approx(own - control)
    gain = pick(planted, method="nearest_neighbours", metric="gain_over_linear")
    assert gain["low"].item() <= gain["value"].item() <= gain["high"].item()
    train = pick(results.table, split="train", metric="compression")
    assert pick(train, site=PLANTED.site)["value"].item() > 1.3
    assert pick(train, site=EMPTY.site)["value"].item() < 1.05
    curve = pick(results.calibration, split="test", site=PLANTED.site)
    assert curve["n"].sum() == 40
    assert curve["observed"].iloc[-1] > curve["observed"].iloc[0]


def test_labels_that_go_with_groups_are_shuffled_with_them(data: Data) -> None:
    """Where groups are alike and have one label, the null of the whole groups is the wider."""
    generator = np.random.default_rng(3)
    group = np.arange(200) // 4
    shared = generator.standard_normal((50, 12))[group]
    data.activations = {EMPTY: shared + 0.3 * data.activations[EMPTY]}
    data.labels = group // 5 % 2

    def spread() -> float:
        table = data.evaluate(quick([0.1], shuffled_draws=60)).table
        null = pick(table, method="shuffled_labels", split="test", metric="auroc")
        return float(null.loc[null["draw"] >= 0, "value"].std())

    whole = spread()
    data.labels[::40] = 1 - data.labels[::40]  # a few groups have both labels now
    assert spread() > 0.8 * whole
    data.groups = np.array([f"r{row}" for row in range(200)], dtype=object)
    assert spread() < whole / 1.5
