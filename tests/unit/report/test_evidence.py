import math

import numpy as np
import pandas as pd
import pytest

from probesteer.figures.chosen_places import chosen_place
from probesteer.report.evidence import NO_EVIDENCE, Evidence, Spread, Trial
from probesteer.report.finding import VERDICTS, Finding
from probesteer.report.findings import findings_of
from tests.unit.figures.synthetic_transfer import BASES
from tests.unit.report.example_finding import finding

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def found(tables: Tables) -> dict[str, Finding]:
    return {finding.concept: finding for finding in findings_of(tables)}


def at_best(tables: Tables, name: str, found: Finding) -> pd.DataFrame:
    assert found.best_place is not None
    return tables[name].query(
        f"concept == '{found.concept}' and site == '{found.best_place.site}' "
        f"and layer == {found.best_place.layer}"
    )


def test_evidence_is_the_test_rows_of_the_chosen_place(
    tables: Tables, found: dict[str, Finding]
) -> None:
    own = found["past_tense"]
    rows = at_best(tables, "probes", own).query("split != 'validation'").set_index("draw").loc[-1]
    accuracies = rows.query("metric == 'accuracy'").set_index("method")
    logistic = rows.query("method == 'logistic'").set_index("metric")
    evidence = own.evidence
    selectivity = logistic.loc["selectivity", ["value", "low", "high"]]
    assert evidence.selectivity == tuple(selectivity)
    assert evidence.compression == logistic.loc["compression", "value"]
    assert evidence.calibration_error[0] == logistic.loc["calibration_error", "value"]
    for spread, method in ((evidence.control, "control_task"), (evidence.resplits, "resplit")):
        drawn = accuracies[["value", "high", "n"]].astype(float).loc[method].to_numpy()
        assert spread == Spread(drawn[0], drawn[1] - drawn[0], int(drawn[2]))
    gains = rows.query("metric == 'gain_over_linear'").set_index("method")
    for gain, method in zip(evidence.gains, ("mlp", "nearest_neighbours"), strict=True):
        assert gain.numbers == tuple(gains.loc[method, ["value", "low", "high"]])
    assert [gain.name for gain in evidence.gains] == ["MLP", "nearest neighbours"]
    significance = at_best(tables, "significance", own)
    assert evidence.adjusted == significance["adjusted"].item()


def test_the_untrained_model_is_taken_at_its_own_best_place(
    tables: Tables, found: dict[str, Finding]
) -> None:
    probes = tables["probes"]
    for concept, own in found.items():
        rows = probes.query(f"concept == '{concept}' and method == 'untrained'")
        place = chosen_place(rows, "untrained")
        assert place is not None and own.evidence.untrained_place == place
        best = rows.query(
            f"split == 'test' and site == '{place.site}' and layer == {place.layer}"
        ).iloc[0]
        assert own.evidence.untrained == tuple(best[["value", "low", "high"]])


def test_rows_of_the_test_split_never_choose_the_place_of_the_untrained_model(
    tables: Tables, found: dict[str, Finding]
) -> None:
    probes = tables["probes"].copy()
    probes.loc[probes["split"] != "validation", "value"] = np.random.default_rng(0).random()
    again = {finding.concept: finding for finding in findings_of({**tables, "probes": probes})}
    for concept, own in found.items():
        assert again[concept].evidence.untrained_place == own.evidence.untrained_place


def test_transfer_is_to_the_other_concepts_of_the_family(
    tables: Tables, found: dict[str, Finding]
) -> None:
    own = found["sentiment"]
    rows = at_best(tables, "transfer", own).query("method == 'logistic' and other != 'sentiment'")
    assert [trial.name for trial in own.evidence.transfers] == rows["other"].tolist()
    values = [trial.numbers[0] for trial in own.evidence.transfers]
    assert values == rows["value"].tolist() and len(values) == 5
    assert [trial.name for trial in own.transfers_to] == ["grammatical_number"]
    assert found["coin_flip"].evidence.transfers == ()  # it has no family


def test_the_smallest_sparse_probe_is_at_the_layer_chosen_on_validation(
    tables: Tables, found: dict[str, Finding]
) -> None:
    few = found["question"].evidence.neurons
    assert few is not None and few.size == 1 and few.random_basis.count == BASES
    rows = tables["sparse"].query(
        f"concept == 'question' and layer == {few.place.layer} and split == 'test' "
        "and metric == 'accuracy' and draw == -1"
    )
    assert few.accuracy[0] == rows.query("method == 'neurons' and size == 1")["value"].item()
    assert few.dense == rows.query("method == 'dense'")["value"].item()


