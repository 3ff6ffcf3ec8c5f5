"""The concept asked for in words, against plain passes over the longer prompt."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from probesteer.errors import ProbesteerError
from probesteer.figures.rows import matching
from probesteer.interventions.prompting import measure_prompting
from probesteer.models.loading import LoadedModel
from probesteer.settings.schema import AskedSettings, ChatSettings
from tests.unit.interventions.naive import log_probabilities

Load = Callable[[str], LoadedModel]
ASKED = AskedSettings("She was happy.", "Tom was sad.")
PROMPTS = pd.DataFrame(
    [("The cat is", "happy", "sad"), ("She saw", "a bird", "the dog"), ("Tom was", "good", "bad")],
    columns=["prompt", "positive", "negative"],
).assign(group=["a", "b", "c"], split=["validation", "test", "test"])


def measured(loaded: LoadedModel, asked: AskedSettings = ASKED) -> pd.DataFrame:
    return measure_prompting(loaded, PROMPTS, asked, 256, 100, 0, "concept x:")


def plain(loaded: LoadedModel, text: str, continuation: str) -> float:
    start = len(loaded.tokenizer(text)["input_ids"])
    ids = tuple(loaded.tokenizer(f"{text} {continuation}")["input_ids"])
    read = log_probabilities(loaded, ids)
    return sum(float(read[i - 1, ids[i]]) for i in range(start, len(ids)))


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_changes_are_those_of_the_longer_prompt(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    table = measured(loaded)
    constant = ["site", "layer", "method", "draw", "positions", "unit"]
    assert table[constant].drop_duplicates().to_numpy().tolist() == [
        ["none", -1, "prompting", -1, "none", "asked"]
    ]
    for strength, words in ((1.0, ASKED.positive), (-1.0, ASKED.negative)):
        changes = {
            side: [
                plain(loaded, f"{words} {row['prompt']}", row[side])
                - plain(loaded, row["prompt"], row[side])
                for _, row in PROMPTS.iterrows()
            ]
            for side in ("positive", "negative")
        }
        pairs = zip(changes["positive"], changes["negative"], strict=True)
        expected = {
            "logit_difference_change": [one - other for one, other in pairs],
            "log_probability_positive_change": changes["positive"],
            "log_probability_negative_change": changes["negative"],
        }
        for metric, values in expected.items():
            rows = matching(table, metric=metric, strength=strength).set_index("split")
            assert rows.loc["all", "value"] == pytest.approx(sum(values) / 3, abs=1e-4)
            assert rows.loc["validation", "value"] == pytest.approx(values[0], abs=1e-4)
            assert rows.loc["test", "value"] == pytest.approx(sum(values[1:]) / 2, abs=1e-4)
            assert rows["n"].to_dict() == {"all": 3, "validation": 1, "test": 2}
    assert (table["value"].abs() > 1e-3).all()


@pytest.mark.parametrize("kind", ["bert", "t5"])
def test_other_kinds_of_models_are_asked_too(kind: str, load_tiny: Load) -> None:
    loaded = load_tiny(kind)
    one = PROMPTS.assign(positive="happy", negative="sad")
    table = measure_prompting(loaded, one, ASKED, 256, 100, 0, "concept x:")
    found = table.query("metric == 'logit_difference_change' and split == 'all'")
    assert found["value"].abs().min() > 1e-4


def test_in_a_chat_the_words_stand_in_the_users_turn(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    loaded.tokenizer.chat_template = "{{ bos_token }}{{ messages[0].content }} :"
    chat = replace(loaded, chat=ChatSettings(user="So {text}"))
    rendered = PROMPTS.assign(prompt=[f"So {prompt} :" for prompt in PROMPTS["prompt"]])
    asked = PROMPTS.assign(prompt=[f"So No. {prompt} :" for prompt in PROMPTS["prompt"]])
    table = measured(chat, AskedSettings("No.", "Yes."))
    rows = table.query("metric == 'logit_difference_change' and strength == 1 and split == 'all'")
    expected = [
        plain(loaded, text, row["positive"]) - plain(loaded, text, row["negative"])
        for prompts in (asked, rendered)
        for text, (_, row) in zip(prompts["prompt"], PROMPTS.iterrows(), strict=True)
    ]
    assert float(rows["value"].iloc[0]) == pytest.approx(
        (sum(expected[:3]) - sum(expected[3:])) / 3, abs=1e-4
    )


def test_nothing_is_asked_and_an_image_cannot_be(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    empty = measured(loaded, AskedSettings())
    assert len(empty) == 0
    pd.testing.assert_index_equal(empty.columns, measured(loaded).columns)
    with pytest.raises(ProbesteerError, match="is shown images, which nothing can be said before"):
        measured(replace(loaded, kind="image"))
