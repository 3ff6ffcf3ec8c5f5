"""Pairs of models: which are composed, what is refused, and what a job is told."""

from typing import Any

import pytest

from probesteer.settings.compose import compose_settings
from probesteer.settings.schema import Settings
from probesteer.settings.slices.by_stage import from_json, stage_slice, to_json
from probesteer.settings.slices.drift import DriftSlice
from tests.unit.settings.conftest import PROJECT, Refusal

PAIR = "geometry.drift.checkpoints=[[demo,demo_tuned]]"


def composed(*assignments: str) -> Settings:
    words = " ".join(("model=[demo] concept=[sentiment,number]", *assignments))
    return compose_settings(PROJECT / "config", {"set": words})


def test_a_model_that_is_only_compared_is_composed_too() -> None:
    settings = composed(PAIR, "model.demo_tuned.dtype=bfloat16")
    assert settings.models == ["demo"]
    assert list(settings.model) == ["demo", "demo_tuned"]
    assert settings.model["demo_tuned"].dtype == "bfloat16"
    assert settings.model["demo_tuned"].path == "results/made/demo/tuned"
    # It needs no baseline.
    read = [stage_slice("activations", settings, name, "number") for name in settings.model]
    assert [each.activations.untrained for each in read] == [True, False]


def test_the_experiment_geometry_compares_two_concepts() -> None:
    settings = compose_settings(PROJECT / "config", {"experiment": "geometry"})
    told = stage_slice("drift", settings, "demo", "demo_tuned")
    assert told.concepts == ["sentiment", "crossed_number"]
    assert from_json(DriftSlice, to_json(told)) == told


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("checkpoints=[[demo]]", "['demo'] is no pair; name two models"),
        ("checkpoints=[[demo,demo]]", "['demo', 'demo'] is no pair"),
        ("checkpoints=[[gpt2,demo]]", "'gpt2' is not among the models demo; the first"),
        ("checkpoints=[[demo,gpt2],[demo,gpt2]]", "names one twice; name each once"),
        ("checkpoints=[[demo,nosuch]]", "there is no config/model/nosuch.yaml; known: "),
        ("checkpoints=[demo]", "geometry.drift.checkpoints"),
        ("concepts=[tense]", "'tense' is not among the concepts sentiment, number; use some"),
        ("concepts=[number,number]", "names one twice"),
        ("concepts=[number] concept.number.kind=real", "'number' is of kind real; use concepts"),
        (
            "checkpoints=[[demo,gpt2]] concept.number.kind=real concept.sentiment.kind=real",
            "checkpoints: no concept has two labels; add one that has",
        ),
    ],
)
def test_pairs_and_concepts_that_are_none_are_refused(
    keys: str, message: str, refusal: Refusal
) -> None:
    words = f"model=[demo] concept=[sentiment,number] geometry.drift.{keys}"
    assert message in refusal(set=words)


@pytest.mark.parametrize(
    ("assignment", "changed"),
    [
        ("geometry.random_draws=3", True),
        ("geometry.drift.concepts=[number]", True),
        ("steering.prompts=5", True),
        ("steering.strengths=[-3,0,3]", True),
        ("model.demo_tuned.dtype=bfloat16", True),
        ("model.demo.dtype=bfloat16", False),
        ("steering.readout=[2]", False),
        ("steering.unit=sigma", False),
        ("geometry.paths=8", False),
    ],
)
def test_a_pair_is_told_what_it_reads_alone(assignment: str, changed: bool) -> None:
    def told(*assignments: str) -> Any:
        return stage_slice("drift", composed(PAIR, *assignments), "demo", "demo_tuned")

    assert (told() != told(assignment)) is changed


def test_concepts_of_more_labels_are_left_out() -> None:
    settings = composed(PAIR, "concept.number.kind=classes")
    assert stage_slice("drift", settings, "demo", "demo_tuned").concepts == ["sentiment"]
