"""Out of memory, batches get smaller and the fill goes on."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from probesteer.activations import shards
from probesteer.activations.journal import JOURNAL
from probesteer.activations.memory import halved_below, is_out_of_memory
from probesteer.errors import ProbesteerError
from probesteer.models.loading import LoadedModel
from tests.unit.activations.filling import Stopped, fill, request, stop_after

Load = Callable[[str], LoadedModel]

FAULTS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:114] . DefaultCPUAllocator: not enough memory"),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"),
]


def limit(loaded: LoadedModel, most: int, fault: RuntimeError) -> list[int]:
    """Let the model's second block fail above `most` padded tokens.

    What it got is noted, with a minus where it failed.
    """
    seen: list[int] = []

    def before(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        x = args[0] if args else kwargs["hidden_states"]
        tokens = x.shape[0] * x.shape[1]
        seen.append(tokens)
        # The passes that prove the sites have rows of at most 10 tokens.
        if tokens > most and x.shape[1] > 10:
            seen[-1] = -tokens
            raise fault

    loaded.blocks[1].register_forward_pre_hook(before, with_kwargs=True)
    return seen


@pytest.mark.parametrize("fault", FAULTS)
def test_the_budget_is_halved_until_the_batch_is_smaller(
    fault: RuntimeError,
    load_tiny: Load,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    loaded = load_tiny("gpt2")
    whole = fill(loaded, tmp_path / "whole", request())
    seen = limit(loaded, 30, fault)
    cache = fill(loaded, tmp_path / "small", request(), batch_tokens=400)
    for place in whole.places:
        np.testing.assert_allclose(cache.read(place), whole.read(place), atol=1e-5)
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
        "model gpt2: out of memory with batches of 400 tokens; going on with 100",
        "model gpt2: out of memory with batches of 100 tokens; going on with 50",
        "model gpt2: out of memory with batches of 50 tokens; going on with 25",
    ]
    assert sum(tokens < 0 for tokens in seen) == 3


def test_a_fill_that_is_taken_up_knows_the_budget(
    load_tiny: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SHARD_BATCHES", 1)
    loaded = load_tiny("gpt2")
    limit(loaded, 15, FAULTS[0])
    with monkeypatch.context() as patch:
        stop_after(0, patch)
        with pytest.raises(Stopped):
            fill(loaded, tmp_path, request(), batch_tokens=60)
    remembered = [
        line["batch_tokens"]
        for line in map(json.loads, (tmp_path / JOURNAL).read_text().splitlines())
        if "batch_tokens" in line
    ]
    assert remembered == [30, 15]
    again = load_tiny("gpt2")
    seen = limit(again, 1000, FAULTS[0])
    fill(again, tmp_path, request(), batch_tokens=60)
    assert min(seen) > 0 and max(seen[-3:]) <= 15
    assert not (tmp_path / JOURNAL).exists()


def test_a_single_text_that_is_too_long_is_one_line(load_tiny: Load, tmp_path: Path) -> None:
    loaded = load_tiny("gpt2")
    limit(loaded, 12, FAULTS[0])
    with pytest.raises(ProbesteerError) as caught:
        fill(loaded, tmp_path, request(), batch_tokens=400)
    assert str(caught.value) == (
        "model gpt2: out of memory with a single text of 15 tokens; use a shorter text, "
        "a smaller dtype or a device with more memory"
    )


def test_other_faults_are_not_taken_for_it(load_tiny: Load, tmp_path: Path) -> None:
    loaded = load_tiny("gpt2")
    limit(loaded, 30, RuntimeError("shapes differ"))
    with pytest.raises(RuntimeError, match="shapes differ"):
        fill(loaded, tmp_path, request(), batch_tokens=400)
    assert not is_out_of_memory(RuntimeError("shapes differ"))
    assert all(map(is_out_of_memory, FAULTS))


def test_halving_stops_below_the_batch_that_failed() -> None:
    assert [halved_below(400, tokens) for tokens in (500, 401, 400, 101, 100, 2, 1)] == [
        400, 400, 200, 100, 50, 1, 1,
    ]  # fmt: skip
