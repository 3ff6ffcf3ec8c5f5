"""What the stages of drift are told of the settings."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from probesteer.settings.schema import (
    ChatSettings,
    ModelSettings,
    OperatorsSettings,
    SampleSettings,
    Settings,
    SteeringSettings,
)


def drifting_concepts(settings: Settings) -> list[str]:
    """The concepts whose directions are compared: those that the settings name, or all that have
    two labels."""
    asked = settings.geometry.drift.concepts or settings.concepts
    return [name for name in asked if settings.concept[name].kind == "binary"]


@dataclass
class DriftSlice:
    """Which two models are compared, on which concepts, and how the second is pushed."""

    model: str
    other: str
    seed: int
    concepts: list[str]
    random_draws: int
    bootstrap_draws: int
    loaded: ModelSettings = field(default_factory=ModelSettings)  # the second
    steering: SteeringSettings = field(default_factory=SteeringSettings)
    chats: dict[str, ChatSettings] = field(default_factory=dict)  # by concept

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        """concept: here the second model's name. Raises KeyError where it is none."""
        concepts = drifting_concepts(settings)
        counts = (settings.geometry.random_draws, settings.probe.bootstrap_draws)
        usual = SteeringSettings()
        unread: dict[str, Any] = {
            "samples": SampleSettings(),
            "operators": OperatorsSettings(),
            **{
                key: getattr(usual, key)
                for key in ("readout", "entanglement", "positions", "layers", "neutral_texts")
            },
            "unit": usual.unit,
        }
        steering = replace(settings.steering, **unread)
        chats = {name: settings.concept[name].chat for name in concepts}
        loaded = settings.model[concept]
        return cls(model, concept, settings.seed, concepts, *counts, loaded, steering, chats)


@dataclass
class ShiftsSlice:
    """Whose tables of drift are put together."""

    model: str

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        return cls(model)
