import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from probesteer.errors import ProbesteerError
from probesteer.places import Place
from probesteer.report.finding import Finding, above_controls
from probesteer.report.findings import findings_of
from tests.unit.figures.synthetic_tables import synthetic_tables
from tests.unit.figures.synthetic_truth import Truth
from tests.unit.report.example_finding import finding

Tables = dict[str, pd.DataFrame]
LAYERS = 6


def by_concept(tables: Tables) -> dict[str, Finding]:
    return {finding.concept: finding for finding in findings_of(tables)}


def test_verdicts_are_the_truth_that_the_tables_were_made_from(tables: Tables) -> None:
    verdicts = {name: found.verdict for name, found in by_concept(tables).items()}
    assert verdicts == {
        "sentiment": "reads, steers",
        "grammatical_number": "reads, steers",
        "past_tense": "reads, steers",
        "truth_of_statement": "reads, steers",
        "language": "reads words, steers",  # the words alone tell it
        "question": "reads only",
        "coin_flip": "not shown",
    }


def test_the_first_place_that_reads_is_the_onset_and_the_steepest_is_at_its_depth() -> None:
    made = Truth("late", onset=0.5, accuracy=0.97, baseline=0.6, slope=2.0)
    found = by_concept(synthetic_tables([made], layers=10))["late"]
    assert found.read_from in (Place("resid_post", 4), Place("resid_post", 5))
    assert found.steer_place == Place("resid_post", 5)  # depth 0.6 of 10 layers


def test_numbers_are_the_rows_of_the_test_split(tables: Tables) -> None:
    found = by_concept(tables)["past_tense"]
    assert found.best_place is not None and found.steer_place is not None
    probe = tables["probes"].query(
        "concept == 'past_tense' and split == 'test' and metric == 'accuracy' and draw == -1"
    )
    here = probe.query(f"site == 'resid_post' and layer == {found.best_place.layer}")
    logistic = here.query("method == 'logistic'").iloc[0]
    assert (found.accuracy, found.accuracy_low, found.accuracy_high) == tuple(
        logistic[["value", "low", "high"]]
    )
    null = here.query("method == 'shuffled_labels'").iloc[0]
    assert found.null_mean == null["value"]
    assert found.null_sd == pytest.approx((null["high"] - null["low"]) / 2)
    assert found.baseline == 0.66
    slopes = tables["steering"].query(
        "concept == 'past_tense' and metric == 'slope' and positions == 'from_last' "
        f"and split == 'test' and draw == -1 and layer == {found.steer_place.layer}"
    )
    push = slopes.query("method == 'difference_of_means'").iloc[0]
    assert (found.slope, found.slope_low, found.slope_high) == tuple(push[["value", "low", "high"]])
    random = slopes.query("method == 'random'").iloc[0]
    assert (found.random_low, found.random_high) == (random["low"], random["high"])


def test_the_best_place_has_the_highest_validation_accuracy(tables: Tables) -> None:
    for concept, found in by_concept(tables).items():
        validation = tables["probes"].query(
            f"concept == '{concept}' and split == 'validation' and metric == 'accuracy' "
            "and method == 'logistic'"
        )
        best = validation.iloc[int(validation["value"].argmax())]
        assert found.best_place == Place(best["site"], best["layer"])


@pytest.mark.parametrize("seed", range(2))
def test_rows_of_the_test_split_never_change_the_chosen_places(tables: Tables, seed: int) -> None:
    random = np.random.default_rng(seed)
    changed = dict(tables)
    for name in ("probes", "steering"):
        frame = tables[name].copy()
        chosen_on = frame["split"] == "validation"
        for number in ("value", "low", "high"):
            frame.loc[~chosen_on, number] = random.normal(size=int((~chosen_on).sum()))
        changed[name] = frame
    before, after = by_concept(tables), by_concept(changed)
    assert any(before[name].accuracy != after[name].accuracy for name in before)
    for name, found in before.items():
        assert after[name].best_place == found.best_place
        assert after[name].steer_place == found.steer_place
        assert after[name].read_from == found.read_from


def test_equal_validation_accuracies_give_the_earliest_place(tables: Tables) -> None:
    probes = tables["probes"].assign(value=0.75)
    found = by_concept({"probes": probes})["sentiment"]
    assert found.best_place == Place("resid_pre", 0)


@pytest.mark.parametrize(
    ("low", "null_mean", "null_sd", "baseline_high", "expected"),
    [
        (0.6, 0.5, 0.04, 0.55, True),
        (0.57, 0.5, 0.04, 0.55, False),  # reaches two deviations of the null
        (0.6, 0.5, 0.04, 0.6, False),  # reaches the baseline
        (math.nan, 0.5, 0.04, 0.55, False),
        (0.6, math.nan, math.nan, 0.55, False),
        (0.6, 0.5, 0.04, math.nan, False),
    ],
)
def test_above_controls(
    low: float, null_mean: float, null_sd: float, baseline_high: float, expected: bool
) -> None:
    assert above_controls(low, null_mean, null_sd, baseline_high) is expected


@pytest.mark.parametrize(
    "change",
    [
        {"slope_low": 0.3},  # reaches the random range
        {"random_low": -1.2},  # a random direction reaches it with the other sign
        {"slope_low": -0.1, "random_low": 0.0, "random_high": 0.0},
        {"random_high": math.nan},
        {"random_low": math.nan},
        {"slope_low": math.nan},
    ],
)
def test_a_slope_that_is_not_above_zero_and_random_is_not_shown(change: dict[str, float]) -> None:
    assert finding().steers
    assert not dataclasses.replace(finding(), **change).steers  # type: ignore[arg-type]


