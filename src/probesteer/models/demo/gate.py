"""Accepts a demo model only if every concept can be read from it and steered in it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor
from transformers import GPT2LMHeadModel

from probesteer.models.demo.concept_texts import Example, Prompt
from probesteer.models.demo.tokenizer import BOS_ID, PAD_ID, vocabulary

MIN_ACCURACY = 0.95
MIN_SHIFT = 2.0
"""Nats by which the logit difference must move, to each side."""
MIN_RATIO = 2.0
"""How much further than a random direction of the same length."""
_STRENGTH = 2.0
_N_RANDOM = 8

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ConceptFigures:
    """What the gate measured for one concept."""

    accuracy: list[float]
    """Held-out accuracy of a logistic probe at the embedding and after each block."""
    shift_up: list[float]
    """Change of the logit difference at +2 class gaps, by block."""
    shift_down: list[float]
    """The same at -2 class gaps."""
    shift_random: list[float]
    """Mean absolute change by random directions of the same length, by block."""

    @property
    def best_block(self) -> int:
        """The block where the weaker of the two pushes is strongest."""
        sides = zip(self.shift_up, self.shift_down, strict=True)
        return int(np.argmax([min(up, -down) for up, down in sides]))

    @property
    def fault(self) -> str | None:
        """Why the concept fails, or None."""
        best = max(self.accuracy)
        if best < MIN_ACCURACY:
            return f"read at {best:.2f}, needs {MIN_ACCURACY}"
        block = self.best_block
        weaker = min(self.shift_up[block], -self.shift_down[block])
        needed = max(MIN_SHIFT, MIN_RATIO * self.shift_random[block])
        if weaker < needed:
            return f"steered by {weaker:.2f}, needs {needed:.2f}"
        return None


def encode_texts(texts: list[str]) -> tuple[Tensor, Tensor]:
    """Ids [n, length], padded on the right, and the position of each last token [n]."""
    ids = vocabulary()
    rows = [[BOS_ID, *(ids[word] for word in text.split())] for text in texts]
    length = max(len(row) for row in rows)
    padded = torch.tensor([row + [PAD_ID] * (length - len(row)) for row in rows])
    return padded, torch.tensor([len(row) - 1 for row in rows])


@torch.no_grad()
def last_residuals(model: GPT2LMHeadModel, texts: list[str]) -> Tensor:
    """Residual stream at the last token: [layers + 1, n, d], the embedding's output first."""
    ids, last = encode_texts(texts)
    rows = torch.arange(len(texts))
    found: list[Tensor] = []

    def before(module: Any, args: tuple[Tensor, ...]) -> None:
        found.append(args[0][rows, last])

    def after(module: Any, args: Any, output: Any) -> None:
        found.append(output[rows, last])

    blocks = model.transformer.h
    handles = [blocks[0].register_forward_pre_hook(before)]
    handles += [block.register_forward_hook(after) for block in blocks]
    try:
        model(input_ids=ids, attention_mask=torch.ones_like(ids))
    finally:
        for handle in handles:
            handle.remove()
    return torch.stack(found)


@torch.no_grad()
def logit_differences(
    model: GPT2LMHeadModel, prompts: list[Prompt], block: int = 0, push: Tensor | None = None
) -> Tensor:
    """Logit of the positive minus the negative continuation [n], `push` [d] added at the block."""
    ids, last = encode_texts([prompt.prompt for prompt in prompts])
    rows = torch.arange(len(prompts))
    words = vocabulary()
    positive = torch.tensor([words[prompt.positive] for prompt in prompts])
    negative = torch.tensor([words[prompt.negative] for prompt in prompts])

    def add(module: Any, args: Any, output: Any) -> Any:
        if push is not None:
            output = output.clone()
            output[rows, last] += push
        return output

    handle = model.transformer.h[block].register_forward_hook(add)
    try:
        logits: Tensor = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[
            rows, last
        ]
    finally:
        handle.remove()
    return logits[rows, positive] - logits[rows, negative]


def probe_accuracy(residuals: Floats, labels: list[int], groups: list[str]) -> float:
    """Accuracy of a logistic probe on held-out groups, five folds. residuals: [n, d]."""
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    scores = cross_val_score(probe, residuals, labels, groups=groups, cv=GroupKFold(5))
    return float(np.mean(scores))


def measure(
    model: GPT2LMHeadModel, examples: list[Example], prompts: list[Prompt], seed: int = 0
) -> ConceptFigures:
    """Read and steer one concept at every layer."""
    residuals = last_residuals(model, [example.text for example in examples])
    labels = [example.label for example in examples]
    groups = [example.group for example in examples]
    accuracy = [probe_accuracy(layer.double().numpy(), labels, groups) for layer in residuals]
    mask = torch.tensor(labels, dtype=torch.bool)
    base = logit_differences(model, prompts)
    generator = torch.Generator().manual_seed(seed)

    def shift(block: int, push: Tensor) -> float:
        return float((logit_differences(model, prompts, block, push) - base).mean())

    up, down, random = [], [], []
    for block, layer in enumerate(residuals[1:]):
        push = _STRENGTH * (layer[mask].mean(0) - layer[~mask].mean(0))
        up.append(shift(block, push))
        down.append(shift(block, -push))
        noise = torch.randn(_N_RANDOM, push.shape[0], generator=generator)
        noise *= push.norm() / noise.norm(dim=1, keepdim=True)
        random.append(float(np.mean([abs(shift(block, row)) for row in noise])))
    return ConceptFigures(accuracy, up, down, random)


def faults(figures: dict[str, ConceptFigures]) -> list[str]:
    """One line for every concept that fails."""
    return [f"{name}: {found.fault}" for name, found in figures.items() if found.fault]
