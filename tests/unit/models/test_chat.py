"""Texts put to the model by a chat template: every position lands where it should."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from probesteer.concepts.positions import parse_position, reading_rows
from probesteer.concepts.spans import find_spans
from probesteer.errors import ProbesteerError
from probesteer.interventions.scoring import score_prompts
from probesteer.models.chat import render, template_digest
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import tokenize, tokenize_prompts
from probesteer.settings.schema import ChatSettings

Load = Callable[[str], LoadedModel]

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
INSTRUCT = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content | trim }} "
    "[/INST]{% else %} {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}"
)
STRICT = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('no system turn here') }}{% endif %}"
    "{{ messages[0].content }}:"
)
ASK = ChatSettings(user="Is it so? {text}")


def with_template(loaded: LoadedModel, template: str, chat: ChatSettings = ASK) -> LoadedModel:
    loaded.tokenizer.chat_template = template
    if "im_start" in template:
        loaded.tokenizer.add_tokens(["<|im_start|>", "<|im_end|>"], special_tokens=True)
    return replace(loaded, chat=chat)


def read_at(loaded: LoadedModel, text: str, position: str, span: str | None = None) -> list[str]:
    """The tokens that are read, as they stand in the rendered text."""
    rendered = render(loaded, loaded.chat, [text], "text", [1])
    tokens = tokenize(loaded, rendered.texts, "text", rendered=True)
    rows = reading_rows(
        parse_position(position),
        tokens.offsets,
        [mask.astype(int).tolist() for mask in tokens.special],
        [span],
        rendered.texts,
        Path("x.csv"),
        rendered.user,
    )
    spans = [tokens.offsets[0][token] for token in rows.tokens.tolist()]
    return [rendered.texts[0][first:end] for first, end in spans]


@pytest.mark.parametrize("template", [CHATML, INSTRUCT])
def test_positions_in_the_rendered_text(template: str, load_tiny: Load) -> None:
    loaded = with_template(load_tiny("llama"), template)
    assert read_at(loaded, "The cat was sad", "user_end") == ["sad"]
    assert read_at(loaded, "The cat was sad  ", "user_end") == ["sad"]
    assert read_at(loaded, "The cat was sad", "span", "cat") == ["cat"]
    (last,) = read_at(loaded, "The cat was sad", "last")
    assert last == ("assistant" if template is CHATML else "]")
    everything = read_at(loaded, "The cat was sad", "all")
    assert everything == read_at(loaded, "The cat was sad", "mean")
    # The leading <s> of the template is special, as it is when a tokenizer puts it there.
    assert everything[0] == ("<|im_start|>" if template is CHATML else "[")
    assert "<s>" not in everything
    assert read_at(loaded, "The cat was sad", "0") == everything[:1]


# Of "<|im_start|> user Is it so ? The cat was sad <|im_end|> …" and of "<s> [ INST ] Is it …".
EXACT = {
    CHATML: {"user_end": 9, "span": 7, "last": 12, "0": 0, "-2": 11},
    INSTRUCT: {"user_end": 11, "span": 9, "last": 14, "0": 1, "-2": 13},
}


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("template", [CHATML, INSTRUCT])
def test_exact_tokens_for_either_padding_side(template: str, side: str, load_tiny: Load) -> None:
    loaded = with_template(load_tiny("llama"), template)
    loaded.tokenizer.padding_side = side
    rendered = render(loaded, ASK, ["The cat was sad", "No"], "text", [1, 2])
    tokens = tokenize(loaded, rendered.texts, "text", rendered=True)
    found = {
        position: reading_rows(
            parse_position(position),
            tokens.offsets,
            [mask.astype(int).tolist() for mask in tokens.special],
            ["cat", "No"],
            rendered.texts,
            Path("x.csv"),
            rendered.user,
        ).token.tolist()
        for position in EXACT[template]
    }
    # The second text is three words shorter, and marked at its end.
    assert found == {
        position: [token, token - (1 if position == "span" else 3 if token > 3 else 0)]
        for position, token in EXACT[template].items()
    }


@pytest.mark.parametrize(
    ("template", "word"),
    [(CHATML, "assistant"), (CHATML, "is"), (CHATML, "im_start"), (INSTRUCT, "INST")],
)
def test_words_of_the_template_are_not_taken_for_the_users(
    template: str, word: str, load_tiny: Load
) -> None:
    loaded = with_template(load_tiny("gpt2"), template, ChatSettings(user="{text}"))
    text = f"The {word}"
    (whole,), ((first, end),) = (
        (found := render(loaded, loaded.chat, [text], "text", [1])).texts,
        found.user,
    )
    before = "<|im_start|>user\n" if template is CHATML else "[INST] "
    assert (first, end) == (len(before), len(before) + len(text))
    assert find_spans([whole], [word], Path("x.csv"), found.user) == [(end - len(word), end)]
    # What only the template writes is found too: a span may lie anywhere.
    assert find_spans([whole], ["]" if template is INSTRUCT else "user"], Path("x.csv")) == [
        (len(whole) - 1, len(whole)) if template is INSTRUCT else (12, 16)
    ]


def test_a_template_that_writes_the_date_writes_the_same_one_every_day(load_tiny: Load) -> None:
    # White space at the beginning is left as it is without the date, block tags and all.
    dated = (
        "\n  {% if strftime_now is defined %}{% set day = strftime_now('%d %b %Y, %A %-m') %}"
        "{% endif %}\n{{ day }}{{ messages[0].content }}"
    )
    loaded = with_template(load_tiny("llama"), dated)
    (whole,) = render(loaded, ASK, ["The cat"], "text", [1]).texts
    assert whole == "\n26 Jul 2024, Friday 7Is it so? The cat"


def test_a_template_that_changes_the_words_is_one_line(load_tiny: Load) -> None:
    loaded = with_template(load_tiny("llama"), "{{ messages[0].content | upper }}")
    assert refusal(loaded, ASK, "The cat").startswith(
        "concept x: prompt 3: the chat template of model llama changes what the user says"
    )
    silent = with_template(load_tiny("llama"), "{{ messages[0].role }}:")
    assert "changes what the user says" in refusal(silent, ASK, "The cat")


def test_no_special_token_stands_twice(load_tiny: Load) -> None:
    loaded = with_template(load_tiny("llama"), INSTRUCT)
    (ids,) = tokenize_prompts(loaded, ["The cat"], "text").ids
    assert (ids == loaded.tokenizer.bos_token_id).sum() == 1
    turns = [{"role": "user", "content": "Is it so? The cat"}]
    expected = loaded.tokenizer.apply_chat_template(turns, add_generation_prompt=True)["input_ids"]
    assert ids.tolist() == expected


def test_a_system_turn_comes_first(load_tiny: Load) -> None:
    loaded = with_template(load_tiny("llama"), CHATML)
    chat = ChatSettings(user="{text}?", system="Be good.")
    (whole,) = render(loaded, chat, ["Was he sad"], "text", [1]).texts
    assert whole == (
        "<|im_start|>system\nBe good.<|im_end|>\n<|im_start|>user\nWas he sad?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_whole_conversations(load_tiny: Load) -> None:
    loaded = with_template(load_tiny("llama"), CHATML, ChatSettings(messages=True))
    turns = [
        {"role": "user", "content": "sad?"},
        {"role": "assistant", "content": "No."},
        {"role": "user", "content": "happy, so happy?"},
    ]
    assert read_at(loaded, json.dumps(turns), "user_end") == ["?"]
    (whole,) = render(loaded, loaded.chat, [json.dumps(turns)], "text", [1]).texts
    assert whole.count("<|im_start|>") == 4


@pytest.mark.parametrize(
    ("template", "ending", "joined"),
    [
        (CHATML, "assistant\n", "sad"),
        (CHATML.replace("assistant\n", "<|im_end|>"), "<|im_end|>", "sad"),
        (INSTRUCT, "[/INST]", " sad"),
    ],
)
def test_an_answer_follows_the_rendered_prompt(
    template: str, ending: str, joined: str, load_tiny: Load
) -> None:
    loaded = with_template(load_tiny("gpt2"), template)
    prompts = pd.DataFrame({"prompt": ["The cat"], "positive": ["happy"], "negative": ["sad"]})
    (*_, row) = score_prompts(loaded, prompts, "concept x:")
    written = loaded.tokenizer.decode([*row.ids, row.tokens[-1]])
    assert written.endswith(ending + joined)
    # Both are predicted right behind the rendered prompt, which is what was read.
    turns = [{"role": "user", "content": "Is it so? The cat"}]
    rendered = loaded.tokenizer.apply_chat_template(turns, add_generation_prompt=True)["input_ids"]
    assert row.ids[: row.start + 1].tolist() == rendered


def refusal(loaded: LoadedModel, chat: ChatSettings, text: str) -> str:
    with pytest.raises(ProbesteerError) as caught:
        render(loaded, chat, [text], "concept x: prompt", [3])
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_no_template_is_one_line(load_tiny: Load) -> None:
    assert refusal(load_tiny("llama"), ASK, "The cat").startswith(
        "model llama: its tokenizer has no chat template; "
    )


def test_a_turn_that_the_template_refuses_is_one_line(load_tiny: Load) -> None:
    loaded = with_template(load_tiny("llama"), STRICT)
    assert refusal(loaded, ChatSettings(user="{text}", system="Be good."), "x") == (
        "concept x: prompt 3: the chat template of model llama refuses it: no system turn here; "
        "change the turns"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no json", "messages are not JSON"),
        ('{"role": "user"}', "messages are not turns"),
        ('[{"role": "robot", "content": "x"}]', "messages are not turns"),
        ("[]", "the last turn is not the user's"),
        ('[{"role": "assistant", "content": "x"}]', "the last turn is not the user's"),
    ],
)
def test_bad_conversations_are_one_line(text: str, said: str, load_tiny: Load) -> None:
    loaded = with_template(load_tiny("llama"), CHATML)
    found = refusal(loaded, ChatSettings(messages=True), text)
    assert found.startswith(f"concept x: prompt 3: {said}")


def test_the_digest_tells_templates_and_wrappers_apart(load_tiny: Load) -> None:
    loaded = load_tiny("llama")
    assert template_digest(loaded, ChatSettings()) == ""
    found = {
        template_digest(with_template(load_tiny("llama"), template), chat)
        for template in (CHATML, INSTRUCT)
        for chat in (ASK, ChatSettings(user="{text}"), ChatSettings(messages=True))
    }
    assert len(found) == 6
