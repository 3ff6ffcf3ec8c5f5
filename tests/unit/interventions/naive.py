"""Plain references: one prompt and one edit at a time, a hook of torch's own, a full softmax."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from probesteer.interventions.scoring import ScoredRow, text_row
from probesteer.models.loading import LoadedModel
from probesteer.places import Place

CAUSAL = ("gpt2", "llama", "opt", "gptneox")
Change = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Prompt:
    """A prompt and two continuations, as tokens."""

    ids: tuple[int, ...]
    positive: tuple[int, ...]
    negative: tuple[int, ...]

    def rows(self, item: int) -> list[ScoredRow]:
        """The rows whose scores add up to log p(positive) - log p(negative)."""
        start = len(self.ids) - 1
        if len(self.positive) == len(self.negative) == 1:
            tokens = (self.positive[0], self.negative[0])
            return [
                text_row(item, np.array(self.ids), start, (start, start), tokens, (1, -1), True)
            ]
        rows = []
        for sign, target in ((1, self.positive), (-1, self.negative)):
            ids = np.array([*self.ids, *target[:-1]])
            positions = tuple(range(start, start + len(target)))
            signs = (sign,) * len(target)
            rows.append(text_row(item, ids, start, positions, target, signs, sign > 0))
        return rows


def adding(vector: Tensor) -> Change:
    """x <- x + v."""
    return lambda x: x + vector


def multiplying(factor: float) -> Change:
    """x <- s x."""
    return lambda x: x * factor


PROMPTS = (
    Prompt((5, 9, 3, 7), (11,), (12,)),
    Prompt((6,), (8,), (4,)),
    Prompt((4, 4, 10, 13, 5, 9, 20), (14, 6), (15, 7, 3)),
    Prompt((9, 3), (16, 4), (18,)),
    Prompt((22, 21, 8, 3), (3, 9), (5,)),
)


def all_places(loaded: LoadedModel) -> list[Place]:
    """The embedding and every block."""
    blocks = range(len(blocks_of(loaded)))
    return [Place("resid_pre", 0), *(Place("resid_post", layer) for layer in blocks)]


def blocks_of(loaded: LoadedModel) -> Any:
    """The blocks, found by the names that each architecture gives them."""
    return {
        "gpt2": lambda model: model.transformer.h,
        "llama": lambda model: model.model.layers,
        "opt": lambda model: model.model.decoder.layers,
        "gpt_neox": lambda model: model.gpt_neox.layers,
        "mistral": lambda model: model.model.layers,
    }[loaded.model.config.model_type](loaded.model)


@torch.no_grad()
def log_probabilities(
    loaded: LoadedModel,
    ids: tuple[int, ...],
    place: Place | None = None,
    change: Change | None = None,
    start: int = 0,
) -> Tensor:
    """[tokens, vocabulary], with `change` made at `place` from token `start` on."""
    handle = None
    if place is not None and change is not None:
        handle = _hook(blocks_of(loaded)[place.layer], place.site, change, start)
    try:
        logits = loaded.model(torch.tensor([ids]), use_cache=False).logits[0]
    finally:
        if handle is not None:
            handle.remove()
    return torch.log(torch.softmax(logits.double(), dim=-1))


def logit_difference(
    loaded: LoadedModel,
    prompt: Prompt,
    place: Place | None = None,
    change: Change | None = None,
    positions: str = "all",
) -> float:
    """log p(positive) - log p(negative)."""
    start = len(prompt.ids) - 1
    total = 0.0
    for sign, target in ((1, prompt.positive), (-1, prompt.negative)):
        edited_from = start if positions == "from_last" else 0
        ids = (*prompt.ids, *target[:-1])
        read = log_probabilities(loaded, ids, place, change, edited_from)
        total += sign * sum(float(read[start + step, token]) for step, token in enumerate(target))
    return total


def next_token(
    loaded: LoadedModel,
    prompt: Prompt,
    place: Place | None = None,
    change: Change | None = None,
    positions: str = "all",
) -> Tensor:
    """Log-probabilities of the token after the prompt: [vocabulary]."""
    start = len(prompt.ids) - 1 if positions == "from_last" else 0
    return log_probabilities(loaded, prompt.ids, place, change, start)[-1]


def _hook(block: Any, site: str, change: Change, start: int) -> Any:
    def edited(x: Tensor) -> Tensor:
        return torch.cat([x[:, :start], change(x[:, start:])], dim=1)

    if site == "resid_pre":

        def before(_: Any, args: Any, kwargs: Any) -> Any:
            if args:
                return (edited(args[0]), *args[1:]), kwargs
            return args, {**kwargs, "hidden_states": edited(kwargs["hidden_states"])}

        return block.register_forward_pre_hook(before, with_kwargs=True)

    def after(_: Any, __: Any, output: Any) -> Any:
        return edited(output) if isinstance(output, Tensor) else (edited(output[0]), *output[1:])

    return block.register_forward_hook(after)
