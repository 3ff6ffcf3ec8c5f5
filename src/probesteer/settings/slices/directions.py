"""What the stages of the directions are told of the settings."""

from dataclasses import dataclass, field, replace
from typing import Self

from probesteer.settings.schema import (
    ChatSettings,
    DirectionSettings,
    ModelSettings,
    Settings,
)


@dataclass
class GradientsSlice:
    """Where the read-out of one model is differentiated."""

    name: str
    concept: str
    batch_tokens: int
    model: ModelSettings = field(default_factory=ModelSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        chat, at_once = settings.concept[concept].chat, settings.steering.batch_tokens
        return cls(model, concept, at_once, settings.model[model], chat)


@dataclass
class DirectionsSlice:
    """Which directions are derived."""

    model: str
    concept: str
    seed: int
    directions: DirectionSettings = field(default_factory=DirectionSettings)

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        """The file of a given direction is an input of the job, wherever it lies."""
        others = [name for name in settings.directions.other_concepts if name != concept]
        directions = replace(settings.directions, other_concepts=others, file=None)
        return cls(model, concept, settings.seed, directions)


@dataclass
class CosinesSlice:
    """Whose directions are compared."""

    model: str
    concepts: list[str]

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        return cls(model, settings.concepts)
