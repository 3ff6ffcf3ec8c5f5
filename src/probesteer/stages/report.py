"""Write the report of an experiment."""

from typing import Any
from probesteer.settings.slices import ReportSlice


def run(settings: ReportSlice, provenance: dict[str, Any]) -> None:
    """Placeholder until the room `report` is there."""
