"""What a push does beside its effect: found in the tables, and told with care."""

import math

import numpy as np
import pandas as pd
import pytest

from probesteer.places import Place
from probesteer.report.compact_table import CompactTable
from probesteer.report.compact_tables import compact_tables
from probesteer.report.evidence import UNKNOWN, Trial
from probesteer.report.side_effect_sentences import side_effect_sentences
from probesteer.report.side_effects import (
    NOT_MEASURED,
    Moved,
    SideEffects,
    Survival,
    Words,
    side_effects_of,
    size_of,
)
from tests.unit.figures.synthetic_side_effects import ASKED, entangled, survived
from tests.unit.figures.synthetic_truth import TRUTHS, Truth
from tests.unit.report.example_finding import finding

Tables = dict[str, pd.DataFrame]
NAN = math.nan
LAST = Place("resid_post", 4)
DEPTH = 3 / 5  # of the place that is pushed, layer 2 of five


@pytest.fixture(scope="module")
def made(tables: Tables) -> dict[str, CompactTable]:
    return {table.title: table for table in compact_tables(tables, "demo")}


@pytest.mark.parametrize("truth", TRUTHS[:2])
def test_numbers_are_the_tables(tables: Tables, truth: Truth) -> None:
    found = side_effects_of(tables, "demo", truth.name)
    assert found.survival is not None
    assert (found.survival.pushed_at, found.survival.read_at) == (Place("resid_post", 2), LAST)
    value = survived(1.0, 2)
    assert (found.survival.strength, found.survival.unit) == (1.0, "gap")
    assert found.survival.read == pytest.approx((value, value - 0.1, value + 0.1))
    assert found.survival.random == (0.01, -0.2, 0.2)
    assert found.words == Words(
        (ASKED, ASKED - 0.2, ASKED + 0.2), (-ASKED, -ASKED - 0.2, -ASKED + 0.2)
    )
    assert found.moved is not None
    assert (found.moved.strength, found.moved.tried) == (1.0, len(TRUTHS) - 1)
    moved = 3 * entangled(truth, TRUTHS[-1], DEPTH)
    expected = [each.name for each in TRUTHS if each is not truth] if moved - 0.1 > 0.3 else []
    assert [trial.name for trial in found.moved.logits] == expected
    for trial in found.moved.logits:
        assert trial.numbers == pytest.approx((moved, moved - 0.1, moved + 0.1))


def test_what_was_not_measured_is_not_there(tables: Tables) -> None:
    name = TRUTHS[0].name
    assert side_effects_of({}, "demo", name) == NOT_MEASURED
    assert side_effects_of(tables, "demo", "nothing") == NOT_MEASURED
    empty = {table: frame.iloc[:0] for table, frame in tables.items()}
    assert side_effects_of(empty, "demo", name) == NOT_MEASURED
    alone = {"entanglement": tables["entanglement"].query("concept == other")}
    assert side_effects_of(alone, "demo", name).moved is None
    at_push = {"readout": tables["readout"].query("read_layer == layer")}
    assert side_effects_of(at_push, "demo", name).survival is None
    assert side_effect_sentences(finding()) == []


def survival(read: tuple[float, float, float], random: tuple[float, float, float]) -> str:
    found = Survival(Place("resid_post", 2), LAST, 1.0, "gap", read, random)
    (sentence,) = side_effect_sentences(finding(side_effects=SideEffects(survival=found)))
    return sentence


def test_a_push_survives_above_random_ones_of_either_sign() -> None:
    assert survival((0.8, 0.7, 0.9), (0.0, -0.3, 0.2)) == (
        "Of a push of +1 class gap at layer 2, the probe of layer 4 reads 0.80 [0.70, 0.90] of its "
        "own class difference; of random pushes as long, up to 0.30 either way."
    )
    assert survival((0.8, 0.25, 0.9), (0.0, -0.3, 0.2)) == (
        "That the push survives to layer 4 is not shown: of a push of +1 class gap at layer 2, the "
        "probe of layer 4 reads 0.80 [0.25, 0.90] of its own class difference; of random pushes as "
        "long, up to 0.30 either way."
    )


@pytest.mark.parametrize(
    ("read", "random", "end"),
    [
        (
            (0.8, NAN, NAN),
            (0.0, -0.3, 0.2),
            "either way; there are too few groups for an interval.",
        ),
        ((0.8, 0.7, 0.9), UNKNOWN, "difference; no random directions were tried."),
        ((NAN, NAN, NAN), UNKNOWN, "tried; there are too few groups for an interval."),
    ],
)
def test_unknown_numbers_show_no_survival(
    read: tuple[float, float, float], random: tuple[float, float, float], end: str
) -> None:
    sentence = survival(read, random)
    assert sentence.startswith("That the push survives to layer 4 is not shown: ")
    assert sentence.endswith(end)


