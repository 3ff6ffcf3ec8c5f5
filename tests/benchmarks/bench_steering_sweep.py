"""How much a steering sweep gains over one hooked forward pass for every edit.

    python tests/benchmarks/bench_steering_sweep.py [--small] [--prompts 16]

A model of GPT-2 small's shape with random weights, 64 prompts of 24 tokens, every block and 9
strengths. All ways run in this one process, in turn; the ratio of their CPU times is the figure.
The sweep measures the KL and the likeliest token of every edit besides, "alone" the logit
differences and no more. --small: 4 blocks, d = 128 and 700 words, for a few seconds.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from probesteer.interventions.edits import Add
from probesteer.interventions.scoring import text_row
from probesteer.interventions.sweep import run_sweep
from probesteer.models.blocks import find_blocks
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.places import Place
from probesteer.settings.schema import SteeringSettings

STRENGTHS = [-4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0]
POSITIVE, NEGATIVE = 5, 6


@dataclass(frozen=True)
class Shape:
    """Size of the model and of the task."""

    layers: int
    width: int
    heads: int
    vocabulary: int
    prompts: int = 64
    tokens: int = 24


SMALL, FULL = Shape(4, 128, 4, 700), Shape(12, 768, 12, 50257)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a few seconds instead of minutes")
    parser.add_argument("--prompts", type=int, default=FULL.prompts)
    chosen = parser.parse_args()
    shape = replace(SMALL if chosen.small else FULL, prompts=chosen.prompts)
    loaded = random_model(shape)
    places = [Place("resid_post", layer) for layer in range(shape.layers)]
    rng = np.random.default_rng(0)
    ids = rng.integers(10, shape.vocabulary, (shape.prompts, shape.tokens))
    vectors = torch.from_numpy(rng.standard_normal((shape.layers, shape.width)))
    pushes = {
        place: (torch.tensor(STRENGTHS)[:, None] * vector).float()
        for place, vector in zip(places, vectors, strict=True)
    }
    print(
        f"{shape.layers} blocks, d = {shape.width}, {shape.vocabulary} words; {shape.prompts} "
        f"prompts of {shape.tokens} tokens, {len(places)} places x {len(STRENGTHS)} strengths; "
        f"{torch.get_num_threads()} thread(s)"
    )
    print(
        f"{'positions':<12}{'hooked':>10}{'sweep':>10}{'ratio':>8}{'alone':>10}{'ratio':>8}"
        f"{'difference':>14}"
    )
    for way in (hooked_passes, one_sweep, scores_alone):
        way(loaded, ids[:2], pushes, "all")  # warm up
    for positions in ("from_last", "all"):
        hooked, slow = timed(hooked_passes, loaded, ids, pushes, positions)
        row, difference = f"{positions:<12}{slow:>8.1f} s", 0.0
        for way in (one_sweep, scores_alone):
            swept, fast = timed(way, loaded, ids, pushes, positions)
            row += f"{fast:>8.1f} s{slow / fast:>7.1f}x"
            for place in places:
                difference = max(difference, float(np.abs(swept[place] - hooked[place]).max()))
        print(f"{row}{difference:>14.1e}", flush=True)


Scores = dict[Place, NDArray[np.float64]]


@torch.no_grad()
def hooked_passes(
    loaded: LoadedModel, ids: NDArray[np.int64], pushes: dict[Place, Tensor], positions: str
) -> Scores:
    """Logit differences [strengths, prompts] by place, one hooked pass for every edit."""
    batch = torch.from_numpy(ids)
    start = ids.shape[1] - 1 if positions == "from_last" else 0
    scores = {}
    for place, vectors in pushes.items():
        rows = []
        for vector in vectors:

            def add(x: Tensor, vector: Tensor = vector) -> Tensor:
                return torch.cat([x[:, :start], x[:, start:] + vector], dim=1)

            with at_place(loaded.blocks, place, add):
                logits = loaded.model(batch, use_cache=False, logits_to_keep=1).logits[:, -1]
            rows.append((logits[:, POSITIVE] - logits[:, NEGATIVE]).numpy())
        scores[place] = np.stack(rows).astype(np.float64)
    return scores


def one_sweep(
    loaded: LoadedModel,
    ids: NDArray[np.int64],
    pushes: dict[Place, Tensor],
    positions: str,
    alone: bool = False,
) -> Scores:
    """The same from the library; unless `alone`, it measures the KL and the likeliest token too."""
    last = ids.shape[1] - 1
    rows = [
        text_row(item, row, last, (last, last), (POSITIVE, NEGATIVE), (1, -1), True)
        for item, row in enumerate(ids)
    ]
    edits = {place: Add(vectors) for place, vectors in pushes.items()}
    sweep = run_sweep(
        loaded, rows, edits, positions, SteeringSettings().batch_tokens, scores_alone=alone
    )
    return {place: result.score for place, result in sweep.results.items()}


scores_alone = partial(one_sweep, alone=True)


def timed(
    way: Callable[[LoadedModel, NDArray[np.int64], dict[Place, Tensor], str], Scores],
    loaded: LoadedModel,
    ids: NDArray[np.int64],
    pushes: dict[Place, Tensor],
    positions: str,
) -> tuple[Scores, float]:
    """The scores and the CPU seconds of all threads, which other programs disturb little."""
    started = time.process_time()
    scores = way(loaded, ids, pushes, positions)
    return scores, time.process_time() - started


def random_model(shape: Shape) -> LoadedModel:
    """A GPT-2 with random weights, large enough that pushes change its predictions."""
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=shape.vocabulary,
        n_positions=64,
        n_embd=shape.width,
        n_layer=shape.layers,
        n_head=shape.heads,
        initializer_range=0.05,
        bos_token_id=None,
        eos_token_id=None,
    )
    model = GPT2LMHeadModel(config).eval().requires_grad_(False)
    return LoadedModel("random", model, None, find_blocks(model), torch.device("cpu"), "causal")


if __name__ == "__main__":
    main()
