"""Continuations that the steered model writes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from probesteer.directions.direction import Direction
from probesteer.interventions.edits import Add
from probesteer.interventions.intervene import intervene
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import tokenize


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
    strengths of a prompt are one batch; the same seed gives the same text on one machine.
    """
    pushes = np.stack([direction.push(strength, unit) for strength in strengths])
    edit = Add(torch.from_numpy(pushes.astype(np.float32)))
    rows = []
    for prompt, ids in zip(prompts, tokenize(loaded, prompts, source).ids, strict=True):
        batch = torch.from_numpy(ids).to(loaded.device).repeat(len(strengths), 1)
        torch.manual_seed(seed)
        with intervene(loaded, direction.place, edit, start=len(ids) - 1):
            written = loaded.model.generate(
                input_ids=batch,
                attention_mask=torch.ones_like(batch),
                max_new_tokens=_room(loaded, len(ids), new_tokens),
                do_sample=True,
                temperature=temperature,
                top_k=0,
                pad_token_id=loaded.pad_id,
            )
        texts = loaded.tokenizer.batch_decode(written[:, len(ids) :], skip_special_tokens=True)
        rows += [
            {
                "site": direction.place.site,
                "layer": direction.place.layer,
                "method": direction.method,
                "positions": "from_last",
                "unit": unit,
                "strength": strength,
                "prompt": prompt,
                "continuation": text.strip(),
                "seed": seed,
            }
            for strength, text in zip(strengths, texts, strict=True)
        ]
    return pd.DataFrame(rows)


def _room(loaded: LoadedModel, length: int, new_tokens: int) -> int:
    """As many new tokens as are wanted and the context still holds."""
    context = loaded.context_length
    return new_tokens if context is None else max(1, min(new_tokens, context - length))
