"""Values that types allow and the workflow can't use: one line names the key and the remedy."""

import copy
import math
from typing import Any

import pytest

from probesteer.errors import ProbesteerError
from probesteer.settings.compose import compose_settings
from probesteer.settings.schema import Settings
from probesteer.settings.validation import validate
from tests.unit.settings.conftest import PROJECT


@pytest.fixture(scope="module")
def composed() -> Settings:
    return compose_settings(PROJECT / "config", {"concept": "story_sentiment"})


def put(settings: Settings, key: str, value: Any) -> None:
    """Set the value at a dotted key."""
    *path, last = key.split(".")
    holder: Any = settings
    for step in path:
        holder = holder[step] if isinstance(holder, dict) else getattr(holder, step)
    assert hasattr(holder, last)
    setattr(holder, last, value)


def test_the_projects_settings_are_valid(composed: Settings) -> None:
    validate(composed)
    assert composed.concepts == ["story_sentiment"]


@pytest.mark.parametrize(
    ("kind", "labels", "expected"),
    [
        ("classes", ["a"], "['a']; name two or more classes, each once"),
        ("classes", ["a", "b", "a"], "['a', 'b', 'a']; name two or more classes, each once"),
        ("real", ["low", "middle", "high"], "name the low end and the high end"),
        ("binary", ["a", "b", "c"], "['a', 'b', 'c']; name label 0 and label 1"),
    ],
)
def test_labels_that_do_not_suit_their_kind(
    composed: Settings, kind: str, labels: list[str], expected: str
) -> None:
    settings = copy.deepcopy(composed)
    put(settings, "concept.story_sentiment.kind", kind)
    put(settings, "concept.story_sentiment.labels", labels)
    with pytest.raises(ProbesteerError, match=r"concept\.story_sentiment\.labels") as raised:
        validate(settings)
    assert str(raised.value).endswith(expected)


