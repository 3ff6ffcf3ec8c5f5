"""What the stages of the geometry are told of the settings."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from probesteer.settings.drift_schema import DriftSettings
from probesteer.settings.schema import (
    DictionarySettings,
    GeometrySettings,
    ModelSettings,
    Settings,
)


@dataclass
class ToysSlice:
    """The seed of the toys; all else about them is known beforehand."""

    seed: int

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        return cls(settings.seed)


@dataclass
class InstrumentsSlice:
    """Which instruments are tried on toys."""

    seed: int
    trained_toys: bool

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        return cls(settings.seed, settings.geometry.trained_toys)


@dataclass
class SuperpositionSlice:
    """Which concepts' directions are compared in one model, and how."""

    model: str
    seed: int
    concepts: list[str]
    threshold: float
    random_draws: int

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        geometry = settings.geometry
        counts = (geometry.threshold, geometry.random_draws)
        return cls(model, settings.seed, settings.concepts, *counts)


@dataclass
class PolytopesSlice:
    """Where the polytopes of one model are looked at for a concept."""

    name: str
    concept: str
    seed: int
    model: ModelSettings = field(default_factory=ModelSettings)
    geometry: GeometrySettings = field(default_factory=GeometrySettings)

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        usual = GeometrySettings()
        unread: dict[str, Any] = {
            "parts": [],
            "trained_toys": usual.trained_toys,
            "threshold": usual.threshold,
            "components": usual.components,
            "compositions": usual.compositions,
            "dictionaries": usual.dictionaries,
            "drift": DriftSettings(),
        }
        geometry = replace(settings.geometry, **unread)
        return cls(model, concept, settings.seed, settings.model[model], geometry)


@dataclass
class ComponentsSlice:
    """How many directions are held against the clusters of a concept's examples in one model."""

    name: str
    concept: str
    seed: int
    labels: list[str]
    components: int
    random_draws: int

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        geometry, labels = settings.geometry, settings.concept[concept].labels
        counts = (geometry.components, geometry.random_draws)
        return cls(model, concept, settings.seed, labels, *counts)


@dataclass
class DictionariesSlice:
    """Which dictionaries are learned of one model's activations, and which concepts are read."""

    model: str
    seed: int
    concepts: list[str]
    random_draws: int
    bootstrap_draws: int
    dictionaries: DictionarySettings = field(default_factory=DictionarySettings)

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        geometry, draws = settings.geometry, settings.probe.bootstrap_draws
        asked = (settings.concepts, geometry.random_draws, draws)
        return cls(model, settings.seed, *asked, geometry.dictionaries)


@dataclass
class ArithmeticSlice:
    """Whose pairs are compared in one model, and which concepts are composed."""

    model: str
    seed: int
    concepts: list[str]
    bootstrap_draws: int
    compositions: list[list[str]] | None = None

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        draws, composed = settings.probe.bootstrap_draws, settings.geometry.compositions
        return cls(model, settings.seed, settings.concepts, draws, composed)
