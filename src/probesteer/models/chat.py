"""Texts put to an instruction model, as its tokenizer's chat template renders them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from jinja2 import TemplateError

from probesteer.errors import ProbesteerError
from probesteer.files.digests import json_digest
from probesteer.models.loading import LoadedModel
from probesteer.settings.schema import ChatSettings

_ROLES = ("system", "user", "assistant", "tool")

# A character for private use, which no template writes: it marks where the user's words go.
_MARK = "\ue000"

# Some templates tell the model what day it is. It is always the same one, as results would
# differ from day to day otherwise; a template's own macro goes before the library's function.
_DAY = datetime(2024, 7, 26)
_CODES = ("-d", "-m", *"AaBbdFHIjMmpSTYy")
_SAME_DAY = (
    "{% macro strftime_now(format) %}{{ format"
    + "".join(f" | replace('%{code}', '{_DAY.strftime(f'%{code}')}')" for code in _CODES)
    + " }}{% endmacro %}\n"
)


@dataclass(frozen=True)
class RenderedTexts:
    """Texts with their special tokens written out, up to where the model is to answer."""

    texts: list[str]
    user: list[tuple[int, int]]  # where the last user turn's words begin and end, in characters


def is_chat(chat: ChatSettings) -> bool:
    """Whether texts are put to the model as turns of a conversation."""
    return chat.messages or chat.user is not None


def template_digest(loaded: LoadedModel, chat: ChatSettings) -> str:
    """What the rendered texts depend on besides themselves; empty for plain texts."""
    return json_digest([loaded.tokenizer.chat_template, asdict(chat)]) if is_chat(chat) else ""


def render(
    loaded: LoadedModel,
    chat: ChatSettings,
    texts: Sequence[str],
    source: str,
    numbers: Sequence[int],
) -> RenderedTexts:
    """Each text as a conversation that waits for the assistant's turn.

    source, numbers: how an error names a text, such as "concept truth: prompt" and 1, 2 ….

    Raises ProbesteerError where the tokenizer has no template, the template refuses the turns, or
    a conversation is not a list of turns that ends with the user's.
    """
    if not loaded.tokenizer.chat_template:
        raise ProbesteerError(
            f"model {loaded.name}: its tokenizer has no chat template; leave chat out of the "
            "concept's YAML, or choose an instruction model"
        )
    rendered, ends = [], []
    for text, number in zip(texts, numbers, strict=True):
        where = f"{source} {number}"
        turns = _turns(chat, text, where)
        whole = _rendered(loaded, turns, where)
        rendered.append(whole)
        ends.append(_user_words(loaded, turns, whole, where))
    return RenderedTexts(rendered, ends)


def _rendered(loaded: LoadedModel, turns: list[dict[str, Any]], where: str) -> str:
    try:
        template = loaded.tokenizer.get_chat_template()
        whole: str = loaded.tokenizer.apply_chat_template(
            turns,
            chat_template=_SAME_DAY + template if "strftime_now" in template else template,
            tokenize=False,
            add_generation_prompt=True,
        )
    except (TemplateError, ValueError) as fault:
        said = str(fault).strip() or type(fault).__name__
        raise ProbesteerError(
            f"{where}: the chat template of model {loaded.name} refuses it: "
            f"{said.splitlines()[0]}; change the turns"
        ) from fault
    return whole


def _user_words(
    loaded: LoadedModel, turns: list[dict[str, Any]], whole: str, where: str
) -> tuple[int, int]:
    """Where the last turn's words begin and end in `whole`, white space around them left out.

    What stands behind them is told by a second rendering, with a mark in their place: they may
    occur in the template's own text as well, such as in "assistant".
    """
    marked = _rendered(loaded, [*turns[:-1], {**turns[-1], "content": _MARK}], where)
    _, mark, behind = marked.rpartition(_MARK)
    words, before = turns[-1]["content"].strip(), whole.removesuffix(behind).rstrip()
    if not (mark and whole.endswith(behind) and before.endswith(words)):
        raise ProbesteerError(
            f"{where}: the chat template of model {loaded.name} changes what the "
            "user says, so that it can't be found again; simplify the text"
        )
    return len(before) - len(words), len(before)


def ends_a_turn(loaded: LoadedModel, rendered: str) -> bool:
    """Whether the model's answer begins right at the end of `rendered`, without a space."""
    tokens: dict[str, int] = loaded.tokenizer.get_added_vocab()
    return rendered[-1:].isspace() or any(rendered.endswith(token) for token in tokens)


def _turns(chat: ChatSettings, text: str, where: str) -> list[dict[str, Any]]:
    if not chat.messages:
        assert chat.user is not None
        system = [] if chat.system is None else [{"role": "system", "content": chat.system}]
        return [*system, {"role": "user", "content": chat.user.replace("{text}", text)}]
    try:
        turns = json.loads(text)
    except ValueError as fault:
        raise ProbesteerError(f"{where}: messages are not JSON; write a list of turns") from fault
    whole = isinstance(turns, list) and all(
        isinstance(turn, dict)
        and turn.get("role") in _ROLES
        and isinstance(turn.get("content"), str)
        for turn in turns
    )
    if not whole:
        raise ProbesteerError(
            f"{where}: messages are not turns; write a list of {{role, content}} with the roles "
            "system, user and assistant"
        )
    if not turns or turns[-1]["role"] != "user" or not turns[-1]["content"].strip():
        raise ProbesteerError(f"{where}: the last turn is not the user's; end with one that is")
    return list(turns)
