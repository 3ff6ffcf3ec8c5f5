"""Continuations that the steered model writes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from probesteer.directions.direction import Direction
from probesteer.interventions.edits import Add
from probesteer.interventions.intervene import intervene
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import tokenize_prompts

_KEY = ["site", "layer", "method", "positions", "unit", "strength"]
_COLUMNS = [*_KEY, "prompt", "continuation", "seed"]


@torch.no_grad()
def sample_continuations(
    loaded: LoadedModel,
    prompts: Sequence[str],
    direction: Direction,
    strengths: Sequence[float],
    unit: str,
    new_tokens: int,
    temperature: float,
    seed: int,
    source: str,
) -> pd.DataFrame:
    """Sampled continuations of each prompt at each strength, steered from its last token on.

    Columns site, layer, method, positions, unit, strength, prompt, continuation, seed. All
    strengths of a prompt are one batch; the prompts' seeds count up from `seed`, and the same seed
    gives the same text on one machine. What the model's own settings say about sampling is set
    aside: tokens are drawn from its softmax.

    Without prompts or strengths the table is empty.
    """
    if not prompts or not strengths:
        return pd.DataFrame(columns=_COLUMNS)
    pushes = np.stack([direction.push(strength, unit) for strength in strengths])
    edit = Add(torch.from_numpy(pushes.astype(np.float32)))
    rows = []
    sequences = tokenize_prompts(loaded, prompts, source).ids
    for drawn, (prompt, ids) in enumerate(zip(prompts, sequences, strict=True), start=seed):
        batch = torch.from_numpy(ids).to(loaded.device).repeat(len(strengths), 1)
        torch.manual_seed(drawn)
        with intervene(loaded, direction.place, edit, len(ids) - 1):
            written = loaded.model.generate(
                input_ids=batch,
                attention_mask=torch.ones_like(batch),
                max_new_tokens=_room(loaded, len(ids), new_tokens),
                do_sample=True,
                temperature=temperature,
                top_k=0,
                top_p=1.0,
                repetition_penalty=1.0,
                pad_token_id=_filler(loaded),
            )
        texts = loaded.tokenizer.batch_decode(written[:, len(ids) :], skip_special_tokens=True)
        place = direction.place
        key = (place.site, place.layer, direction.method, "from_last", unit)
        rows += [
            (*key, strength, prompt, text.strip(), drawn)
            for strength, text in zip(strengths, texts, strict=True)
        ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _filler(loaded: LoadedModel) -> int:
    """Follows a continuation that has ended; the end-of-text token, as decoding leaves it out."""
    end = loaded.tokenizer.eos_token_id
    return loaded.pad_id if end is None else int(end)


def _room(loaded: LoadedModel, length: int, new_tokens: int) -> int:
    """As many new tokens as are wanted and the context still holds."""
    context = loaded.context_length
    return new_tokens if context is None else max(1, min(new_tokens, context - length))