def test_words_are_told_without_a_verdict() -> None:
    words = Words((4.6, 4.1, 5.1), (-4.8, -5.0, -4.6))
    (sentence,) = side_effect_sentences(finding(side_effects=SideEffects(words=words)))
    assert sentence == (
        "When a sentence before the prompt asks for label 1, and nothing is pushed, the logit "
        "difference changes by 4.60 [4.10, 5.10] nats; when it asks for label 0, by "
        "-4.80 [-5.00, -4.60]. One wording of each was tried."
    )


def moved(logits: tuple[Trial, ...], probes: tuple[Trial, ...], tried: int = 2) -> str:
    found = Moved(1.0, "gap", tried, logits, probes)
    (sentence,) = side_effect_sentences(finding(side_effects=SideEffects(moved=found)))
    return sentence


def test_that_nothing_else_moves_is_never_said() -> None:
    assert moved((), ()) == (
        "That a push of +1 class gap moves any of the 2 other concepts beyond random directions as "
        "long is not shown."
    )
    assert "moves the other concept beyond" in moved((), (), 1)
    tense, truth = Trial("tense", (-0.6, -0.9, -0.4)), Trial("truth", (0.3, 0.2, 0.4))
    assert moved((tense, truth), (truth,)) == (
        "A push of +1 class gap also moves, beyond every random direction as long, the logit "
        "difference of tense by -0.60 [-0.90, -0.40], truth by 0.30 [0.20, 0.40] nats; and what "
        "the probe reads of truth by 0.30 [0.20, 0.40], in its class difference (2 tried)."
    )


def test_the_size_of_random_directions() -> None:
    assert size_of((0.0, -0.3, 0.2)) == 0.3
    assert math.isnan(size_of((0.0, -0.3, NAN)))
    assert math.isnan(size_of(UNKNOWN))


def cells(table: CompactTable, *start: str) -> dict[str, str]:
    (found,) = (row for row in table.rows if tuple(row[: len(start)]) == start)
    return dict(zip(table.columns, found, strict=True))


def test_compact_tables_show_the_numbers(made: dict[str, CompactTable]) -> None:
    one, other = TRUTHS[0], TRUTHS[1]
    later = cells(made["Later layers"], one.name, "2", "3")
    assert later["+1 class gap"] == "0.90 [0.80, 1.00]"
    assert later["-1 class gap"] == "-0.90 [-1.00, -0.80]"
    assert later["random, +1 class gap"] == "[-0.20, 0.20]"
    asked = cells(made["In words"], one.name, "label 0")
    assert asked["logit difference"] == "-0.80 [-1.00, -0.60]"
    value = 3 * entangled(one, other, DEPTH)
    side = cells(made["Side effects"], one.name, "2", other.name)
    assert side["logit difference"] == f"{value:.2f} [{value - 0.1:.2f}, {value + 0.1:.2f}]"
    assert side["probe, random"] == "[-0.30, 0.25]"
    assert len(made["Side effects"].rows) == len(TRUTHS) ** 2


def test_continuations_are_at_the_strengths_nearest_to_one(tables: Tables) -> None:
    base = tables["steering"].query(
        "metric == 'logit_difference_change' and split == 'test' and method != 'random'"
    )
    halves = [
        base.assign(metric=metric, value=sign * base["value"] / 2, low=np.nan, high=np.nan)
        for metric, sign in (
            ("log_probability_positive_change", 1),
            ("log_probability_negative_change", -1),
        )
    ]
    neutral = base.assign(metric="neutral_top1_agreement", split="all", value=0.25)
    steering = pd.concat([tables["steering"], *halves, neutral])
    (table,) = (
        table
        for table in compact_tables({**tables, "steering": steering}, "demo")
        if table.title == "Continuations"
    )
    assert len(table.rows) == 7 * 6
    (source,) = base.query(
        "concept == 'language' and layer == 3 and positions == 'from_last' and strength == -1 "
        "and method == 'difference_of_means'"
    )["value"]
    shown = cells(table, "language", "3")
    assert shown["positive continuation at -1"] == f"{source / 2:.2f}"
    assert shown["negative continuation at -1"] == f"{-source / 2:.2f}"
    assert shown["same top token in neutral texts at +1"] == "0.25"
