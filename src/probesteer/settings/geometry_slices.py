"""What the stages of the geometry read of the settings."""

from dataclasses import dataclass, field
from typing import Any

from probesteer.settings.schema import GeometrySettings, ModelSettings, Settings


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
            }
        )
        return PolytopesSlice(model, concept, settings.seed, settings.model[model], asked)
    raise KeyError(stage)
