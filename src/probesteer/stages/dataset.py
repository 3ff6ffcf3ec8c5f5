"""Bring a concept's examples to this disk with the `datasets` library."""

from typing import Any

from probesteer.concepts.datasets import fetch_examples
from probesteer.settings.slices.reading import DatasetSlice
from probesteer.stages.interface import OutputPath


def run(settings: DatasetSlice, provenance: dict[str, Any], *, examples: OutputPath) -> None:
    """Write the rows of one split as parquet, with the columns that they have."""
    fetch_examples(settings.dataset, f"concept {settings.concept}", examples)
