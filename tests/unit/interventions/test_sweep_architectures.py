"""Sweeps that resume at the edit against hooks of torch's own, over architectures that differ."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from probesteer.interventions.edits import Add, Edit, Multiply
from probesteer.interventions.passes import _Resumed, passes_over, resumes_exactly
from probesteer.interventions.scoring import ScoredRow, batch_rows, text_row
from probesteer.interventions.sweep import run_sweep
from probesteer.models.blocks import find_blocks
from probesteer.models.loading import LoadedModel
from probesteer.places import EMBEDDING, Place
from tests.architectures.entries import Entry, build
from tests.unit.interventions.naive import Change, adding, multiplying

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

# Positions: learned, rotary, partly rotary, ALiBi, relative; norms before, after, both; blocks in a
# row and in parallel; grouped and single keys; scaled, capped and biased heads.
CAUSAL = {
    "gpt2": "GPT2LMHeadModel",
    "llama": "LlamaForCausalLM",
    "gpt_neox": "GPTNeoXForCausalLM",
    "gptj": "GPTJForCausalLM",
    "opt": "OPTForCausalLM",
    "phi": "PhiForCausalLM",
    "gemma": "GemmaForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "bloom": "BloomForCausalLM",
    "mpt": "MptForCausalLM",
    "falcon": "FalconForCausalLM",
    "olmo2": "Olmo2ForCausalLM",
    "cohere": "CohereForCausalLM",
    "granite": "GraniteForCausalLM",
}
MASKED = {
    "bert": "BertForMaskedLM",
    "roberta": "RobertaForMaskedLM",
    "electra": "ElectraForMaskedLM",
    "distilbert": "DistilBertForMaskedLM",
    "deberta-v2": "DebertaV2ForMaskedLM",
    "modernbert": "ModernBertForMaskedLM",
}
KINDS = [
    *((name, "causal", positions) for name in CAUSAL for positions in ("from_last", "all")),
    *((name, "masked", positions) for name in MASKED for positions in ("from_last", "all")),
]
IDS = np.random.default_rng(0).integers(10, 55, (3, 7))
POSITIVE, NEGATIVE = 11, 12
FACTORS = torch.tensor([0.5, 1.5])


@cache
def loaded_model(name: str, kind: Any) -> LoadedModel:
    model = build(Entry(kind, name, (CAUSAL | MASKED)[name]))
    return LoadedModel(name, model, None, find_blocks(model), torch.device("cpu"), kind)


def rows_of(kind: str) -> tuple[int, list[ScoredRow]]:
    """The token that edits begin at, and prompts that are read there."""
    start = 6 if kind == "causal" else 4
    read = ((start, start), (POSITIVE, NEGATIVE), (1, -1), True)
    return start, [text_row(item, ids, start, *read) for item, ids in enumerate(IDS)]


@torch.no_grad()
def hooked(loaded: LoadedModel, place: Place, change: Change, start: int, read: int) -> Tensor:
    """Log-probabilities at the token `read`, [prompts, words], with `change` from `start` on."""
    block = loaded.blocks[place.layer]

    def edited(x: Tensor) -> Tensor:
        return torch.cat([x[:, :start], change(x[:, start:])], dim=1)

    def before(_: Any, args: Any, kwargs: Any) -> Any:
        if args:
            return (edited(args[0]), *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": edited(kwargs["hidden_states"])}

    def after(_: Any, __: Any, output: Any) -> Any:
        return edited(output) if isinstance(output, Tensor) else (edited(output[0]), *output[1:])

    if place.site == "resid_pre":
        handle = block.register_forward_pre_hook(before, with_kwargs=True)
    else:
        handle = block.register_forward_hook(after)
    options = {"use_cache": False} if loaded.causal else {}
    try:
        logits = loaded.model(torch.from_numpy(IDS), **options).logits[:, read]
    finally:
        handle.remove()
    return torch.log_softmax(logits.double(), dim=-1)


@pytest.mark.parametrize("operator", ["add", "multiply"])
@pytest.mark.parametrize(("name", "kind", "positions"), KINDS)
def test_a_sweep_equals_a_hook_on_the_whole_model(
    name: str, kind: str, positions: str, operator: str
) -> None:
    loaded = loaded_model(name, kind)
    read, rows = rows_of(kind)
    start = read if positions == "from_last" else 0
    places = [EMBEDDING, *(Place("resid_post", layer) for layer in range(len(loaded.blocks)))]
    pushes = torch.randn(2, loaded.width, generator=torch.Generator().manual_seed(1))
    edit: Edit = Add(pushes) if operator == "add" else Multiply(FACTORS)
    edits = dict.fromkeys(places, edit)
    (batch,) = batch_rows(rows, loaded.device, 64, 64)
    with torch.no_grad():
        assert isinstance(passes_over(loaded, batch, places, positions, False)[1], _Resumed)
        assert resumes_exactly(loaded, batch, positions, edits)
    sweep = run_sweep(loaded, rows, edits, positions, 64)
    alone = run_sweep(loaded, rows, edits, positions, 64, scores_alone=True)
    unedited = hooked(loaded, EMBEDDING, multiplying(1), start, read)
    scored = (unedited[:, POSITIVE] - unedited[:, NEGATIVE]).numpy()
    np.testing.assert_allclose(sweep.score, scored, atol=1e-4)
    moved = 0.0
    for place in places:
        for s in range(2):
            change = adding(pushes[s]) if operator == "add" else multiplying(float(FACTORS[s]))
            found = hooked(loaded, place, change, start, read)
            score = (found[:, POSITIVE] - found[:, NEGATIVE]).numpy()
            kl = (unedited.exp() * (unedited - found)).sum(dim=-1).numpy()
            np.testing.assert_allclose(sweep.results[place].score[s], score, atol=1e-4)
            np.testing.assert_allclose(alone.results[place].score[s], score, atol=1e-4)
            np.testing.assert_allclose(sweep.results[place].kl[s], kl, atol=1e-4)
            moved = max(moved, float(np.abs(score - scored).max()))
    assert moved > 1e-2
