"""What the stages of the directions read of the settings."""

from dataclasses import dataclass, field, replace
from typing import Any

from probesteer.settings.schema import (
    ChatSettings,
    DirectionSettings,
    ModelSettings,
    Settings,
)

OF_DIRECTIONS = ("gradients", "directions", "cosines")


@dataclass
class GradientsSlice:
    """Where the read-out of one model is differentiated."""

    name: str
    concept: str
    batch_tokens: int
    model: ModelSettings = field(default_factory=ModelSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)


@dataclass
class DirectionsSlice:
    """Which directions are derived."""

    model: str
    concept: str
    seed: int
    directions: DirectionSettings = field(default_factory=DirectionSettings)


@dataclass
class CosinesSlice:
    """Whose directions are compared."""

    model: str
    concepts: list[str]


def directions_slice(stage: str, settings: Settings, model: str, concept: str) -> Any:
    """The slice of one of `OF_DIRECTIONS`."""
    if stage == "cosines":
        return CosinesSlice(model, settings.concepts)
    if stage == "gradients":
        chat = settings.concept[concept].chat
        at_once = settings.steering.batch_tokens
        return GradientsSlice(model, concept, at_once, settings.model[model], chat)
    others = [name for name in settings.directions.other_concepts if name != concept]
    # The file is an input of the job, wherever it lies.
    directions = replace(settings.directions, other_concepts=others, file=None)
    return DirectionsSlice(model, concept, settings.seed, directions)
