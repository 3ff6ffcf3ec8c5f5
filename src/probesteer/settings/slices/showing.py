"""What the figures and the report are told of the settings."""

from dataclasses import dataclass, field
from typing import Self

from probesteer.settings.schema import (
    PlotSettings,
    Settings,
)


@dataclass
class FiguresSlice:
    """Look of the figures of one model."""

    model: str
    plot: PlotSettings = field(default_factory=PlotSettings)

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        return cls(model, settings.plot)


@dataclass
class ReportSlice:
    """The whole settings: the report shows them."""

    settings: Settings = field(default_factory=Settings)

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        return cls(settings)
