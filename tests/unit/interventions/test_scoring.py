"""Which tokens are scored, and by which rows."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch

from probesteer.errors import ProbesteerError
from probesteer.interventions.edits import Multiply
from probesteer.interventions.scoring import batch_rows, score_prompts, score_texts
from probesteer.interventions.sweep import run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.places import Place
from tests.tiny_models import TEXTS

Load = Callable[[str], LoadedModel]


def prompts_of(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["prompt", "positive", "negative"])


def ids_of(loaded: LoadedModel, text: str) -> list[int]:
    return list(loaded.tokenizer(text)["input_ids"])


@pytest.mark.parametrize("kind", ["gpt2", "llama", "opt", "gptneox"])
def test_one_token_each_makes_one_row(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    (row,) = score_prompts(loaded, prompts_of(("The cat is", "happy", "sad")), "concept x:")
    prompt = ids_of(loaded, "The cat is")
    expected = tuple(ids_of(loaded, f"The cat is {word}")[-1] for word in ("happy", "sad"))
    assert row.ids.tolist() == prompt
    assert row.tokens == expected
    assert row.signs == (1, -1)
    assert row.start == len(prompt) - 1
    assert row.positions == (0, 0)
    assert (row.item, row.lead) == (0, True)


@pytest.mark.parametrize(
    ("prompt", "continuation", "whole"),
    [
        ("The cat is", "happy", "The cat is happy"),
        ("The cat is", " happy", "The cat is happy"),
        ("The cat is", ".", "The cat is."),
        ("The cat is", ", and she", "The cat is, and she"),
    ],
)
def test_a_space_joins_words_alone(
    prompt: str, continuation: str, whole: str, load_tiny: Load
) -> None:
    loaded = load_tiny("gpt2")
    rows = score_prompts(loaded, prompts_of((prompt, continuation, "sad and bad")), "concept x:")
    expected = ids_of(loaded, whole)
    assert [*rows[0].ids.tolist(), rows[0].tokens[-1]] == expected
    assert list(rows[0].tokens) == expected[len(ids_of(loaded, prompt)) :]


def test_longer_continuations_make_a_row_each(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    asked = prompts_of(("The cat is", "sad", "bad"), ("Tom was", "very happy", "sad"))
    one, positive, negative = score_prompts(loaded, asked, "concept x:")
    assert one.item == 0
    prompt, very_happy = ids_of(loaded, "Tom was"), ids_of(loaded, "Tom was very happy")
    start = len(prompt) - 1
    assert (positive.item, positive.signs, positive.lead) == (1, (1, 1), True)
    assert positive.ids.tolist() == very_happy[:-1]
    assert positive.tokens == tuple(very_happy[-2:])
    assert (positive.start, positive.positions) == (start, (0, 1))
    assert (negative.item, negative.signs, negative.lead) == (1, (-1,), False)
    assert negative.ids.tolist() == prompt
    assert positive.start == negative.start == start


def test_an_end_token_that_the_tokenizer_appends_is_left_out(load_tiny: Load) -> None:
    loaded = load_tiny("bert")
    loaded.tokenizer.eos_token = "[SEP]"
    (row,) = score_prompts(loaded, prompts_of(("The cat is", "happy", "sad")), "concept x:")
    words = ids_of(loaded, "The cat is happy")
    assert row.ids.tolist() == words[:-2]
    assert row.tokens[0] == words[-2]


def test_a_continuation_that_merges_is_named(load_tiny: Load) -> None:
    asked = prompts_of(("The cat", "is", "was"), ("The ", "cat", "dog"))
    with pytest.raises(ProbesteerError) as caught:
        score_prompts(load_tiny("gpt2"), asked, "concept x:")
    message = str(caught.value)
    assert message.startswith("concept x: prompt 2: the tokens of 'The ' change when 'cat' follows")
    assert "\n" not in message


@pytest.mark.parametrize("kind", ["gpt2", "llama", "opt", "gptneox"])
def test_a_text_scores_what_transformers_calls_its_loss(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    texts = [text for text in TEXTS if len(ids_of(loaded, text)) > 2]
    rows = score_texts(loaded, texts, "concept x:")
    edits = {Place("resid_post", 0): Multiply(torch.tensor([1.0]))}
    sweep = run_sweep(loaded, rows, edits, "all", 64)
    for item, text in enumerate(texts):
        ids = torch.tensor([ids_of(loaded, text)])
        loss = float(loaded.model(ids, labels=ids).loss)
        assert len(rows[item].tokens) == ids.shape[1] - 1
        for score in (sweep.score[item], sweep.results[Place("resid_post", 0)].score[0, item]):
            assert -score / (ids.shape[1] - 1) == pytest.approx(loss, abs=1e-4)


def test_a_text_of_one_token_is_named(load_tiny: Load) -> None:
    with pytest.raises(ProbesteerError, match=r"^concept x: neutral text 2: one token only"):
        score_texts(load_tiny("gpt2"), ["The cat", "The"], "concept x:")


def test_batches_hold_rows_of_one_shape_within_the_budget(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    rows = score_texts(loaded, TEXTS * 3, "concept x:")
    batches = batch_rows(rows, loaded.device, batch_tokens=24, batch_kept=16)
    assert sorted(i for batch in batches for i in batch.items) == list(range(len(rows)))
    for batch in batches:
        assert len(batch.items) == 1 or batch.ids.numel() <= 16
        assert batch.kept == batch.ids.shape[1]
        for row, item in enumerate(batch.items):
            np.testing.assert_array_equal(batch.ids[row], rows[item].ids)
            np.testing.assert_array_equal(batch.tokens[row], rows[item].tokens)
