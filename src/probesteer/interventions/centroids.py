"""A read-out for encoders without a head: the shift towards the positive examples' centroid."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from probesteer.errors import ProbesteerError
from probesteer.models.inputs import TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import batches_by_length, tokenize


class CentroidHead(nn.Module):
    """Two classes from the place of a text's embedding between two centroids.

    The embedding is the mean over real tokens. Its projection on the line through the centroids
    is taken as normal within a class, with one variance for both; the logits are the
    log-likelihoods, so that their difference is linear discriminant analysis on that line.
    """

    def __init__(self, encoder: Any, negative: Tensor, positive: Tensor, spread: Tensor) -> None:
        """negative, positive: centroids [d]. spread: standard deviation within a class, []."""
        super().__init__()
        self.encoder = encoder
        self.config = encoder.config
        self._towards = (positive - negative) / (positive - negative).norm()
        self._means = torch.stack([negative @ self._towards, positive @ self._towards])
        self._spread = spread

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> SimpleNamespace:
        """input_ids, attention_mask: [batch, tokens]; `logits` of the result: [batch, 2]."""
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        along = embed(self.encoder, input_ids, mask).float() @ self._towards
        distance = (along[:, None] - self._means) / self._spread
        return SimpleNamespace(logits=-0.5 * distance**2)


def embed(encoder: Any, ids: Tensor, mask: Tensor) -> Tensor:
    """The mean of the last hidden states over real tokens: [batch, d]."""
    hidden: Tensor = encoder(input_ids=ids, attention_mask=mask)[0]
    weights = mask.to(hidden)[:, :, None]
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1)


@torch.no_grad()
def with_centroid_head(
    loaded: LoadedModel,
    texts: Sequence[str],
    labels: Sequence[int],
    batch_tokens: int,
    source: str,
) -> LoadedModel:
    """The encoder with a head whose centroids are those of `texts` with label 0 and 1.

    Raises ProbesteerError where the two coincide.
    """
    inputs = TextInputs(tokenize(loaded, texts, source).ids)
    embedded: list[Tensor] = [torch.empty(0)] * len(texts)
    for batch in batches_by_length(inputs.lengths, batch_tokens, padded=False):
        given = inputs.batch(loaded, batch.tolist())
        found = embed(loaded.model, given["input_ids"], given["attention_mask"]).float()
        for example, row in zip(batch.tolist(), found, strict=True):
            embedded[example] = row
    points, positive = torch.stack(embedded), torch.tensor(labels, device=loaded.device) == 1
    centroids = points[~positive].mean(dim=0), points[positive].mean(dim=0)
    apart = centroids[1] - centroids[0]
    if not float(apart.norm()) > 0:
        raise ProbesteerError(
            f"{source}: both labels have the same mean embedding in model {loaded.name}, "
            "so that nothing lies between them; ask for the probes alone: snakemake probes"
        )
    along = points @ (apart / apart.norm())
    within = torch.where(positive, along - along[positive].mean(), along - along[~positive].mean())
    spread = within.square().mean().sqrt().clamp_min(1e-6 * float(apart.norm()))
    return replace(loaded, model=CentroidHead(loaded.model, *centroids, spread))
