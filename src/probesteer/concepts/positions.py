"""At which tokens a text is read: the same rule for every tokenizer and padding side.

Tokens are counted in the unpadded sequence, special tokens included; special tokens (a leading
<s>, a closing [SEP] or </s>) are never read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from probesteer.concepts.faults import row_fault, shown
from probesteer.concepts.spans import find_marked_spans, find_spans
from probesteer.errors import ProbesteerError

# Of one text: [tokens, 2] and [tokens].
Offsets = Sequence[tuple[int, int]] | NDArray[np.integer[Any]]
Marks = Sequence[int] | NDArray[np.bool_]

_WINDOW = re.compile(r"window:([1-9][0-9]{0,3})(?::(last|span|user_end|-?[0-9]{1,9}))?")


@dataclass(frozen=True)
class Position:
    """Where to read: `last`, `mean` or `all` real tokens, the end of the marked `span` or of the
    user's words (`user_end`), or an `index`.

    index: counts real (not special) tokens, from 0 at the first or from -1 at the last; only for
    the kind `index`. window: read that many real tokens up to the one that the kind names, or, of
    a text with a marked span, up to its end; 0: that token alone.
    """

    kind: Literal["last", "mean", "all", "span", "user_end", "index"]
    index: int = 0
    window: int = 0


@dataclass(frozen=True)
class ReadingRows:
    """The activation rows to gather, ordered by example and token.

    example: int64 [rows], which text. token: int64 [rows], which token of its unpadded sequence,
    or -1 where the row is the mean over `tokens_of(example)`.
    tokens: int64 [reads], every token that is read, example by example; bounds: int64 [n + 1],
    those of example i are `tokens[bounds[i]:bounds[i + 1]]`. Unless mean, `tokens` is `token`.
    """

    example: NDArray[np.int64]
    token: NDArray[np.int64]
    mean: bool
    tokens: NDArray[np.int64]
    bounds: NDArray[np.int64]

    def of(self, examples: NDArray[np.int64]) -> "ReadingRows":
        """The rows of `examples` alone, which are counted anew, in their order."""
        counts = np.diff(self.bounds)[examples]
        tokens = [self.tokens_of(int(example)) for example in examples]
        joined = np.concatenate(tokens) if tokens else self.tokens[:0]
        bounds = np.concatenate([[0], np.cumsum(counts)])
        counted = np.arange(len(examples))
        if self.mean:
            return ReadingRows(counted, np.full(len(examples), -1), True, joined, bounds)
        return ReadingRows(np.repeat(counted, counts), joined, False, joined, bounds)

    def tokens_of(self, example: int) -> NDArray[np.int64]:
        """The tokens of the unpadded sequence that are read, or averaged, for an example."""
        return self.tokens[self.bounds[example] : self.bounds[example + 1]]


def parse_position(text: str) -> Position:
    """The position that a setting names: last, mean, all, span, user_end or a whole number.

    `window:8` names the last eight tokens, `window:8:user_end` the eight up to that position, and
    so on for positions of one token.

    Raises ProbesteerError for anything else.
    """
    if window := _WINDOW.fullmatch(text):
        return replace(parse_position(window[2] or "last"), window=int(window[1]))
    match text:
        case "last" | "mean" | "all" | "span" | "user_end":
            return Position(text)
    if re.fullmatch("-?[0-9]{1,9}", text):
        return Position("index", int(text))
    raise ProbesteerError(
        f"position {shown(text)} is not known;"
        " use last, mean, all, span, user_end or an index like 0 or -1"
    )


def reading_rows(
    position: Position,
    offsets: Sequence[Offsets],
    special: Sequence[Marks],
    spans: Sequence[str | None],
    texts: Sequence[str],
    source: Path,
    user: Sequence[tuple[int, int]] = (),
    truncated: Sequence[bool] | NDArray[np.bool_] | None = None,
) -> ReadingRows:
    """The rows to gather for texts that a tokenizer has cut into tokens.

    offsets: per text, start and end (exclusive) of every token in characters of the text, as fast
    tokenizers give them; used for the kind `span` only. special: per text, 1 (or True) for every
    special token. spans: per text, the marked span or None. texts: what was tokenized. source:
    the file that errors name. user: per rendered chat, where the last user turn's words lie.
    truncated: which texts are cut at their end; None: none.

    last: the last real token; mean: all real tokens, one row; all: every real token, one row
    each; index: counts real tokens; span: the last real token that overlaps the span's last
    occurrence, of a chat the one up to the end of the user's words if there is one; user_end: the
    last that overlaps the user's words. Of a window, one row a token; a text that is shorter has
    fewer rows. Of a plain text that is cut, `last` and an index from the
    end count what is kept. Raises ProbesteerError that names the row where a text has no real
    token, not enough of them for the index, or no usable span; and where a span's end, the
    user's, or that of a chat which is counted from its end, was cut off.
    """
    cut = np.zeros(len(special), bool) if truncated is None else np.asarray(truncated, dtype=bool)
    if user and (position.kind == "last" or position.index < 0):
        _refuse_cut(cut, "the end of the prompt", source)
    real, bounds = _real_tokens(special, source)
    examples = np.arange(len(bounds) - 1)
    match position.kind:
        case "mean":
            return ReadingRows(examples, np.full(len(examples), -1), True, real, bounds)
        case "all":
            return ReadingRows(np.repeat(examples, np.diff(bounds)), real, False, real, bounds)
        case "last":
            token = real[bounds[1:] - 1]
        case "index":
            token = real[_index_places(position.index, bounds, cut, source)]
        case "span":
            found = find_spans(texts, spans, source, user)
            token = _span_ends(offsets, special, found, cut, "the span", source)
        case "user_end":
            token = _span_ends(offsets, special, user, cut, "the user's words", source)
    if position.window:
        marked = find_marked_spans(texts, spans, source, user)
        token = _span_ends(offsets, special, marked, cut, "the span", source, token)
        return _window_rows(position.window, token, real, bounds)
    return ReadingRows(examples, token, False, token, np.arange(len(bounds)))


def _window_rows(
    window: int, end: NDArray[np.int64], real: NDArray[np.int64], bounds: NDArray[np.int64]
) -> ReadingRows:
    """The real tokens up to `end`, [n], of each text, at most `window` of them."""
    examples = np.arange(len(end))
    longest = int(real.max(initial=0)) + 1
    # Texts and tokens in one order, so that every end is found among the real tokens at once.
    order = np.repeat(examples, np.diff(bounds)) * longest + real
    last = np.searchsorted(order, examples * longest + end)
    first = np.maximum(last - window + 1, bounds[:-1])
    counts = last - first + 1
    stops = np.concatenate([[0], np.cumsum(counts)])
    token = real[np.repeat(first - stops[:-1], counts) + np.arange(stops[-1])]
    return ReadingRows(np.repeat(examples, counts), token, False, token, stops)


def _real_tokens(
    special: Sequence[Marks], source: Path
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of the real tokens, text by text, and the bounds of each text among them."""
    starts = np.cumsum([0, *map(len, special)])
    no_mark = np.zeros(0, dtype=bool)
    is_real = ~np.concatenate([no_mark, *(np.asarray(marks, dtype=bool) for marks in special)])
    bounds = np.concatenate([[0], np.cumsum(is_real)])[starts]
    counts = np.diff(bounds)
    if not counts.all():
        raise row_fault(
            source, int(np.argmin(counts)), "the text has no tokens; write a text or delete the row"
        )
    places = np.flatnonzero(is_real)
    return places - np.repeat(starts[:-1], counts), bounds


