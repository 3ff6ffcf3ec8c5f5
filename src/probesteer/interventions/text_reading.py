"""What a probe reads at the last token of texts that a model is given, nothing being pushed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.models.tokens import pad_batch
from probesteer.places import Place
from probesteer.probes.probe import LogisticProbe


@dataclass(frozen=True, eq=False)
class TextReader:
    """A probe and where it reads."""

    place: Place
    probe: LogisticProbe

    @torch.no_grad()
    def log_odds(
        self, loaded: LoadedModel, sequences: Sequence[NDArray[np.int64]]
    ) -> NDArray[np.float64]:
        """Log-odds of label 1 at the last token of each text: [texts].

        sequences: token ids of each text, [tokens], of a causal model; they make one batch.
        """
        ids, mask = pad_batch(loaded, sequences)
        seen: list[Tensor] = []
        with at_place(loaded.blocks, self.place, seen.append):
            loaded.model(input_ids=ids, attention_mask=mask, use_cache=False)
        last = torch.tensor([len(sequence) - 1 for sequence in sequences], device=ids.device)
        read = seen[0][torch.arange(len(sequences), device=ids.device), last]
        return self.probe.scores(read.double().cpu().numpy())
