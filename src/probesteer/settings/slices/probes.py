"""What the stages of the probes are told of the settings."""

from dataclasses import dataclass, field
from typing import Self

from probesteer.settings.schema import (
    ProbeSettings,
    Settings,
)


@dataclass
class ProbesSlice:
    """How probes are fitted and judged."""

    model: str
    concept: str
    seed: int
    kind: str = "binary"
    probe: ProbeSettings = field(default_factory=ProbeSettings)

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        kind = settings.concept[concept].kind
        return cls(model, concept, settings.seed, kind, settings.probe)


@dataclass
class PositionsSlice:
    """How the probes of a window of tokens are fitted."""

    model: str
    concept: str
    seed: int
    window: int
    probe: ProbeSettings = field(default_factory=ProbeSettings)

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        window = settings.concept[concept].window
        return cls(model, concept, settings.seed, window, settings.probe)


@dataclass
class TransferSlice:
    """Whose probes are tried on whose examples."""

    model: str
    seed: int
    bootstrap_draws: int
    families: dict[str, str] = field(default_factory=dict)  # of every concept, in their order

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        """A concept without a family is one of its own."""
        families = {name: settings.concept[name].family or name for name in settings.concepts}
        return cls(model, settings.seed, settings.probe.bootstrap_draws, families)


@dataclass
class SignificanceSlice:
    """Whose p-values are corrected together."""

    model: str

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        return cls(model)
