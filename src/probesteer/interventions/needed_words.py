"""Predictions of some words alone: the output embedding is computed for those that are read.

Where a score is a difference of log-probabilities at one position, what normalises them cancels,
and the logits of the words that are compared are all that it takes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor, nn

from probesteer.interventions.predictions import predictions
from probesteer.interventions.scoring import RowBatch
from probesteer.models.contract import TOLERANCE
from probesteer.models.loading import LoadedModel


class NeededWords:
    """Narrows batches and the model to the words that scores are made of, where that is sound."""

    def __init__(self, loaded: LoadedModel) -> None:
        self._loaded = loaded
        found = getattr(loaded.model, "get_output_embeddings", lambda: None)()
        # One whose forward was replaced may have its weights elsewhere.
        plain = type(found) is nn.Linear and "forward" not in found.__dict__
        self._head: nn.Linear | None = found if plain else None
        self._proved = False

    @contextmanager
    def narrowed(self, batch: RowBatch) -> Iterator[RowBatch]:
        """Inside, the model predicts the words of the batch that is given: [batch, kept, words].

        Its tokens count among these. All words and the batch itself where a score needs them all,
        or the model does not put out single ones.
        """
        if self._head is None or not batch.normaliser_cancels:
            yield batch
            return
        words, among = torch.unique(batch.tokens, return_inverse=True)
        if not self._proved and not self._alone(self._head, batch.first(2), words):
            self._head = None
            yield batch
            return
        self._proved = True
        with only_words(self._head, words):
            yield replace(batch, tokens=among)

    def _alone(self, head: nn.Linear, sample: RowBatch, words: Tensor) -> bool:
        """Whether the logits of `words` are the same without the others."""
        every = predictions(self._loaded, sample.inputs, sample.kept)[..., words].float()
        try:
            with only_words(head, words):
                alone = predictions(self._loaded, sample.inputs, sample.kept).float()
        except (RuntimeError, IndexError):
            return False  # it goes on with a logit for every word, such as by a bias of its own
        if alone.shape != every.shape:
            return False
        tolerance = TOLERANCE.get(head.weight.dtype, 1e-4)
        return bool((alone - every).abs().max() <= tolerance * every.abs().max())


@contextmanager
def only_words(head: nn.Linear, words: Tensor) -> Iterator[None]:
    """Inside, `head` gives the outputs `words`, [n], alone, in that order."""
    words = words.to(head.weight.device)
    weight = head.weight[words]
    bias = None if head.bias is None else head.bias[words]
    head.__dict__["forward"] = lambda x: nn.functional.linear(x, weight, bias)
    try:
        yield
    finally:
        del head.__dict__["forward"]
