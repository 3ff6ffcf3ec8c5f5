"""What the two stages that push a model, `steering` and `scale`, read before they push."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from probesteer.errors import ProbesteerError
from probesteer.files.tables import read_table
from probesteer.interventions.centroids import with_centroid_head
from probesteer.interventions.dose_response import DoseGrid
from probesteer.interventions.selection import sample_rows
from probesteer.models.chat import is_chat
from probesteer.models.loading import LoadedModel, load_model
from probesteer.models.record import read_record
from probesteer.settings.schema import ScaleSettings, SteeringSettings
from probesteer.settings.slices.steering import ScaleSlice, SteeringSlice


@dataclass(frozen=True)
class SweepInputs:
    """A model and what is asked of it."""

    loaded: LoadedModel
    prompts: pd.DataFrame  # prompt, positive, negative, group, split
    neutral: list[str]
    grid: DoseGrid
    source: str  # what errors call the prompts and texts


def read_sweep_inputs(
    settings: SteeringSlice | ScaleSlice,
    sweep: SteeringSettings | ScaleSettings,
    record: Path,
    prompts: Path,
    neutral: Path,
    examples: Path,
) -> SweepInputs:
    """Load the model, and as many prompts and neutral texts as `sweep` wants.

    A model that predicts nothing is read at its embeddings, between the centroids of `examples`.
    Raises ProbesteerError for a chat with a model that doesn't continue its prompt.
    """
    loaded = replace(load_model(read_record(record), settings.model), chat=settings.chat)
    loaded = asked_about(loaded, settings.concept, examples, sweep.batch_tokens)
    texts = sample_rows(read_table(neutral), sweep.neutral_texts, settings.seed)
    positions = sweep.positions
    return SweepInputs(
        loaded=loaded,
        prompts=sample_rows(read_table(prompts), sweep.prompts, settings.seed),
        neutral=texts["text"].tolist(),
        grid=DoseGrid(
            strengths=sorted(sweep.strengths),
            unit=sweep.unit,
            positions=[positions] if isinstance(positions, str) else list(positions),
            batch_tokens=sweep.batch_tokens,
            bootstrap_draws=sweep.bootstrap_draws,
            seed=settings.seed,
        ),
        source=f"concept {settings.concept}:",
    )


def asked_about(
    loaded: LoadedModel, concept: str, examples: Path, batch_tokens: int
) -> LoadedModel:
    """The model, whose chat is the concept's, with a head where it predicts nothing by itself.

    Raises ProbesteerError for a chat with a model that doesn't continue its prompt.
    """
    source = f"concept {concept}:"
    if is_chat(loaded.chat) and not loaded.causal:
        # Its prompts are not rendered, and would be read elsewhere than the examples.
        raise ProbesteerError(
            f"{source} model {loaded.name} doesn't continue its prompt, so that it can't be "
            "steered in a chat; leave chat out of the concept's YAML, or choose a causal model"
        )
    if loaded.kind != "encoder":
        return loaded
    train = read_table(examples).query("split == 'train'")
    labelled = train["text"].tolist(), train["label"].tolist()
    return with_centroid_head(loaded, *labelled, batch_tokens, f"{source} example")
