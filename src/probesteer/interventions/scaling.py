"""Activations scaled as a whole: x <- s x, at one place and all tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from probesteer.interventions.checkpoint import NOT_KEPT, Checkpoints
from probesteer.interventions.edits import Multiply
from probesteer.interventions.readouts import prompt_rows, text_rows
from probesteer.interventions.sweep import run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.places import Place

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class ScalingResponse:
    """Responses to factors at one place; the factor 1 is the model as it is."""

    change: Numbers  # [factors, prompts], of the logit difference; nats
    kl: Numbers  # [factors, prompts], nats
    prediction_changed: Numbers  # [factors, prompts], 1 where the likeliest next token changed
    neutral_loss: Numbers  # [factors, texts], nats per token


def measure_scaling(
    loaded: LoadedModel,
    prompts: pd.DataFrame,
    neutral: Sequence[str],
    places: Sequence[Place],
    factors: Sequence[float],
    batch_tokens: int,
    source: str,
    checkpoints: Checkpoints = NOT_KEPT,
) -> dict[Place, ScalingResponse]:
    """Responses by place (Black et al. 2022, "Interpreting neural networks through the polytope
    lens", arXiv:2211.12312: scaling changes what is predicted where it leaves the polytope).
    checkpoints: from which sweeps that were stopped go on.
    """
    edits = {place: Multiply(torch.tensor(list(factors))) for place in places}
    rows, tokens = text_rows(loaded, neutral, source)
    kept = checkpoints.of("factors neutral")
    texts = run_sweep(loaded, rows, edits, "all", batch_tokens, label="neutral", checkpoint=kept)
    asked = prompt_rows(loaded, prompts, source)
    kept = checkpoints.of("factors all")
    sweep = run_sweep(loaded, asked, edits, "all", batch_tokens, label="scaling", checkpoint=kept)
    return {
        place: ScalingResponse(
            change=sweep.results[place].score - sweep.score,
            kl=sweep.results[place].kl,
            prediction_changed=1 - sweep.results[place].same_top,
            neutral_loss=-texts.results[place].score / tokens,
        )
        for place in places
    }
