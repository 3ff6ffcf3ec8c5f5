"""Read, check and split the data of a concept."""

from typing import Any

from probesteer.concepts.positions import parse_position
from probesteer.concepts.preparation import prepare_concept
from probesteer.concepts.targets import LabelKind
from probesteer.files.tables import write_table
from probesteer.settings.slices.reading import ExamplesSlice
from probesteer.stages.interface import InputPath, OutputPath


def run(
    settings: ExamplesSlice,
    provenance: dict[str, Any],
    *,
    examples: InputPath,
    prompts: InputPath,
    neutral: InputPath,
    examples_table: OutputPath,
    prompts_table: OutputPath,
    neutral_table: OutputPath,
) -> None:
    """Write the three frames of the concept as tables."""
    shares = {
        "train": settings.split.train,
        "validation": settings.split.validation,
        "test": settings.split.test,
    }
    position = parse_position(settings.position)
    concept = prepare_concept(
        examples,
        prompts,
        neutral,
        shares,
        settings.seed,
        position,
        settings.columns,
        settings.prompt_columns,
        settings.chat,
        settings.messages,
        settings.folds,
        settings.resplits,
        LabelKind(settings.kind, settings.classes),
    )
    write_table(neutral_table, concept.neutral, provenance)
    write_table(prompts_table, concept.prompts, provenance)
    write_table(examples_table, concept.examples, provenance)
