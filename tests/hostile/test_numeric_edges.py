"""Models and data at the edge of what can be measured: a right result, or one clear line."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

import probesteer as ps
from probesteer.library.data import Activations
from probesteer.places import Place

Rows = list[dict[str, Any]]
Examples = Callable[[Rows], dict[str, Any]]
FEW: dict[str, Any] = {"C": [1.0], "folds": 2, "bootstrap_draws": 100}


@pytest.fixture
def examples(tmp_path: Path) -> Examples:
    """The files of a concept with the given examples."""

    def write(rows: Rows, positive: str = "w1", negative: str = "w2") -> dict[str, Any]:
        prompts = [
            {"prompt": "w1" + " w2" * place, "positive": positive, "negative": negative}
            for place in range(8)
        ]
        neutral = [{"text": "w1 w2 w1"}, {"text": "w2 w2"}]
        contents = {"examples": rows, "prompts": prompts, "neutral": neutral}
        for name, content in contents.items():
            pd.DataFrame(content).to_csv(tmp_path / f"{name}.csv", index=False)
        return {name: tmp_path / f"{name}.csv" for name in contents}

    return write


def words(count: int) -> Rows:
    """Examples of both labels whose last word tells the label, each in a group of its own."""
    before = product(("w0", "w3", "w4"), repeat=4)
    return [
        {"text": " ".join([*next(before), f"w{1 + place % 2}"]), "label": place % 2}
        for place in range(count)
    ]


def save(folder: Path, vocabulary: int = 5, scale: float = 0.25) -> Path:
    """A GPT-2 of one block with weights of the given size; every unknown word is w0."""
    known = {f"w{place}": place for place in range(vocabulary)}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    torch.manual_seed(0)
    config = GPT2Config(
        n_layer=1,
        n_embd=8,
        n_head=2,
        vocab_size=vocabulary,
        n_positions=32,
        bos_token_id=0,
        eos_token_id=0,
    )
    model = GPT2LMHeadModel(config)
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:
                weights.copy_(torch.randn_like(weights) * scale)
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="w0", pad_token="w0"
    ).save_pretrained(folder)
    return folder


def read(folder: Path, files: dict[str, Any], dtype: str = "float32") -> Activations:
    model = ps.load(folder, dtype=dtype, device="cpu")
    return ps.cache(model, ps.concept("edge", **files))


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(ps.ProbesteerError) as caught:
        call()
    said = str(caught.value)
    assert said.splitlines() == [said]
    return said


def test_a_model_of_one_block_is_read_and_steered(tmp_path: Path, examples: Examples) -> None:
    found = read(save(tmp_path / "model"), examples(words(24)))
    assert found.places == [Place("resid_pre", 0), Place("resid_post", 0)]
    probes = ps.probe(found, **FEW)
    direction = ps.direction(found, 0)
    assert np.linalg.norm(direction.vector) == pytest.approx(1)
    table = ps.dose_response(found.model, found.concept, direction, bootstrap_draws=100)
    assert np.isfinite(table["value"]).all()
    # The last word, which tells the label, is all that the embedding holds.
    accuracy = probes.accuracy.set_index("site")["value"]
    assert accuracy["resid_pre"] == 1


def test_a_vocabulary_of_one_tells_nothing_apart(tmp_path: Path, examples: Examples) -> None:
    """Every prompt's logit difference is 0: the two continuations are the same token."""
    rows: Rows = [{"text": "w0 " * place + "w1", "label": place % 2} for place in range(24)]
    found = read(save(tmp_path / "model", vocabulary=1), examples(rows))
    assert np.isfinite(found.read(Place("resid_post", 0))).all()  # they differ in length alone
    direction = ps.direction(found, 0)
    table = ps.dose_response(found.model, found.concept, direction, bootstrap_draws=100)
    assert np.isfinite(table["value"]).all()
    effect = table[table["metric"].str.contains("logit_difference")]
    assert len(effect) > 0
    assert (effect["value"] == 0).all()


def test_activations_that_are_all_equal_give_chance_and_no_direction(
    tmp_path: Path, examples: Examples
) -> None:
    found = read(save(tmp_path / "model", scale=0.0), examples(words(24)))
    probes = ps.probe(found, **FEW)
    assert (probes.accuracy["value"] == 0.5).all()
    assert all(np.isfinite(probe.coefficient).all() for probe in probes.probes.values())
    assert "both labels have the same mean at resid_post.000" in refused(
        lambda: ps.direction(found, 0)
    )


def test_float16_that_overflows_is_named(tmp_path: Path, examples: Examples) -> None:
    folder, files = save(tmp_path / "model", scale=300.0), examples(words(24))
    said = refused(lambda: read(folder, files, "float16"))
    assert "is not finite; try dtype=float32" in said


def test_two_examples_of_each_label(tmp_path: Path, examples: Examples) -> None:
    files = examples(words(4))
    said = refused(lambda: ps.concept("edge", **files))
    assert "label 0 stands in 2 of 4 groups, but train, validation and test need one each" in said


def test_one_group(examples: Examples) -> None:
    files = examples([{**row, "group": "all"} for row in words(24)])
    assert "label 0 stands in 1 of 1 groups" in refused(lambda: ps.concept("edge", **files))


@pytest.mark.parametrize("empty", ["", " "])
def test_a_continuation_without_a_token(
    tmp_path: Path, examples: Callable[..., dict[str, Any]], empty: str
) -> None:
    files = examples(words(24), positive=empty)
    if not empty:
        assert "positive is empty; fill it" in refused(lambda: ps.concept("edge", **files))
        return
    found = read(save(tmp_path / "model"), files)
    direction = ps.direction(found, 0)
    said = refused(lambda: ps.dose_response(found.model, found.concept, direction))
    assert "begin the continuation with a new one" in said
