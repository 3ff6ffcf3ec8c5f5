"""What the stages that push a model are told of the settings."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from probesteer.settings.schema import (
    AskedSettings,
    ChatSettings,
    ModelSettings,
    OperatorsSettings,
    SampleSettings,
    ScaleSettings,
    Settings,
    SteeringSettings,
)


@dataclass
class SteeringSlice:
    """The dose-response grid on one model."""

    name: str
    concept: str
    seed: int
    model: ModelSettings = field(default_factory=ModelSettings)
    steering: SteeringSettings = field(default_factory=SteeringSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)
    asked: AskedSettings = field(default_factory=AskedSettings)

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        asked, steering = settings.concept[concept], replace(settings.steering, entanglement=[])
        loaded = settings.model[model]
        return cls(model, concept, settings.seed, loaded, steering, asked.chat, asked.asked)


@dataclass
class EntanglementSlice:
    """How far each concept's direction moves the others, on one model."""

    name: str
    seed: int
    concepts: list[str]
    model: ModelSettings = field(default_factory=ModelSettings)
    steering: SteeringSettings = field(default_factory=SteeringSettings)
    chats: dict[str, ChatSettings] = field(default_factory=dict)  # by concept

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        unread: dict[str, Any] = {
            "samples": SampleSettings(),
            "readout": [],
            "operators": OperatorsSettings(),
        }
        steering = replace(settings.steering, **unread)
        chats = {name: settings.concept[name].chat for name in settings.concepts}
        loaded = settings.model[model]
        return cls(model, settings.seed, settings.concepts, loaded, steering, chats)


@dataclass
class ScaleSlice:
    """The fine range of strengths and factors on one model."""

    name: str
    concept: str
    seed: int
    model: ModelSettings = field(default_factory=ModelSettings)
    scale: ScaleSettings = field(default_factory=ScaleSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        chat, loaded = settings.concept[concept].chat, settings.model[model]
        return cls(model, concept, settings.seed, loaded, settings.scale, chat)


@dataclass
class SteerabilitySlice:
    """How the slopes of a model's prompts are taken."""

    model: str
    seed: int
    slope_range: float
    bootstrap_draws: int

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        scale = settings.scale
        return cls(model, settings.seed, scale.slope_range, scale.bootstrap_draws)
