"""The gradient of the read-out with respect to a vector added at a place."""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.interventions.predictions import first_edited, predicted, predictions
from probesteer.interventions.scoring import ScoredRow, batch_rows
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.places import Place

# Logits held at once: 2^26 float32 are 256 MB, and the backward pass holds several of that size.
_LOGITS_AT_ONCE = 2**26


def logit_gradients(
    loaded: LoadedModel, rows: Sequence[ScoredRow], places: Sequence[Place], batch_tokens: int
) -> dict[Place, NDArray[np.float32]]:
    """How the score of each item grows with a vector added at a place: [items, d], nats per unit.

    The vector is added from the last prompt token on (of an image to all tokens), as an edit
    "from_last" adds it; the gradient is taken where nothing is added yet. rows: of prompts, such
    as `readouts.prompt_rows` gives, whose score is log p(positive) - log p(negative). The model's
    parameters get no gradients. All places are read in one pass back.
    """
    items = 1 + max(row.item for row in rows)
    found: dict[Place, NDArray[np.float32]] = {}
    at_once = _LOGITS_AT_ONCE // predicted(loaded)
    for batch in batch_rows(rows, loaded.device, batch_tokens, at_once):
        added: dict[Place, Tensor] = {}
        with torch.enable_grad(), ExitStack() as hooks:
            for place in places:
                hooks.enter_context(at_place(loaded.blocks, place, partial(_probe, added, place)))
            logits = predictions(loaded, batch.inputs, batch.kept)
            score = batch.score(logits[:, None]).sum()
            gradients = torch.autograd.grad(score, [added[place] for place in places])
        for place, gradient in zip(places, gradients, strict=True):
            start = first_edited(loaded, place, batch.start)
            towards = gradient[:, start:].float().sum(dim=1).cpu().numpy()
            whole = found.setdefault(place, np.zeros((items, towards.shape[1]), dtype=np.float32))
            # A prompt with longer continuations has two rows, whose scores add up.
            np.add.at(whole, batch.items, towards)
    return found


def _probe(added: dict[Place, Tensor], place: Place, x: Tensor) -> Tensor:
    """x plus a zero that gradients are taken with respect to."""
    added[place] = torch.zeros_like(x, requires_grad=True)
    return x + added[place]
