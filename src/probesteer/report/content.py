"""What goes into the report page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class ConceptText:
    """A concept in its author's words."""

    description: str
    labels: tuple[str, str]
    """What the two sides mean: label 0 and label 1, the other classes and the last, the low and the
    high end. Directions point towards the second."""


@dataclass(frozen=True)
class ReportContent:
    """Everything that the page shows; all text in it is treated as untrusted."""

    experiment: str
    tables: Mapping[str, pd.DataFrame]
    """By name, with the rows of all models: probes, and those that were made of directions,
    steering, scale, sensitivity, samples, significance, transfer, calibration, sparse,
    positions."""

    figures: Mapping[tuple[str, str], bytes]
    """(model, figure's name) -> SVG."""

    settings: Mapping[str, Any]
    """The composed settings, as values that JSON knows."""

    versions: Mapping[str, str]
    """Package -> version."""

    resources: pd.DataFrame
    """One row a job: model, concept, stage, wall_s (seconds), peak_rss_mb, peak_gpu_mb (MB)."""

    concepts: Mapping[str, ConceptText] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Where the inputs come from, such as digests and revisions, as values that JSON knows."""
