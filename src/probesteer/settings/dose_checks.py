"""Checks of directions, and of the operators and units that they are steered with."""

from collections.abc import Sequence

from probesteer.settings.checks import at_least, choice, fail, finite, listed
from probesteer.settings.schema import Settings

_SHARED = ("ablate", "reflect", "scale", "erase")  # done in part or whole


def check_directions(settings: Settings) -> None:
    """Methods that are known and have what they need; draws; concepts of this run."""
    directions = settings.directions
    for method in listed("directions.methods", directions.methods):
        choice("directions.methods", method, "method")
    if "difference_of_means" not in directions.methods:
        fail(
            "directions.methods",
            "difference_of_means is missing",
            "add it: random directions and the scale stage are measured against it",
        )
    at_least("directions.random_draws", directions.random_draws, 8)
    for key in ("orthogonal_draws", "shuffled_draws", "resample_draws"):
        at_least(f"directions.{key}", getattr(directions, key), 0)
    if "file" in directions.methods and not directions.file:
        fail("directions.file", "missing", "name a .npy, .safetensors or .gguf file")
    if directions.file and "file" not in directions.methods:
        fail("directions.file", "not used", "add file to directions.methods")
    others = directions.other_concepts
    for other in listed("directions.other_concepts", others) if others else []:
        if other not in settings.concepts:
            known = ", ".join(settings.concepts)
            fail("directions.other_concepts", f"{other!r} is not in this run", f"use of {known}")


def check_operators(settings: Settings) -> None:
    """Finite strengths, in a unit that the operator takes."""
    for operator, dose in settings.steering.operators.measured.items():
        key = f"steering.operators.{operator}"
        finite(f"{key}.strengths", listed(f"{key}.strengths", dose.strengths))
        if operator in _SHARED:
            if dose.unit != "share":
                fail(f"{key}.unit", f"{dose.unit!r}", "use share")
            if 0 in dose.strengths:
                fail(f"{key}.strengths", "0 is among them", "leave it out: it changes nothing")
        else:
            choice(f"{key}.unit", dose.unit, "unit of a push")
        if operator == "erase" and "leace" not in settings.directions.methods:
            fail(f"{key}.strengths", "there is no eraser", "add leace to directions.methods")
        if operator != "rotate":
            _turning(f"{key}.strengths", dose.strengths, dose.unit)


def check_push_units(settings: Settings) -> None:
    """No push turns an activation by 90 degrees; only rotating does."""
    steering, scale = settings.steering, settings.scale
    for key, strengths in (
        ("strengths", steering.strengths),
        ("readout", steering.readout),
        ("entanglement", steering.entanglement),
        ("samples.strengths", steering.samples.strengths),
    ):
        _turning(f"steering.{key}", strengths, steering.unit)
    if set(scale.operators) != {"rotate"}:
        _turning("scale.strengths", scale.strengths, scale.unit)


def _turning(key: str, strengths: Sequence[float], unit: str) -> None:
    for strength in strengths:
        if unit == "angle" and not abs(strength) < 90:
            fail(key, f"{strength:g} degrees", "use less than 90, or the operator rotate")