def _index_places(
    index: int, bounds: NDArray[np.int64], cut: NDArray[np.bool_], source: Path
) -> NDArray[np.int64]:
    """Where the token counted by `index` stands among the real tokens, for every text."""
    counts = np.diff(bounds)
    short = (counts <= index) | (counts < -index)
    if short.any():
        example = int(np.argmax(short))
        raise row_fault(
            source,
            example,
            f"the text {'is cut to' if cut[example] else 'has'} {counts[example]} tokens,"
            f" so there is none at position {index};"
            " choose another position or delete the row",
        )
    return (bounds[:-1] if index >= 0 else bounds[1:]) + index


def _refuse_cut(lost: NDArray[np.bool_], what: str, source: Path) -> None:
    """Raise for the first text whose position, at `what`, was cut off."""
    if lost.any():
        raise row_fault(
            source,
            int(lost.argmax()),
            f"the text is cut before {what}; shorten it or choose another position",
        )


def _span_ends(
    offsets: Sequence[Offsets],
    special: Sequence[Marks],
    bounds: Sequence[tuple[int, int] | None],
    cut: NDArray[np.bool_],
    what: str,
    source: Path,
    otherwise: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """The last real token that overlaps each span; where there is none, the one of `otherwise`."""
    ends = np.empty(len(bounds), dtype=np.int64) if otherwise is None else otherwise.copy()
    behind, uncovered = np.zeros(len(bounds), dtype=bool), []
    for example, (pieces, marks, span) in enumerate(zip(offsets, special, bounds, strict=True)):
        if span is None:
            continue
        first, end = span
        starts, stops = np.asarray(pieces, dtype=np.int64).reshape(-1, 2).T
        is_real = ~np.asarray(marks, dtype=bool)
        behind[example] = stops[is_real].max(initial=0) < end
        covering = np.flatnonzero((starts < stops) & (starts < end) & (stops > first) & is_real)
        if len(covering):
            ends[example] = covering[-1]
        else:
            uncovered.append(example)
    _refuse_cut(cut & behind, f"the end of {what}", source)
    if uncovered:
        raise row_fault(
            source, uncovered[0], "no token covers the span; mark another part of the text"
        )
    return ends
