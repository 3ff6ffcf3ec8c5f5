"""Where texts are read: their tokens, and the rows of activations that they give."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from probesteer.concepts.positions import Position, ReadingRows, reading_rows
from probesteer.models.chat import RenderedTexts, is_chat, render
from probesteer.models.inputs import TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import tokenize
from probesteer.settings.schema import ChatSettings


@dataclass(frozen=True, eq=False)
class TextRows:
    """Tokenized texts, and which of their tokens are read."""

    inputs: TextInputs
    rows: ReadingRows
    truncated: NDArray[np.bool_]
    """[texts], whether its end was cut off."""


def text_rows(
    loaded: LoadedModel,
    texts: Sequence[str],
    spans: Sequence[str | None],
    position: Position,
    chat: ChatSettings,
    source: Path,
    numbers: Sequence[int],
    truncate: bool = False,
) -> TextRows:
    """Put the texts into the chat's template, where there is one, tokenize them, find the position.

    spans: the marked part of each text, or None. source and numbers: the file and the rows that
    faults name. truncate: cut what is longer than the context.

    Raises ProbesteerError for a text that the model can't take or that lacks the position.
    """
    named, is_rendered = f"{source}: row", is_chat(chat)
    asked = RenderedTexts(list(texts), [])
    if is_rendered:
        asked = render(loaded, chat, list(texts), named, list(numbers))
    tokens = tokenize(
        loaded, asked.texts, named, list(numbers), rendered=is_rendered, truncate=truncate
    )
    rows = reading_rows(
        position,
        tokens.offsets,
        tokens.special,
        list(spans),
        asked.texts,
        source,
        asked.user,
        tokens.truncated,
    )
    return TextRows(TextInputs(tokens.ids), rows, tokens.truncated)