@pytest.mark.parametrize(("kind", "labels"), [("classes", ["a", "b", "c"]), ("real", ["lo", "hi"])])
def test_labels_of_every_kind(composed: Settings, kind: str, labels: list[str]) -> None:
    settings = copy.deepcopy(composed)
    put(settings, "concept.story_sentiment.kind", kind)
    put(settings, "concept.story_sentiment.labels", labels)
    validate(settings)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("seed", -1, "-1; use 0 or more"),
        ("experiment", "../mine", "'../mine' is not a name; use letters and digits"),
        ("models", [], "empty; choose one with model=NAME"),
        ("concepts", ["a", "a"], "['a', 'a'] names one twice; name each once"),
        ("model.demo.path", None, "neither a folder nor `hub` is given; add model_path=…"),
        (
            "model.demo.dtype",
            "float8",
            "'float8' is unknown; use one of float32, bfloat16, float16",
        ),
        ("model.demo.device", "gpu", "'gpu'; use auto, cpu, cuda or cuda:1"),
        (
            "concept.story_sentiment.examples",
            "",
            "missing; write it in config/concept/story_sentiment.yaml",
        ),
        (
            "concept.story_sentiment.position",
            "first",
            "'first'; use last, mean, all, span, user_end or an index",
        ),
        (
            "concept.story_sentiment.chat.user",
            "Is it so?",
            "'Is it so?'; write {text} where the text goes",
        ),
        (
            "concept.story_sentiment.chat.system",
            "Be good.",
            "given without user; add user: '{text}'",
        ),
        (
            "concept.story_sentiment.columns",
            {"sentence": "text"},
            "'sentence'; use some of text, messages, label,",
        ),
        (
            "concept.story_sentiment.dataset.columns",
            {"prompt": "x"},
            "'prompt'; use some of text, messages, label,",
        ),
        ("concept.story_sentiment.labels", ["a", "a"], "['a', 'a']; name label 0 and label 1"),
        ("concept.story_sentiment.labels", ["a"], "['a']; name label 0 and label 1"),
        ("activations.dtype", "float64", "'float64' is unknown; use one of float32, bfloat16,"),
        ("activations.sites", [], "empty; give at least one"),
        ("activations.sites", ["mlp"], "'mlp' is unknown; use one of resid_pre, head, attn_out, "),
        ("activations.batch_tokens", 0, "0 is too small; use 1 or more"),
        ("probe.C", [], "empty; give at least one"),
        ("probe.C", [1.0, 0.0], "0.0; use a positive number"),
        ("probe.C", [1.0, 1.0], "[1.0, 1.0] names one twice; name each once"),
        ("probe.C", [math.inf], "inf; use a positive number"),
        ("probe.C", [math.nan], "nan; use a positive number"),
        ("probe.folds", 1, "1 is too small; use 2 or more"),
        ("probe.shuffled_draws", 19, "19 is too small; use 20 or more"),
        ("probe.bootstrap_draws", 99, "99 is too small; use 100 or more"),
        ("directions.methods", [], "empty; give at least one"),
        ("directions.methods", ["magic"], "'magic' is unknown; use one of difference_of_means,"),
        ("directions.methods", ["logistic"], "difference_of_means is missing; add it"),
        ("directions.random_draws", 7, "7 is too small; use 8 or more"),
        ("steering.strengths", [-1.0, 1.0], "0 is missing; add it: it is the unsteered model"),
        ("steering.strengths", [0.0, 1.0], "[0.0, 1.0] lies on one side of 0; add strengths on"),
        ("steering.strengths", [], "empty; give at least one"),
        ("steering.strengths", [-1.0, 0.0, math.nan], "nan; use finite numbers"),
        ("steering.strengths", [-1.0, 0.0, -0.0, 1.0], "[-1.0, 0.0, -0.0, 1.0] names one twice"),
        ("steering.unit", "inch", "'inch' is unknown; use one of gap, sigma, norm"),
        ("steering.positions", [], "empty; give at least one"),
        ("steering.positions", ["first"], "'first' is unknown; use one of from_last, all"),
        ("steering.layers", [], "empty; give at least one"),
        ("steering.layers", [-2], "-2 is too small; use -1 or more"),
        ("steering.prompts", 1, "1 is too small; use 4 or more"),
        ("steering.neutral_texts", 0, "0 is too small; use 1 or more"),
        ("steering.readout", [1.0, 0.0], "0 is among them; leave it out: it changes nothing"),
        ("steering.entanglement", [2.0, 2.0], "[2.0, 2.0] names one twice; name each once"),
        ("steering.samples.temperature", 0.0, "0.0; use a positive number"),
        ("steering.samples.strengths", [math.inf], "inf; use finite numbers"),
        ("steering.samples.new_tokens", 0, "0 is too small; use 1 or more"),
        ("scale.strengths", [-1.0, 1.0], "0 is missing; add it: it is the unsteered model"),
        ("scale.operators", ["ablate"], "'ablate' is unknown; use one of add, rotate, clamp"),
        ("scale.cost", 0.0, "0.0; use a positive number"),
        ("scale.slope_range", -1.0, "-1.0; use a positive number"),
        ("scale.linear_tolerance", math.inf, "inf; use a positive number"),
        ("scale.positions", "first", "'first' is unknown; use one of from_last, all"),
        ("scale.factors", [0.0, 2.0], "1 is missing; add it: it is the unscaled model"),
        ("scale.factors", [1.0, 2.0], "[1.0, 2.0] lies on one side of 1; add the other side"),
        ("scale.factors", [-1.0, 1.0, 2.0], "-1.0 is negative; use 0 or more"),
        ("scale.factors", [1.0, math.nan], "nan; use finite numbers"),
        ("plot.palette", "mine", "'mine' is unknown; use one of deep, muted,"),
        ("plot.font_size", 0.0, "0.0; use a positive number"),
        ("plot.dpi", 0, "0 is too small; use 1 or more"),
        ("geometry.parts", ["shift"], "'shift' is unknown; use one of superposition, polytopes"),
        ("geometry.components", 0, "0 is too small; use 1 or more"),
        ("geometry.codes", "fuzzy", "'fuzzy' is unknown; use one of hard, soft"),
        ("geometry.plane", 4, "4 is too small; use 5 or more"),
        ("geometry.plane", -1, "-1 is too small; use 5 or more"),
        ("geometry.compositions", [["story_hero"]], "['story_hero'] are not two concepts; write"),
        ("geometry.compositions", [["story_hero"] * 2], "['story_hero', 'story_hero'] are not two"),
        (
            "geometry.compositions",
            [["story_sentiment", "x"]],
            "'x' is not among the concepts; add it",
        ),
        ("geometry.dictionaries.kinds", ["gated"], "'gated' is unknown; use one of sparse_coding"),
        ("geometry.dictionaries.kinds", [], "empty; give at least one"),
        ("geometry.dictionaries.sites", ["resid"], "'resid' is unknown; use one of"),
        ("geometry.dictionaries.atoms", 0, "0 is too small; use 1 or more"),
        ("geometry.dictionaries.penalty", 0.0, "0.0; use a positive number"),
        ("geometry.dictionaries.active", 257, "257 of 256 atoms can't be active; use fewer"),
    ],
)
def test_one_line_names_the_key(key: str, value: Any, expected: str, composed: Settings) -> None:
    changed = copy.deepcopy(composed)
    put(changed, key, value)
    with pytest.raises(ProbesteerError) as caught:
        validate(changed)
    assert str(caught.value).startswith(f"config: {key}: {expected}")
    assert "\n" not in str(caught.value)


