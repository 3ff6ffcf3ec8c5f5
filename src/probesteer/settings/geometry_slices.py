"""What the stages of the geometry read of the settings."""

from dataclasses import dataclass, field
from typing import Any

from probesteer.settings.schema import (
    DictionarySettings,
    GeometrySettings,
    ModelSettings,
    Settings,
)


@dataclass
class InstrumentsSlice:
    """Which instruments are tried on toys."""

    seed: int
    trained_toys: bool


@dataclass
class SuperpositionSlice:
    """Which concepts' directions are compared in one model, and how."""

    model: str
    seed: int
    concepts: list[str]
    threshold: float
    random_draws: int


@dataclass
class PolytopesSlice:
    """Where the polytopes of one model are looked at for a concept."""

    name: str
    concept: str
    seed: int
    model: ModelSettings = field(default_factory=ModelSettings)
    geometry: GeometrySettings = field(default_factory=GeometrySettings)


@dataclass
class DictionariesSlice:
    """Which dictionaries are learned of one model's activations, and which concepts are read."""

    model: str
    seed: int
    concepts: list[str]
    random_draws: int
    bootstrap_draws: int
    dictionaries: DictionarySettings = field(default_factory=DictionarySettings)


@dataclass
class ArithmeticSlice:
    """Whose pairs are compared in one model."""

    model: str
    seed: int
    concepts: list[str]
    bootstrap_draws: int


def geometry_slice(stage: str, settings: Settings, model: str, concept: str) -> Any:
    """The slice of a stage of the geometry. Raises KeyError for another stage."""
    geometry = settings.geometry
    if stage == "instruments":
        return InstrumentsSlice(settings.seed, geometry.trained_toys)
    if stage == "superposition":
        counts = (geometry.threshold, geometry.random_draws)
        return SuperpositionSlice(model, settings.seed, settings.concepts, *counts)
    if stage == "polytopes":
        defaults = GeometrySettings()
        asked = GeometrySettings(
            **{
                **vars(geometry),
                "parts": [],
                "trained_toys": defaults.trained_toys,
                "threshold": defaults.threshold,
                "dictionaries": defaults.dictionaries,
            }
        )
        return PolytopesSlice(model, concept, settings.seed, settings.model[model], asked)
    draws = settings.probe.bootstrap_draws
    if stage == "dictionaries":
        asked_of = (settings.concepts, geometry.random_draws, draws)
        return DictionariesSlice(model, settings.seed, *asked_of, geometry.dictionaries)
    if stage == "arithmetic":
        return ArithmeticSlice(model, settings.seed, settings.concepts, draws)
    raise KeyError(stage)
