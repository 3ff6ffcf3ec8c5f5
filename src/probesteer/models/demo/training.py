"""Trains the demo model on fresh samples of its corpus."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from probesteer.models.demo.grammar import Document, Grammar
from probesteer.models.demo.tokenizer import BOS_ID, EOS_ID, PAD_ID, vocabulary
from probesteer.progress import progress

N_POSITIONS = 64
_BATCHES_PER_BUCKET = 16
_EVALUATION_SEED = 999_983
_FINAL_RATE = 0.02


@dataclass(frozen=True)
class DemoTrainingSettings:
    """How the demo model is trained."""

    steps: int = 3200
    """Optimiser steps; steps, not seconds, so that a seed gives one model."""
    batch_size: int = 64
    width: int = 128
    layers: int = 4
    heads: int = 4
    matrix_learning_rate: float = 4e-3
    """Of Muon, on the blocks' matrices."""
    other_learning_rate: float = 3e-3
    """Of AdamW, on embeddings, biases and norms."""
    warmup_steps: int = 60
    seed: int = 0
    attempts: int = 3
    """How many seeds to try before giving up on the gate."""


def build_model(settings: DemoTrainingSettings) -> GPT2LMHeadModel:
    """An untrained model; the caller seeds torch."""
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(vocabulary()),
            n_positions=N_POSITIONS,
            n_embd=settings.width,
            n_layer=settings.layers,
            n_head=settings.heads,
            activation_function="relu",
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            # GPT2Config's own default for these is 50256, outside this vocabulary.
            bos_token_id=BOS_ID,
            eos_token_id=EOS_ID,
            pad_token_id=PAD_ID,
        )
    )


def encode(documents: list[Document]) -> Tensor:
    """Token ids of documents, <bos> first, <eos> last, padded on the right: [n, length]."""
    ids = vocabulary()
    rows = [[BOS_ID, *(ids[word] for word in doc.words), EOS_ID] for doc in documents]
    length = max(len(row) for row in rows)
    return torch.tensor([row + [PAD_ID] * (length - len(row)) for row in rows])


def batches(grammar: Grammar, batch_size: int) -> Iterator[Tensor]:
    """Endless batches of documents of similar length: [batch_size, length]."""
    order = random.Random(0)
    while True:
        count = batch_size * _BATCHES_PER_BUCKET
        documents = sorted(
            (grammar.document() for _ in range(count)), key=lambda doc: len(doc.words)
        )
        starts = list(range(0, count, batch_size))
        order.shuffle(starts)
        for start in starts:
            yield encode(documents[start : start + batch_size])


def next_token_loss(model: GPT2LMHeadModel, ids: Tensor, reduction: str = "mean") -> Tensor:
    """Cross-entropy of the next token in nats, padding left out. ids: [n, length]."""
    # padding is on the right, where a causal model never looks: the full mask says so
    logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[:, :-1]
    return F.cross_entropy(
        logits.reshape(-1, logits.shape[-1]),
        ids[:, 1:].reshape(-1),
        ignore_index=PAD_ID,
        reduction=reduction,
    )


@torch.no_grad()
def held_out_loss(model: GPT2LMHeadModel, n_documents: int = 1500) -> tuple[float, float]:
    """Loss and exact entropy on documents of a seed that training never uses, nats a token."""
    grammar = Grammar(_EVALUATION_SEED)
    documents = sorted(
        (grammar.document() for _ in range(n_documents)), key=lambda doc: len(doc.words)
    )
    n_tokens = sum(len(doc.words) + 1 for doc in documents)
    total = sum(
        next_token_loss(model, encode(documents[start : start + 250]), "sum").item()
        for start in range(0, n_documents, 250)
    )
    return total / n_tokens, sum(doc.surprisal for doc in documents) / n_tokens


def _optimizers(
    model: GPT2LMHeadModel, settings: DemoTrainingSettings
) -> list[torch.optim.Optimizer]:
    matrices: list[torch.nn.Parameter] = []
    others: list[torch.nn.Parameter] = []
    for name, parameter in model.named_parameters():
        in_block = name.startswith("transformer.h.")
        (matrices if in_block and parameter.dim() == 2 else others).append(parameter)
    return [
        torch.optim.Muon(
            matrices,
            lr=settings.matrix_learning_rate,
            weight_decay=0.01,
            momentum=0.95,
            adjust_lr_fn="match_rms_adamw",
        ),
        torch.optim.AdamW(
            others, lr=settings.other_learning_rate, betas=(0.9, 0.98), weight_decay=0.0
        ),
    ]


def train(settings: DemoTrainingSettings, seed: int) -> GPT2LMHeadModel:
    """Train one model from one seed, with a progress bar on stderr."""
    torch.manual_seed(seed)
    model = build_model(settings)
    optimizers = _optimizers(model, settings)
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    peaks = [group["lr"] for group in groups]
    stream = batches(Grammar(seed + 1), settings.batch_size)
    model.train()
    for step in progress(range(settings.steps), f"train demo model, seed {seed}"):
        warm = min(1.0, (step + 1) / settings.warmup_steps)
        decay = 1 - (1 - _FINAL_RATE) * step / settings.steps
        for group, peak in zip(groups, peaks, strict=True):
            group["lr"] = peak * warm * decay
        loss = next_token_loss(model, next(stream))
        model.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
    return model.eval()
