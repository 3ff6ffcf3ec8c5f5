"""Texts become unpadded sequences; batches keep to their budget; padding is masked."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import batches_by_length, pad_batch, tokenize
from tests.tiny_models import CONTEXT, TEXTS

Load = Callable[[str], LoadedModel]


def lengths_of(*lengths: int) -> NDArray[np.int64]:
    return np.array(lengths, dtype=np.int64)


def test_sequences_are_those_of_each_text_alone(load_tiny: Load) -> None:
    loaded = load_tiny("opt")
    tokens = tokenize(loaded, TEXTS, "text")
    assert [ids.tolist() for ids in tokens.ids] == [
        loaded.tokenizer(text)["input_ids"] for text in TEXTS
    ]
    assert all(ids.dtype == np.int64 for ids in tokens.ids)
    assert tokens.lengths.tolist() == [len(ids) for ids in tokens.ids]


def test_a_text_beyond_the_context_is_one_line(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    fits, too_long = " ".join(["cat"] * (CONTEXT - 1)), " ".join(["cat"] * CONTEXT)
    assert tokenize(loaded, [fits], "text").lengths.tolist() == [CONTEXT]  # with <s>
    with pytest.raises(ProbesteerError) as caught:
        tokenize(loaded, ["The cat", too_long], "concept truth: example")
    assert str(caught.value) == (
        f"concept truth: example 2: {CONTEXT + 1} tokens, but model llama takes {CONTEXT}; "
        "shorten it"
    )


def test_a_tokenizer_without_offsets_is_one_line(load_tiny: Load) -> None:
    class Slow:
        is_fast = False

    loaded = replace(load_tiny("gpt2"), tokenizer=Slow())
    with pytest.raises(ProbesteerError, match=r"gives no character offsets; save it with a tok"):
        tokenize(loaded, ["The cat"], "text")


def test_batches_are_the_longest_first_and_equal_lengths_in_order() -> None:
    batches = [batch.tolist() for batch in batches_by_length(lengths_of(2, 5, 2, 3, 5), 10)]
    assert batches == [[1, 4], [3, 0, 2]]


def test_a_text_beyond_the_budget_goes_alone() -> None:
    batches = [batch.tolist() for batch in batches_by_length(lengths_of(3, 20, 30), 4)]
    assert batches == [[2], [1], [0]]


def test_no_rows_make_no_batches() -> None:
    assert list(batches_by_length(lengths_of(), 4)) == []


@given(st.lists(st.integers(0, 40), max_size=40), st.integers(1, 100))
def test_every_row_comes_once_within_the_budget(lengths: list[int], budget: int) -> None:
    array = lengths_of(*lengths)
    batches = list(batches_by_length(array, budget))
    rows = [int(row) for batch in batches for row in batch]
    assert sorted(rows) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * array[batch].max() <= max(budget, len(batch))
    longest = [int(array[batch].max()) for batch in batches]
    assert longest == sorted(longest, reverse=True)


def test_padding_is_on_the_right_and_masked(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    assert loaded.pad_id == 0
    ids, mask = pad_batch(loaded, [np.array([5]), np.array([7, 8, 9])])
    assert ids.tolist() == [[5, 0, 0], [7, 8, 9]]
    assert mask.tolist() == [[1, 0, 0], [1, 1, 1]]
    assert ids.dtype == mask.dtype == torch.int64


def test_a_text_is_cut_only_when_that_is_asked_for(load_tiny: Load) -> None:
    loaded = load_tiny("bert")
    texts = ["Tom was sad", "cat " * 100]
    with pytest.raises(ProbesteerError, match="text 2: 102 tokens, but model bert takes 64"):
        tokenize(loaded, texts, "text")
    cut = tokenize(loaded, texts, "text", truncate=True)
    assert cut.truncated.tolist() == [False, True]
    assert cut.lengths.tolist() == [5, 64]
    # The closing token stays.
    assert cut.ids[1][-1] == loaded.tokenizer.sep_token_id
    assert cut.special[1][-1]
    np.testing.assert_array_equal(cut.ids[0], tokenize(loaded, texts[:1], "text").ids[0])


def test_a_text_is_cut_at_its_end_whatever_the_tokenizer_was_saved_with(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    loaded.tokenizer.truncation_side = "left"
    (ids,) = tokenize(loaded, ["Tom was " + "cat " * 100], "text", truncate=True).ids
    assert ids.tolist() == loaded.tokenizer("Tom was " + "cat " * 61)["input_ids"]
    # Later texts are whole: the tokenizer goes on as it was.
    assert len(loaded.tokenizer("cat " * 100)["input_ids"]) == 101


def test_parts_of_many_texts_are_put_together(
    load_tiny: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_tiny("bert")
    texts = [*TEXTS[:4], "cat " * 100, *TEXTS[4:], "dog " * 90]
    whole = tokenize(loaded, texts, "text", truncate=True)
    monkeypatch.setattr("probesteer.models.tokens._AT_ONCE", 3)
    parts = tokenize(loaded, texts, "text", truncate=True)
    assert parts.truncated.tolist() == [row in (4, 9) for row in range(10)]
    np.testing.assert_array_equal(parts.truncated, whole.truncated)
    for name in ("ids", "offsets", "special"):
        for one, other in zip(getattr(parts, name), getattr(whole, name), strict=True):
            np.testing.assert_array_equal(one, other, strict=True)
    assert {array.dtype for array in parts.offsets} == {np.dtype(np.int32)}
    with pytest.raises(ProbesteerError, match="text 15: 102 tokens"):
        tokenize(loaded, texts, "text", list(range(11, 21)))


def test_no_texts_make_no_sequences(load_tiny: Load) -> None:
    found = tokenize(load_tiny("llama"), [], "text")
    assert (found.ids, found.lengths.tolist(), found.truncated.tolist()) == ([], [], [])


def test_batches_without_padding_hold_one_length() -> None:
    lengths = np.array([3, 5, 3, 5, 5, 2])
    batches = [lengths[batch].tolist() for batch in batches_by_length(lengths, 10, padded=False)]
    assert batches == [[5, 5], [5], [3, 3], [2]]
