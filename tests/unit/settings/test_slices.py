"""A slice holds what its stage reads and nothing else, and survives the command line."""

import importlib
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest

from probesteer.errors import ProbesteerError
from probesteer.settings.compose import compose_settings
from probesteer.settings.schema import ModelSettings, ProbeSettings, Settings
from probesteer.settings.slices.by_stage import from_json, stage_slice, to_json
from probesteer.settings.slices.probes import ProbesSlice
from probesteer.settings.slices.reading import FetchSlice
from tests.unit.settings.conftest import PROJECT

STAGES = (
    "fetch",
    "examples",
    "dataset",
    "activations",
    "probes",
    "positions",
    "transfer",
    "significance",
    "gradients",
    "directions",
    "cosines",
    "steering",
    "scale",
    "entanglement",
    "steerability",
    "toys",
    "instruments",
    "superposition",
    "polytopes",
    "components",
    "dictionaries",
    "arithmetic",
    "figures",
    "report",
)


def composed(assignment: str) -> Settings:
    words = f"model=[demo,pythia-1.4b] concept=[story_sentiment,story_hero] {assignment}"
    return compose_settings(PROJECT / "config", {"set": words})


@pytest.fixture(scope="module")
def settings() -> Settings:
    return composed("seed=0")


def slices(settings: Settings) -> dict[str, str]:
    return {
        stage: to_json(stage_slice(stage, settings, "demo", "story_sentiment")) for stage in STAGES
    }


@pytest.mark.parametrize("stage", STAGES)
def test_json_gives_the_slice_back(stage: str, settings: Settings) -> None:
    whole = stage_slice(stage, settings, "pythia-1.4b", "story_sentiment")
    assert from_json(type(whole), to_json(whole)) == whole


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_takes_the_slice_that_it_is_given(stage: str, settings: Settings) -> None:
    module: Any = importlib.import_module(f"probesteer.stages.{stage}")
    given = stage_slice(stage, settings, "demo", "story_sentiment")
    assert get_type_hints(module.run)["settings"] is type(given)


@pytest.mark.parametrize(
    ("assignment", "changed"),
    [
        ("plot.dpi=99", {"figures"}),
        ("probe.C=[0.5]", {"probes", "positions"}),
        ("probe.shuffled_draws=50", {"probes", "positions"}),
        (
            "probe.bootstrap_draws=500",
            {"probes", "positions", "transfer", "dictionaries", "arithmetic"},
        ),
        ("probe.resplits=1", {"examples", "probes", "positions"}),
        ("concept.story_hero.family=f", {"transfer"}),
        ("probe.folds=3", {"probes", "positions", "examples"}),
        ("directions.random_draws=9", {"directions"}),
        ("directions.other_concepts=[story_hero]", {"directions"}),
        ("directions.other_concepts=[story_sentiment]", set()),
        ("steering.batch_tokens=99", {"gradients", "steering", "entanglement"}),
        ("steering.operators.ablate.strengths=[1]", {"steering"}),
        ("steering.strengths=[-1,0,1]", {"steering", "entanglement"}),
        ("steering.samples.prompts=1", {"steering"}),
        ("steering.readout=[2]", {"steering"}),
        ("steering.entanglement=[2]", {"entanglement"}),
        ("concept.story_sentiment.asked={positive:x,negative:y}", {"steering"}),
        ("scale.factors=[0,1,2]", {"scale"}),
        ("scale.slope_range=1", {"scale", "steerability"}),
        ("activations.dtype=float16", {"activations"}),
        ("split.train=0.5 split.test=0.3", {"examples"}),
        (
            "seed=1",
            {
                *("examples", "probes", "positions", "transfer"),
                *("directions", "steering", "scale", "entanglement", "steerability"),
                *("toys", "instruments", "superposition", "polytopes", "components"),
                *("dictionaries", "arithmetic"),
            },
        ),
        ("concept.story_sentiment.position=mean", {"examples", "activations"}),
        ("concept.story_sentiment.description=x", set()),
        ("concept.story_sentiment.columns={text:said}", {"examples", "activations"}),
        (
            "concept.story_sentiment.chat.messages=true"
            " concept.story_sentiment.asked.positive= concept.story_sentiment.asked.negative=",
            {"examples", "activations", "gradients", "steering", "scale", "entanglement"},
        ),
        ("activations.truncate=true", {"activations"}),
        (
            "concept.story_sentiment.dataset.name=x concept.story_sentiment.dataset.split=test"
            " concept.story_sentiment.examples=''",
            {"dataset"},
        ),
        ("concept.story_hero.position=mean", set()),
        (
            "concepts=[story_sentiment]",
            {
                *("cosines", "transfer", "entanglement", "superposition"),
                *("dictionaries", "arithmetic"),
            },
        ),
        ("geometry.parts=[polytopes]", set()),
        ("geometry.paths=8", {"polytopes"}),
        ("geometry.codes=soft", {"polytopes"}),
        ("geometry.plane=0", {"polytopes"}),
        ("geometry.threshold=0.8", {"superposition"}),
        (
            "geometry.random_draws=3",
            {"superposition", "polytopes", "components", "dictionaries"},
        ),
        ("geometry.components=3", {"components"}),
        ("geometry.dictionaries.atoms=64", {"dictionaries"}),
        ("geometry.compositions=[[story_hero,story_sentiment]]", {"arithmetic"}),
        ("geometry.trained_toys=false", {"instruments"}),
        (
            "model.demo.dtype=bfloat16",
            {"activations", "gradients", "steering", "scale", "entanglement", "polytopes"},
        ),
        (
            "model.demo.path=elsewhere",
            {
                *("fetch", "activations", "gradients", "steering", "scale", "entanglement"),
                "polytopes",
            },
        ),
    ],
)
def test_a_change_reaches_the_stages_that_read_it_and_the_report(
    assignment: str, changed: set[str], settings: Settings
) -> None:
    before, after = slices(settings), slices(composed(assignment))
    assert {stage for stage in STAGES if before[stage] != after[stage]} == changed | {"report"}