def test_doubling_is_that_of_the_chosen_place(tables: Tables) -> None:
    found = by_concept(tables)["sentiment"]
    assert found.steer_place is not None
    row = tables["sensitivity"].query(
        "concept == 'sentiment' and metric == 'doubling_positive' and operator == 'add' "
        f"and layer == {found.steer_place.layer} and site == 'resid_post'"
    )
    assert found.doubling == row["value"].item()
    assert found.doubling_bound == row["bound"].item()


def test_probes_alone_leave_steering_unknown(tables: Tables) -> None:
    found = by_concept({"probes": tables["probes"]})["sentiment"]
    assert found.reads
    assert found.steer_place is None
    assert math.isnan(found.slope) and math.isnan(found.doubling)
    assert found.verdict == "reads only"


def test_steering_without_a_validation_split_chooses_no_place(tables: Tables) -> None:
    whole = tables["steering"].query("split == 'all'")
    found = by_concept({**tables, "steering": whole})["sentiment"]
    assert found.steer_place is None
    assert not found.steers


def test_models_are_kept_apart(tables: Tables) -> None:
    other = synthetic_tables([Truth("sentiment", slope=0.0, accuracy=0.5)], model="other")
    both = {name: pd.concat([tables[name], other[name]]) for name in tables}
    verdicts = {(found.model, found.concept): found.verdict for found in findings_of(both)}
    assert verdicts["demo", "sentiment"] == "reads, steers"
    assert verdicts["other", "sentiment"] == "not shown"
    assert len(verdicts) == 8


def test_no_probes_is_an_error(tables: Tables) -> None:
    with pytest.raises(ProbesteerError, match="probes table: no rows"):
        findings_of({"probes": tables["probes"].iloc[:0]})
    with pytest.raises(ProbesteerError, match="probes table: no rows"):
        findings_of({})


def test_the_first_place_is_chosen_on_validation_and_reported_on_test(tables: Tables) -> None:
    probes = tables["probes"].copy()
    embedding = (
        "concept == 'sentiment' and site == 'resid_pre' and method == 'logistic' and "
        "metric == 'accuracy' and split == "
    )
    on_validation = probes.query(f"{embedding} 'validation'").index
    on_test = probes.query(f"{embedding} 'test'").index
    probes.loc[on_test, ["value", "low", "high"]] = [0.99, 0.97, 1.0]
    probes.loc[on_validation, ["value", "low", "high"]] = [0.5, 0.4, 0.6]
    found = by_concept({"probes": probes})["sentiment"]
    assert found.read_from is not None and found.read_from != Place("resid_pre", 0)
    probes.loc[on_test, ["value", "low", "high"]] = [0.6, 0.5, 0.7]
    probes.loc[on_validation, ["value", "low", "high"]] = [0.99, 0.97, 1.0]
    found = by_concept({"probes": probes})["sentiment"]
    assert found.read_from == Place("resid_pre", 0)
    assert (found.read_from_accuracy, found.read_from_low, found.read_from_high) == (0.6, 0.5, 0.7)


def test_the_last_place_is_left_out_of_the_choice(tables: Tables) -> None:
    steering = tables["steering"].copy()
    last = steering["layer"] == 4
    steering.loc[last & (steering["metric"] == "slope"), "value"] = 50.0
    found = by_concept({**tables, "steering": steering})["sentiment"]
    assert found.steer_place == by_concept(tables)["sentiment"].steer_place
    assert found.left_out == Place("resid_post", 4)


def test_the_only_place_is_chosen_though_it_is_the_last(tables: Tables) -> None:
    alone = tables["steering"].query("layer == 4")
    found = by_concept({**tables, "steering": alone})["sentiment"]
    assert (found.steer_place, found.left_out) == (Place("resid_post", 4), None)


def test_nothing_is_left_out_where_the_last_place_was_not_pushed(tables: Tables) -> None:
    early = tables["steering"].query("layer < 3")
    found = by_concept({**tables, "steering": early})["sentiment"]
    assert (found.steer_place, found.left_out) == (Place("resid_post", 2), None)


def test_units_and_the_step_of_the_slope_are_the_tables(tables: Tables) -> None:
    found = by_concept(tables)["sentiment"]
    assert (found.unit, found.slope_step, found.doubling_unit) == ("gap", 0.5, "gap")
    changed = {**tables, "steering": tables["steering"].assign(unit="norm")}
    found = by_concept(changed)["sentiment"]
    assert (found.unit, found.doubling_unit) == ("norm", "gap")


def test_slopes_in_two_units_are_an_error(tables: Tables) -> None:
    other = tables["steering"].assign(unit="sigma")
    both = pd.concat([tables["steering"], other])
    with pytest.raises(ProbesteerError, match="steering table: strengths in gap and sigma"):
        findings_of({**tables, "steering": both})


def test_a_further_split_changes_nothing(tables: Tables) -> None:
    more = dict(tables)
    for name in ("probes", "steering"):
        half = tables[name].query("split == 'test'")
        train = half.assign(split="train", value=99.0, low=98.0, high=100.0)
        more[name] = pd.concat([train, tables[name]])
    assert findings_of(more) == findings_of(tables)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"accuracy_low": 0.6}, True),
        ({"accuracy_low": 0.57}, False),  # reaches the shuffled labels
        ({}, False),  # above both
        ({"accuracy_low": 0.6, "baseline_high": math.nan}, False),
        ({"accuracy_low": math.nan}, False),
    ],
)
def test_what_the_words_tell_is_told_apart(change: dict[str, float], expected: bool) -> None:
    assert finding(**change).reads_words is expected