def test_a_concept_is_asked_for_from_both_sides_and_not_in_a_conversation(
    composed: Settings,
) -> None:
    changed = copy.deepcopy(composed)
    concept = changed.concept["story_sentiment"]
    concept.asked.positive, concept.asked.negative = "Be glad.", ""
    with pytest.raises(
        ProbesteerError, match=r"story_sentiment\.asked\.negative: missing; ask for"
    ):
        validate(changed)
    concept.asked.negative = "Be sad."
    validate(changed)
    concept.chat.messages = True
    with pytest.raises(ProbesteerError, match=r"asked: prompts are conversations; leave it out"):
        validate(changed)


def test_a_data_set_has_a_name_and_goes_without_examples(composed: Settings) -> None:
    changed = copy.deepcopy(composed)
    concept = changed.concept["story_sentiment"]
    concept.dataset.split = "test"
    with pytest.raises(ProbesteerError, match=r"config: concept\.story_sentiment\.dataset\.name: "):
        validate(changed)
    concept.dataset.name = "stanfordnlp/sst2"
    with pytest.raises(ProbesteerError, match=r"dataset: examples are given too; leave one of"):
        validate(changed)
    concept.examples = ""
    validate(changed)


@pytest.mark.parametrize("shares", [(0.7, 0.2, 0.2), (0.0, 0.2, 0.8), (math.nan, 0.2, 0.8)])
def test_shares_are_positive_and_add_up_to_one(
    shares: tuple[float, float, float], composed: Settings
) -> None:
    changed = copy.deepcopy(composed)
    changed.split.train, changed.split.validation, changed.split.test = shares
    with pytest.raises(ProbesteerError, match=r"config: split: .*; use three positive shares"):
        validate(changed)


def test_concepts_of_more_than_two_labels_are_not_composed(composed: Settings) -> None:
    changed = copy.deepcopy(composed)
    changed.concepts = ["story_sentiment", "other"]
    changed.concept["other"] = copy.deepcopy(changed.concept["story_sentiment"])
    changed.geometry.compositions = [changed.concepts]
    validate(changed)
    changed.concept["other"].kind = "real"
    with pytest.raises(ProbesteerError, match=r"compositions: 'other' has more than labels 0 and"):
        validate(changed)