def test_examples_do_not_read_how_a_chat_is_worded() -> None:
    found = []
    for user in ("{text}", "Is it so? {text}"):
        changed = composed("seed=0")
        changed.concept["story_sentiment"].chat.user = user
        found.append(stage_slice("examples", changed, concept="story_sentiment"))
    assert found[0] == found[1]
    assert found[0].chat
    assert not found[0].messages


def test_columns_of_a_data_set_are_those_of_the_examples_alone() -> None:
    settings = composed("seed=0")
    concept = settings.concept["story_sentiment"]
    concept.columns = {"text": "said", "prompt": "start"}
    before = stage_slice("dataset", settings, concept="story_sentiment")
    concept.dataset.columns = {"text": "sentence"}
    examples, activations, dataset = (
        stage_slice(stage, settings, "demo", "story_sentiment")
        for stage in ("examples", "activations", "dataset")
    )
    assert examples.columns == activations.columns == {"text": "sentence", "prompt": "start"}
    assert examples.prompt_columns == {"text": "said", "prompt": "start"}
    assert dataset == before


def test_equal_settings_give_equal_text() -> None:
    one = FetchSlice("a", ModelSettings(hub="x", dtype="float16"))
    assert to_json(one) == to_json(FetchSlice("a", ModelSettings(dtype="float16", hub="x")))
    assert to_json(one).startswith('{"model":{"allow_pickle_weights":false,')


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace('"folds":5', '"folds":"five"'),
        lambda text: text.replace('"folds":', '"fold":'),
        lambda text: text[:-1],
        lambda text: "[]",
    ],
)
def test_json_that_is_no_slice_is_refused(damage: Callable[[str], str]) -> None:
    text = to_json(ProbesSlice("m", "c", 0, probe=ProbeSettings()))
    assert damage(text) != text
    with pytest.raises(ProbesteerError, match="ProbesSlice"):
        from_json(ProbesSlice, damage(text))


def test_an_unknown_stage_has_no_slice(settings: Settings) -> None:
    with pytest.raises(KeyError, match="frobnicate"):
        stage_slice("frobnicate", settings)
