"""Directions, operators and units that can't be used: one line names the key and the remedy."""

import copy
import math

import pytest

from probesteer.directions.methods import ESTIMATORS
from probesteer.errors import ProbesteerError
from probesteer.interventions.operators.doses import LENGTHS, OPERATORS
from probesteer.settings.checks import CHOICES
from probesteer.settings.compose import compose_settings
from probesteer.settings.schema import OperatorSettings, OperatorsSettings, Settings
from probesteer.settings.validation import validate
from tests.unit.settings.conftest import PROJECT


@pytest.fixture(scope="module")
def composed() -> Settings:
    return compose_settings(PROJECT / "config", {"concept": "[story_sentiment,story_hero]"})


def refused(settings: Settings) -> str:
    with pytest.raises(ProbesteerError) as caught:
        validate(settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_settings_know_the_methods_and_operators_of_the_library() -> None:
    assert CHOICES["method"] == tuple(ESTIMATORS)
    assert {"add", *vars(OperatorsSettings())} == {*OPERATORS, "erase"}
    assert CHOICES["unit of a push"] == LENGTHS


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("orthogonal_draws", -1, "orthogonal_draws: -1 is too small; use 0 or more"),
        ("shuffled_draws", -1, "shuffled_draws: -1 is too small; use 0 or more"),
        ("resample_draws", -1, "resample_draws: -1 is too small; use 0 or more"),
        ("methods", ["difference_of_means", "file"], "file: missing; name a .npy, .safetensors"),
        ("file", "v.npy", "file: not used; add file to directions.methods"),
        ("other_concepts", ["truth"], "other_concepts: 'truth' is not in this run; use of story"),
        ("other_concepts", ["truth", "truth"], "other_concepts: ['truth', 'truth'] names one"),
    ],
)
def test_directions(key: str, value: object, expected: str, composed: Settings) -> None:
    changed = copy.deepcopy(composed)
    setattr(changed.directions, key, value)
    assert refused(changed).startswith(f"config: directions.{expected}")


@pytest.mark.parametrize(
    ("operator", "strengths", "unit", "expected"),
    [
        ("ablate", [1.0, 1.0], "share", ".ablate.strengths: [1.0, 1.0] names one twice"),
        ("ablate", [0.0, 1.0], "share", ".ablate.strengths: 0 is among them; leave it out"),
        ("scale", [math.inf], "share", ".scale.strengths: inf; use finite numbers"),
        ("erase", [1.0], "gap", ".erase.unit: 'gap'; use share"),
        ("erase", [1.0], "share", ".erase.strengths: there is no eraser; add leace to directions"),
        ("clamp", [1.0], "share", ".clamp.unit: 'share' is unknown; use one of gap, sigma, norm,"),
        ("clamp", [90.0], "angle", ".clamp.strengths: 90 degrees; use less than 90, or the"),
    ],
)
def test_operators(
    operator: str, strengths: list[float], unit: str, expected: str, composed: Settings
) -> None:
    changed = copy.deepcopy(composed)
    setattr(changed.steering.operators, operator, OperatorSettings(strengths, unit))
    assert refused(changed).startswith(f"config: steering.operators{expected}")


def test_operators_and_angles_that_can_be_used(composed: Settings) -> None:
    changed = copy.deepcopy(composed)
    operators = changed.steering.operators
    assert operators.measured == {}
    operators.rotate = OperatorSettings([-180.0, 120.0], "angle")
    operators.clamp = OperatorSettings([0.0], "gap")
    operators.erase = OperatorSettings([1.0])
    changed.directions.methods.append("leace")
    assert list(operators.measured) == ["clamp", "rotate", "erase"]
    changed.steering.unit = "angle"
    changed.scale.unit, changed.scale.operators = "angle", ["rotate"]
    changed.scale.strengths = [-120.0, 0.0, 120.0]
    changed.directions.other_concepts = ["story_hero"]
    validate(changed)


@pytest.mark.parametrize(
    ("key", "strengths"),
    [
        ("strengths", [-90.0, 0.0, 90.0]),
        ("readout", [100.0]),
        ("entanglement", [-90.0]),
        ("samples.strengths", [90.0]),
    ],
)
def test_no_push_turns_by_a_right_angle(
    key: str, strengths: list[float], composed: Settings
) -> None:
    changed = copy.deepcopy(composed)
    changed.steering.unit = "angle"
    holder, _, last = key.rpartition(".")
    setattr(changed.steering.samples if holder else changed.steering, last, strengths)
    assert refused(changed).startswith(f"config: steering.{key}: ")


def test_pushes_of_scale_turn_by_less_than_a_right_angle(composed: Settings) -> None:
    changed = copy.deepcopy(composed)
    changed.scale.unit = "angle"
    changed.scale.strengths = [-90.0, 0.0, 90.0]
    assert refused(changed).startswith("config: scale.strengths: -90 degrees; use less than 90")


def test_operators_of_an_experiment_are_composed() -> None:
    words = "steering.operators={ablate:{strengths:[1]},clamp:{strengths:[-1,1]}}"
    settings = compose_settings(PROJECT / "config", {"set": words})
    assert settings.steering.operators.measured == {
        "ablate": OperatorSettings([1.0], "share"),
        "clamp": OperatorSettings([-1.0, 1.0], "gap"),
    }
