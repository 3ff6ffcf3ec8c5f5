"""Continuations that the steered model writes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from probesteer.directions.direction import Direction
from probesteer.interventions.collapse import distinct, repetition
from probesteer.interventions.edits import Add
from probesteer.interventions.intervene import intervene
from probesteer.interventions.text_reading import TextReader
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import tokenize_prompts

_KEY = ["site", "layer", "method", "positions", "unit", "strength"]
_SCORES = ["read_site", "read_layer", "log_odds"]
_COLLAPSE = ["distinct_1", "distinct_2", "distinct_3", "repetition"]
_COLUMNS = [*_KEY, "prompt", "continuation", "seed", *_SCORES, *_COLLAPSE]


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
    reader: TextReader | None = None,
) -> pd.DataFrame:
    """Sampled continuations of each prompt at each strength, steered from its last token on.

    Columns site, layer, method, positions, unit, strength, prompt, continuation, seed; then what
    `reader` makes of prompt and continuation when the model reads them unsteered, at the last
    token (read_site, read_layer and log_odds of label 1); then the signs of collapse of the
    continuation's tokens, see `collapse`: distinct_1, distinct_2, distinct_3, repetition. Unknown
    numbers are NaN, the place of no reader "none" and -1.

    All strengths of a prompt are one batch; the prompts' seeds count up from `seed`, and the same
    seed gives the same text on one machine. What the model's own settings say about sampling is
    set aside: tokens are drawn from its softmax.

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
        tokens = [_said(loaded, row.cpu().numpy()) for row in written[:, len(ids) :]]
        scores = _scores(loaded, ids, tokens, reader)
        rows += [
            (*key, strength, prompt, text.strip(), drawn, *score, *_signs(said))
            for strength, text, score, said in zip(strengths, texts, scores, tokens, strict=True)
        ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _said(loaded: LoadedModel, row: NDArray[np.int64]) -> NDArray[np.int64]:
    """The tokens of a continuation up to its end: [tokens]."""
    stops = loaded.model.generation_config.eos_token_id
    listed = stops if isinstance(stops, list) else [stops]
    ends = np.isin(
        row, [stop for stop in (*listed, loaded.tokenizer.eos_token_id) if stop is not None]
    )
    return row[: int(ends.argmax())] if ends.any() else row


def _scores(
    loaded: LoadedModel,
    prompt: NDArray[np.int64],
    tokens: Sequence[NDArray[np.int64]],
    reader: TextReader | None,
) -> list[tuple[str, int, float]]:
    """Place and log-odds for each continuation; nothing was read of one without tokens."""
    if reader is None:
        return [("none", -1, float("nan"))] * len(tokens)
    read = reader.log_odds(loaded, [np.concatenate([prompt, said]) for said in tokens])
    return [
        (reader.place.site, reader.place.layer, float(odds) if len(said) else float("nan"))
        for odds, said in zip(read, tokens, strict=True)
    ]


def _signs(tokens: NDArray[np.int64]) -> tuple[float, ...]:
    said = tokens.tolist()
    return (*(distinct(said, n) for n in (1, 2, 3)), repetition(said))


def _filler(loaded: LoadedModel) -> int:
    """Follows a continuation that has ended; the end-of-text token, as decoding leaves it out."""
    end = loaded.tokenizer.eos_token_id
    return loaded.pad_id if end is None else int(end)


def _room(loaded: LoadedModel, length: int, new_tokens: int) -> int:
    """As many new tokens as are wanted and the context still holds."""
    context = loaded.context_length
    return new_tokens if context is None else max(1, min(new_tokens, context - length))
