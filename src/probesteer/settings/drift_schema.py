"""The part of the schema that says which checkpoints are compared."""

from dataclasses import dataclass, field


@dataclass
class DriftSettings:
    """Checkpoints or fine-tunes of one model, whose directions are compared."""

    checkpoints: list[list[str]] = field(default_factory=list)  # pairs: one of `models`, another
    concepts: list[str] = field(default_factory=list)  # some of `concepts`; []: all
