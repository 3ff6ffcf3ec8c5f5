"""Fetch a model: the only stage that may use the network."""

from pathlib import Path
from typing import Any

from probesteer.models.fetching import fetch_model
from probesteer.models.record import write_record
from probesteer.settings.slices.reading import FetchSlice
from probesteer.stages.interface import OutputPath


def run(settings: FetchSlice, provenance: dict[str, Any], *, record: OutputPath) -> None:
    """Relative model paths start at the folder in which the workflow runs."""
    write_record(record, fetch_model(settings.name, settings.model, Path.cwd()))
