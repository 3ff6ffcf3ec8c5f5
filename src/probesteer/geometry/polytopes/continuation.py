"""Let a HuggingFace model go on from activations at a place, and read its spline codes."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.geometry.polytopes.codes import SplineCodes, pack_codes
from probesteer.geometry.polytopes.gates import find_gates, gates_between
from probesteer.geometry.polytopes.passage import Passage, join_passages
from probesteer.geometry.polytopes.recording import Read, Recorder, openness, signs
from probesteer.models.inputs import Inputs
from probesteer.models.loading import LoadedModel
from probesteer.models.replay import resumed_after
from probesteer.models.sites import at_place
from probesteer.models.stopping import stopped_after
from probesteer.models.tokens import batches_by_length
from probesteer.places import Place

_BEFORE_MLP = ("resid_pre", "head", "attn_out", "resid_mid")


class ModelContinuation:
    """The rest of a model after a place; the other tokens of an example keep what they have.

    Codes are of the units after the place: of the token at which the activation is for texts, of
    the whole map for images.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        inputs: Inputs,
        place: Place,
        token: NDArray[np.int64] | None = None,
        last_layer: int | None = None,
        outputs: Sequence[int] = (),
        batch_tokens: int = 2048,
    ) -> None:
        """token: [examples], where in each text the activation is; None for images, whose
        activation is the whole map. last_layer: of the codes; None: the model's last block.
        outputs: tokens or classes whose logits are kept.

        Raises ProbesteerError for a model with an encoder and a decoder, and where no unit's
        sign can be read.
        """
        if loaded.kind == "encoder_decoder":
            raise ProbesteerError(
                f"model {loaded.name}: polytopes of models with an encoder and a decoder are not "
                "supported; leave the polytopes out for this model"
            )
        if (token is None) != (loaded.kind == "image"):
            raise ValueError("texts need the token of every example, images none")
        self._loaded, self._inputs, self._place, self._token = loaded, inputs, place, token
        self._batch_tokens, self._outputs = batch_tokens, list(outputs)
        first = place.layer + (place.site not in _BEFORE_MLP)
        self._last = len(loaded.blocks) - 1 if last_layer is None else last_layer
        self._gates = gates_between(loaded, find_gates(loaded), first, self._last)

    @torch.no_grad()
    def activations(self, examples: NDArray[np.int64]) -> NDArray[np.float32]:
        """What the model itself has at the place: [m, d]; of images the map, flattened."""
        order, parts = [], []
        for rows in self._batches(examples):
            given = self._inputs.batch(self._loaded, examples[rows].tolist())
            hidden = self._run_below(given)[0]
            parts.append(self._chosen(hidden, examples[rows]).float().cpu().numpy())
            order.append(rows)
        activations: NDArray[np.float32] = np.concatenate(parts)
        return activations[np.argsort(np.concatenate(order))]

    def codes_of(self, examples: NDArray[np.int64]) -> SplineCodes:
        """The codes of unchanged examples: [m]."""
        return self._read(None, examples).codes

    @torch.no_grad()
    def soft_codes_of(
        self, examples: NDArray[np.int64], activations: NDArray[np.floating[Any]] | None = None
    ) -> NDArray[np.float32]:
        """How far each unit is open, 0 to 1: [m, units]; for functions that don't jump.

        x Phi(x) of GELU is open by Phi(x), x sigmoid(x) of SiLU by sigmoid(x): the soft codes of
        Balestriero & Baraniuk 2018 (arXiv 1810.09274). Of ReLU they are the bits of the code.
        activations: [m, d], put at the place; None: what the model itself has there.
        """
        order, parts = [], []
        for rows in self._batches(examples):
            new = None if activations is None else torch.from_numpy(activations[rows])
            parts.append(self._pass(examples[rows], new, openness)[0])
            order.append(rows)
        soft: NDArray[np.float32] = np.concatenate(parts)
        return soft[np.argsort(np.concatenate(order))]

    def name_of(self, prediction: int) -> str:
        """A class by the name that the model gives it, a token by its text; "" for none (-1)."""
        if prediction < 0:
            return ""
        if self._loaded.kind == "image":
            return str(self._loaded.model.config.id2label.get(prediction, prediction))
        return str(self._loaded.tokenizer.decode([prediction]))

    def __call__(
        self, activations: NDArray[np.floating[Any]], examples: NDArray[np.int64]
    ) -> Passage:
        """activations: [m, d], put at the place in the examples [m]."""
        return self._read(activations, examples)

    @torch.no_grad()
    def _read(
        self, activations: NDArray[np.floating[Any]] | None, examples: NDArray[np.int64]
    ) -> Passage:
        order, parts = [], []
        for rows in self._batches(examples):
            new = None if activations is None else torch.from_numpy(activations[rows])
            units, scores, predicted = self._pass(examples[rows], new, signs)
            parts.append(Passage(pack_codes(units), scores, predicted))
            order.append(rows)
        return join_passages(parts, np.concatenate(order))

    def _batches(self, examples: NDArray[np.int64]) -> Sequence[NDArray[np.int64]]:
        lengths = self._inputs.lengths[examples]
        return list(batches_by_length(lengths, self._batch_tokens, padded=False))

    def _pass(
        self, examples: NDArray[np.int64], new: Tensor | None, read: Read
    ) -> tuple[NDArray[Any], NDArray[np.float32], NDArray[np.int64]]:
        """What is read of the units, the scores and the predictions.

        Rows are of equal length; those of one example share what lies below the place.
        """
        distinct, row = np.unique(examples, return_inverse=True)
        given = self._inputs.batch(self._loaded, distinct.tolist())
        at = torch.from_numpy(row).to(self._loaded.device)
        stacked = {name: x[at] if isinstance(x, Tensor) else x for name, x in given.items()}
        recorder = Recorder(self._loaded, self._gates, stacked, self._tokens(examples), read)
        with ExitStack() as hooks:
            if new is not None:
                hidden, outputs = self._run_below(given)
                changed = self._changed(hidden[at], examples, new)
                blocks = self._loaded.blocks
                if self._loaded.kind == "image":
                    # The map may change its size from block to block, so none is skipped.
                    hooks.enter_context(at_place(blocks, self._place, lambda _: changed))
                else:
                    hooks.enter_context(resumed_after(blocks, self._place, changed, outputs))
            recorder.attach(hooks)
            scores, predicted = self._predictions(stacked, examples)
        return recorder.units(), scores, predicted

    def _run_below(self, given: Mapping[str, Any]) -> tuple[Tensor, list[Any]]:
        """What is at the place, and what each block up to it returned."""
        hidden: list[Tensor] = []
        outputs: list[Any] = []
        blocks = self._loaded.blocks
        with ExitStack() as hooks:
            for block in blocks[: self._place.layer + 1]:
                handle = block.register_forward_hook(lambda _, __, output: outputs.append(output))
                hooks.callback(handle.remove)
            hooks.enter_context(at_place(blocks, self._place, lambda x: hidden.append(x.clone())))
            with stopped_after(blocks, self._place.layer):
                self._loaded.model(**given)
        ids = given.get("input_ids")
        if ids is not None and hidden[0].shape[:2] != ids.shape:
            raise ProbesteerError(
                f"model {self._loaded.name}: {self._place.label} has other rows than the tokens; "
                "leave the polytopes out for this model"
            )
        return hidden[0], outputs

    def _tokens(self, examples: NDArray[np.int64]) -> Tensor | None:
        if self._token is None:
            return None
        return torch.from_numpy(self._token[examples]).to(self._loaded.device)

    def _chosen(self, hidden: Tensor, examples: NDArray[np.int64]) -> Tensor:
        """hidden: [batch, tokens, d] -> [batch, d], or the whole map flattened."""
        token = self._tokens(examples)
        if token is None:
            return hidden.flatten(1)
        return hidden[torch.arange(len(hidden), device=hidden.device), token.to(hidden.device)]

    def _changed(self, hidden: Tensor, examples: NDArray[np.int64], new: Tensor) -> Tensor:
        """The tensor at the place, [batch, tokens, d], with `new`: [batch, d] in it."""
        token = self._tokens(examples)
        if token is None:
            return new.to(hidden).view_as(hidden)
        changed = hidden.clone()
        rows = torch.arange(len(hidden), device=hidden.device)
        changed[rows, token.to(hidden.device)] = new.to(hidden)
        return changed

    def _predictions(
        self, given: Mapping[str, Any], examples: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        token = self._tokens(examples)
        options: dict[str, Any] = {}
        if self._loaded.causal and token is not None:
            kept, token = torch.unique(token, return_inverse=True)
            options = {"use_cache": False, "logits_to_keep": kept}
        logits = getattr(self._loaded.model(**given, **options), "logits", None)
        if logits is None:
            nothing = np.zeros((len(examples), len(self._outputs)), dtype=np.float32)
            return nothing, np.full(len(examples), -1, dtype=np.int64)
        if logits.dim() == 3:
            rows = torch.arange(len(logits), device=logits.device)
            logits = logits[rows, token]
        scores: NDArray[np.float32] = logits[:, self._outputs].float().cpu().numpy()
        return scores, logits.argmax(dim=1).cpu().numpy()