def test_without_further_tables_there_is_no_evidence(tables: Tables) -> None:
    methods = ["logistic", "shuffled_labels", "bag_of_tokens"]
    old = tables["probes"][tables["probes"]["method"].isin(methods)]
    old = old[old["metric"].isin(["accuracy", "auroc"])]
    empty = {name: tables[name].iloc[:0] for name in ("significance", "transfer", "sparse")}
    for others in ({}, empty):
        for own in findings_of({"probes": old, **others}):
            assert repr(own.evidence) == repr(NO_EVIDENCE)  # NaN is unequal to itself
            assert own.beyond_untrained is None and own.selective is None


def test_real_numbers_are_read_by_r_squared(tables: Tables) -> None:
    probes = tables["probes"].copy()
    probes["metric"] = probes["metric"].replace("accuracy", "r2")
    known = {finding.concept: finding for finding in findings_of({**tables, "probes": probes})}
    for own in findings_of(tables):
        same = known[own.concept]
        assert (own.metric, same.metric) == ("accuracy", "r2")
        assert (same.accuracy, same.best_place) == (own.accuracy, own.best_place)
        assert same.evidence.control == own.evidence.control


@pytest.mark.parametrize(("p_value", "expected"), [(1 / 9, 8), (2 / 9, 0), (math.nan, 0)])
def test_shuffled_draws_that_none_reaches_are_counted(
    tables: Tables, p_value: float, expected: int
) -> None:
    probes = tables["probes"].copy()
    probes.loc[probes["metric"] == "p_value", "value"] = p_value
    judged = findings_of({**tables, "probes": probes})
    assert {own.evidence.unreached_by for own in judged} == {expected}


@pytest.mark.parametrize(
    ("adjusted", "expected"), [(0.049, True), (0.05, False), (1.0, False), (math.nan, True)]
)
def test_a_corrected_p_value_must_be_below_a_twentieth(adjusted: float, expected: bool) -> None:
    judged = finding(evidence=Evidence(adjusted=adjusted))
    assert judged.reads is judged.above_null is expected
    words = finding(evidence=Evidence(adjusted=adjusted), baseline_high=0.91)
    assert words.reads_words is expected and not words.reads


@pytest.mark.parametrize(
    ("untrained", "beyond", "reaches"),
    [
        ((0.6, 0.5, 0.89), True, False),
        ((0.85, 0.8, 0.9), False, True),  # the probe's interval starts at 0.9
        ((0.6, math.nan, math.nan), False, False),
        ((math.nan, math.nan, math.nan), None, False),
    ],
)
def test_beyond_the_untrained_model_is_a_statement_of_its_own(
    untrained: tuple[float, float, float], beyond: bool | None, reaches: bool
) -> None:
    judged = finding(evidence=Evidence(untrained=untrained))
    assert judged.beyond_untrained is beyond
    assert judged.untrained_reaches is reaches
    assert judged.verdict == "reads, steers"


def test_comparisons_count_from_their_intervals() -> None:
    trials = tuple(
        Trial(name, (0.0, low, high))
        for name, low, high in (("a", 0.51, 0.9), ("b", 0.5, 0.9), ("c", 0.1, 0.49), ("d", 0, 0.5))
    )
    judged = finding(evidence=Evidence(transfers=trials, gains=trials))
    assert [trial.name for trial in judged.transfers_to] == ["a"]
    assert [trial.name for trial in judged.reversed_on] == ["c"]
    assert [trial.name for trial in judged.more_than_linear] == ["a", "b", "c"]
    for low, expected in ((0.01, True), (0.0, False), (math.nan, False)):
        chosen = finding(evidence=Evidence(selectivity=(0.1, low, 0.2)))
        assert chosen.selective is expected


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "reads, steers"),
        ({"slope_low": -0.1}, "reads only"),
        ({"baseline_high": 0.91}, "reads words, steers"),
        ({"baseline_high": 0.91, "slope_low": -0.1}, "reads words only"),
        ({"accuracy_low": 0.5}, "steers only"),
        ({"accuracy_low": 0.5, "slope_low": -0.1}, "not shown"),
    ],
)
def test_every_verdict_has_a_badge(changes: dict[str, float], verdict: str) -> None:
    assert finding(**changes).verdict == verdict
    assert verdict in VERDICTS
