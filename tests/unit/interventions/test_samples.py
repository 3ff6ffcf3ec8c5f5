"""Sampled continuations."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from probesteer.directions.direction import Direction
from probesteer.interventions.samples import sample_continuations
from probesteer.interventions.text_reading import TextReader
from probesteer.models.loading import LoadedModel
from probesteer.places import Place
from probesteer.probes.probe import LogisticProbe
from probesteer.settings.schema import ChatSettings

Load = Callable[[str], LoadedModel]
PROMPTS = ["The cat is", "Tom was"]


def direction(width: int) -> Direction:
    vector = np.random.default_rng(0).standard_normal(width)
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    return Direction(unit, Place("resid_post", 0), "logistic", -1, 2.0, 1, 1, 1, 0, 9)


def sampled(
    loaded: LoadedModel,
    strengths: list[float],
    prompts: list[str] = PROMPTS,
    new_tokens: int = 12,
    seed: int = 3,
    reader: TextReader | None = None,
) -> pd.DataFrame:
    return sample_continuations(
        loaded,
        prompts,
        direction(loaded.width),
        strengths,
        "gap",
        new_tokens,
        0.8,
        seed,
        "concept x:",
        reader,
    )


def unsteered(loaded: LoadedModel, prompt: str, rows: int, seed: int) -> list[str]:
    """Plain sampling, `rows` continuations in one batch."""
    ids = torch.tensor([loaded.tokenizer(prompt)["input_ids"]]).repeat(rows, 1)
    torch.manual_seed(seed)
    written = loaded.model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        do_sample=True,
        temperature=0.8,
        top_k=0,
        max_new_tokens=12,
        pad_token_id=loaded.tokenizer.eos_token_id,
    )
    texts = loaded.tokenizer.batch_decode(written[:, ids.shape[1] :], skip_special_tokens=True)
    return [text.strip() for text in texts]


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_columns_order_and_the_same_text_from_the_same_seed(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    table = sampled(loaded, [-4.0, 0.0, 4.0])
    pd.testing.assert_frame_equal(table, sampled(loaded, [-4.0, 0.0, 4.0]))
    assert list(table.columns) == [
        *["site", "layer", "method", "positions", "unit", "strength"],
        *["prompt", "continuation", "seed", "read_site", "read_layer", "log_odds"],
        *["distinct_1", "distinct_2", "distinct_3", "repetition"],
    ]
    assert set(table["read_site"]) == {"none"}
    assert table["log_odds"].isna().all()
    assert table["prompt"].tolist() == ["The cat is"] * 3 + ["Tom was"] * 3
    assert table["strength"].tolist() == [-4.0, 0.0, 4.0] * 2
    constant = ["site", "layer", "method", "positions", "unit", "seed"]
    assert table[constant].drop_duplicates().to_numpy().tolist() == [
        ["resid_post", 0, "logistic", "from_last", "gap", 3],
        ["resid_post", 0, "logistic", "from_last", "gap", 4],
    ]
    other = sampled(loaded, [-4.0, 0.0, 4.0], seed=40)
    assert other["continuation"].tolist() != table["continuation"].tolist()


@pytest.mark.parametrize("kind", ["gpt2", "llama", "opt"])
def test_strength_zero_is_unsteered_sampling(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    steered = sampled(loaded, [-40.0, 0.0, 40.0])
    for seed, prompt in enumerate(PROMPTS, start=3):
        plain = unsteered(loaded, prompt, 3, seed)
        found = steered[steered["prompt"] == prompt]["continuation"].tolist()
        assert found[1] == plain[1]
        assert found[0] != plain[0] or found[2] != plain[2]


def test_settings_that_a_model_brings_along_are_set_aside(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    plain = sampled(loaded, [0.0, 4.0])
    settings = loaded.model.generation_config
    settings.top_k, settings.top_p, settings.repetition_penalty = 1, 0.01, 5.0
    pd.testing.assert_frame_equal(sampled(loaded, [0.0, 4.0]), plain)


def test_an_ended_continuation_is_followed_by_nothing(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    end = loaded.tokenizer.eos_token_id
    assert loaded.tokenizer.pad_token_id is None
    written: list[list[int]] = []
    decode = loaded.tokenizer.batch_decode

    def watched(ids: torch.Tensor, **options: bool) -> list[str]:
        written.extend(ids.tolist())
        return list(decode(ids, **options))

    loaded.tokenizer.batch_decode = watched
    sampled(loaded, [float(s) for s in range(24)])
    stop = loaded.model.generation_config.eos_token_id
    ended = [row[row.index(stop) + 1 :] for row in written if stop in row]
    assert any(ended)
    for rest in ended:
        assert set(rest) <= {end}


def test_a_long_prompt_leaves_room_in_the_context(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    longest = loaded.context_length
    assert longest == 64
    for words, room in ((longest - 5, 4), (longest - 1, 1)):
        prompt = " ".join(["cat"] * words)
        table = sampled(loaded, [0.0, 4.0], [prompt], new_tokens=16)
        lengths = [len(text.split()) for text in table["continuation"]]
        assert max(lengths) <= room
        assert len(table) == 2


def test_no_prompts_or_no_strengths_give_an_empty_table(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    columns = sampled(loaded, [0.0]).columns
    for table in (sampled(loaded, [0.0], []), sampled(loaded, [])):
        assert len(table) == 0
        pd.testing.assert_index_equal(table.columns, columns)


def test_a_chat_is_continued_behind_its_rendered_prompt(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    loaded.tokenizer.chat_template = "{{ bos_token }}{{ messages[0].content }} :"
    chat = replace(loaded, chat=ChatSettings(user="So {text}"))
    rendered = [f"So {prompt} :" for prompt in PROMPTS]
    found, plain = sampled(chat, [-4.0, 0.0, 4.0]), sampled(loaded, [-4.0, 0.0, 4.0], rendered)
    assert found["continuation"].tolist() == plain["continuation"].tolist()
    assert found["prompt"].unique().tolist() == PROMPTS


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_a_probe_reads_the_last_token_of_what_was_written(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    rng = np.random.default_rng(2)
    probe = LogisticProbe(rng.standard_normal(loaded.width), 0.4, 1.0, True)
    reader = TextReader(Place("resid_post", 1), probe)
    written: list[list[int]] = []
    decode = loaded.tokenizer.batch_decode

    def watched(ids: torch.Tensor, **options: bool) -> list[str]:
        written.extend(ids.tolist())
        return list(decode(ids, **options))

    loaded.tokenizer.batch_decode = watched
    table = sampled(loaded, [-4.0, 0.0, 4.0], reader=reader)
    assert set(zip(table["read_site"], table["read_layer"], strict=True)) == {("resid_post", 1)}
    stop = loaded.model.generation_config.eos_token_id
    for (_, row), tokens in zip(table.iterrows(), written, strict=True):
        said = tokens[: tokens.index(stop)] if stop in tokens else tokens
        ids = [*loaded.tokenizer(row["prompt"])["input_ids"], *said]
        hidden = loaded.model(torch.tensor([ids]), output_hidden_states=True).hidden_states[2]
        expected = probe.scores(hidden[0, -1:].detach().double().numpy())[0]
        if said:
            assert row["log_odds"] == pytest.approx(expected, abs=1e-4)
            assert row["distinct_1"] == len(set(said)) / len(said)
        else:
            assert np.isnan(row["log_odds"])
    assert np.ptp(table["log_odds"].dropna()) > 0


def test_reading_what_was_written_changes_no_text(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    probe = LogisticProbe(np.ones(loaded.width), 0.0, 1.0, True)
    read = sampled(loaded, [0.0, 4.0], reader=TextReader(Place("resid_post", 0), probe))
    assert read["continuation"].tolist() == sampled(loaded, [0.0, 4.0])["continuation"].tolist()
