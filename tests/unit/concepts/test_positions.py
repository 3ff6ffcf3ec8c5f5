"""Reading positions: the tokens that each kind takes, and the texts that are refused."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from probesteer.concepts.positions import Position, ReadingRows, parse_position, reading_rows
from probesteer.errors import ProbesteerError

Refusal = Callable[[Callable[[], object]], str]

SOURCE = Path("a.csv")
TEXTS = ["one two one", "été 😀!", "end"]
SPANS = ["one", "😀", "end"]


def tokenize(
    texts: list[str], before: int, after: int
) -> tuple[list[list[tuple[int, int]]], list[list[int]]]:
    """Words and punctuation as tokens, with special tokens before and after; an emoji gives three
    tokens with equal offsets, as byte-level tokenizers do."""
    offsets, special = [], []
    for text in texts:
        pieces = [
            match.span()
            for match in re.finditer(r"\w+|[^\w\s]", text)
            for _ in range(3 if match.group() == "😀" else 1)
        ]
        offsets.append([(0, 0)] * before + pieces + [(0, 0)] * after)
        special.append([1] * before + [0] * len(pieces) + [1] * after)
    return offsets, special


def read(
    position: str,
    before: int = 0,
    after: int = 0,
    texts: list[str] = TEXTS,
    spans: Sequence[str | None] = SPANS,
) -> ReadingRows:
    offsets, special = tokenize(texts, before, after)
    return reading_rows(parse_position(position), offsets, special, spans, texts, SOURCE)


@pytest.mark.parametrize("before", [0, 1, 2])
@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize(
    ("position", "tokens"),
    [("last", [2, 4, 0]), ("0", [0, 0, 0]), ("-1", [2, 4, 0]), ("span", [2, 3, 0])],
)
def test_one_token_an_example(before: int, after: int, position: str, tokens: list[int]) -> None:
    rows = read(position, before, after)
    assert rows.example.tolist() == [0, 1, 2]
    assert rows.token.tolist() == [token + before for token in tokens]
    assert rows.example.dtype == rows.token.dtype == np.int64
    assert not rows.mean
    assert [rows.tokens_of(example).tolist() for example in range(3)] == [
        [token + before] for token in tokens
    ]


@pytest.mark.parametrize(("index", "tokens"), [("2", [3, 3]), ("-3", [1, 3])])
def test_an_index_counts_real_tokens_from_either_end(index: str, tokens: list[int]) -> None:
    assert read(index, 1, 1, TEXTS[:2], SPANS[:2]).token.tolist() == tokens


def test_mean_gives_one_row_an_example_over_its_real_tokens() -> None:
    rows = read("mean", 1, 1)
    assert rows.mean
    assert rows.example.tolist() == [0, 1, 2]
    assert rows.token.tolist() == [-1, -1, -1]
    assert [rows.tokens_of(example).tolist() for example in range(3)] == [
        [1, 2, 3],
        [1, 2, 3, 4, 5],
        [1],
    ]


def test_all_gives_one_row_a_real_token() -> None:
    rows = read("all", 1, 1)
    assert not rows.mean
    assert rows.example.tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 2]
    assert rows.token.tolist() == [1, 2, 3, 1, 2, 3, 4, 5, 1]
    assert rows.tokens_of(1).tolist() == [1, 2, 3, 4, 5]


def test_special_tokens_within_the_text_are_not_read() -> None:
    offsets = [[(0, 0), (0, 1), (1, 2), (2, 3), (3, 4)]]
    special = [[True, False, True, False, True]]

    def tokens(position: str) -> list[int]:
        rows = reading_rows(parse_position(position), offsets, special, ["abcd"], ["abcd"], SOURCE)
        return list(rows.token)

    assert tokens("all") == [1, 3]
    assert tokens("last") == tokens("1") == tokens("span") == [3]
    assert tokens("-2") == [1]


@pytest.mark.parametrize(
    ("span", "token"),
    [("two", 1), (" two", 1), ("two ", 1), ("ne tw", 1), ("one two", 1), ("n", 2), ("one", 2)],
)
@pytest.mark.parametrize("leading_space", [0, 1])
def test_span_takes_the_last_token_that_overlaps_the_last_occurrence(
    span: str, token: int, leading_space: int
) -> None:
    offsets = [[(0, 3), (4 - leading_space, 7), (8 - leading_space, 11)]]
    rows = reading_rows(Position("span"), offsets, [[0, 0, 0]], [span], ["one two one"], SOURCE)
    assert rows.token.tolist() == [token]


@pytest.mark.parametrize("kind", ["last", "mean", "all", "span"])
def test_named_positions(kind: str) -> None:
    assert parse_position(kind).kind == kind


@pytest.mark.parametrize(("text", "index"), [("0", 0), ("12", 12), ("-1", -1)])
def test_index_positions(text: str, index: int) -> None:
    assert parse_position(text) == Position("index", index)


@pytest.mark.parametrize("text", ["", "Last", "index", "1.5", "+1", " 1", "٣", "1\n", "9" * 5000])
def test_unknown_positions(refusal: Refusal, text: str) -> None:
    message = refusal(lambda: parse_position(text))
    assert message.startswith("position ")
    assert message.endswith(
        " is not known; use last, mean, all, span, user_end or an index like 0 or -1"
    )
    assert len(message) < 150


@pytest.mark.parametrize("position", ["last", "mean", "all", "span", "0"])
def test_a_text_without_tokens(refusal: Refusal, position: str) -> None:
    assert (
        refusal(lambda: read(position, 1, 1, ["a", "", "b"], ["a", "b", "b"]))
        == "a.csv: row 3: the text has no tokens; write a text or delete the row"
    )


@pytest.mark.parametrize("index", ["5", "-6"])
def test_an_index_out_of_range(refusal: Refusal, index: str) -> None:
    assert refusal(lambda: read(index, 1, 1, TEXTS[1:], SPANS[1:])) == (
        f"a.csv: row 2: the text has 5 tokens, so there is none at position {index};"
        " choose another position or delete the row"
    )


@pytest.mark.parametrize(
    ("span", "message"),
    [
        (None, "span is empty; mark a part of the text or choose another position"),
        (float("nan"), "span is empty; mark a part of the text or choose another position"),
        ("", "span is empty; mark a part of the text or choose another position"),
        (" ", "span is empty; mark a part of the text or choose another position"),
        ("Two", "the span 'Two' is not in the text; copy it exactly"),
    ],
)
def test_unusable_spans(refusal: Refusal, span: str | None, message: str) -> None:
    spans: list[str | None] = ["one", span]
    found = refusal(lambda: read("span", 1, 1, ["one", "one two"], spans))
    assert found == f"a.csv: row 3: {message}"


def test_a_span_without_a_token(refusal: Refusal) -> None:
    def call() -> ReadingRows:
        offsets = [[(0, 1), (1, 1), (2, 3)]]
        return reading_rows(Position("span"), offsets, [[0, 0, 0]], ["b"], ["abc"], SOURCE)

    message = "a.csv: row 2: no token covers the span; mark another part of the text"
    assert refusal(call) == message


# "one two thr|ee four", of which the first two tokens and a part of the third are kept.
CUT = "one two three four"
KEPT = [(0, 3), (4, 7), (8, 11)]


def read_cut(
    position: str, span: str = "two", user: tuple[int, int] | None = None, cut: bool = True
) -> list[int]:
    words = [] if user is None else [(0, 3), user]
    return list(
        reading_rows(
            parse_position(position),
            [np.array([(0, 3)]), np.array(KEPT)],
            [np.zeros(1, dtype=bool), np.zeros(3, dtype=bool)],
            ["one", span],
            ["one", CUT],
            SOURCE,
            words,
            np.array([False, cut]),
        ).token
    )


def test_what_is_kept_of_a_cut_text_is_read() -> None:
    assert read_cut("last") == read_cut("-1") == [0, 2]
    assert read_cut("span") == [0, 1]
    assert read_cut("span", "thr") == [0, 2]
    assert read_cut("all") == [0, 0, 1, 2]
    # Of a chat too, where the position is counted from its beginning or stands before the cut.
    assert read_cut("0", user=(4, 18)) == [0, 0]
    assert read_cut("user_end", user=(4, 7)) == [0, 1]
    assert read_cut("mean", user=(4, 18)) == [-1, -1]


@pytest.mark.parametrize(
    ("position", "span", "user", "what"),
    [
        ("span", "three", None, "the end of the span"),
        ("span", "four", None, "the end of the span"),
        ("span", "two three", None, "the end of the span"),
        ("user_end", "two", (4, 18), "the end of the user's words"),
        ("user_end", "two", (14, 18), "the end of the user's words"),
        ("last", "two", (4, 7), "the end of the prompt"),
        ("-1", "two", (4, 7), "the end of the prompt"),
    ],
)
def test_a_position_that_was_cut_off_names_the_row(
    refusal: Refusal, position: str, span: str, user: tuple[int, int] | None, what: str
) -> None:
    assert refusal(lambda: read_cut(position, span, user)) == (
        f"a.csv: row 3: the text is cut before {what}; shorten it or choose another position"
    )


def test_an_index_behind_the_cut_says_so(refusal: Refusal) -> None:
    assert refusal(lambda: read_cut("1", cut=False)).startswith("a.csv: row 2: the text has 1 tok")
    one = "a.csv: row 3: the text is cut to 3 tokens, so there is none at position 3;"
    many = [np.array([(0, 3)] * 4), np.array(KEPT)]

    def call() -> ReadingRows:
        marks = [np.zeros(len(pieces), dtype=bool) for pieces in many]
        cut = [False, True]
        return reading_rows(
            Position("index", 3), many, marks, [None] * 2, [CUT] * 2, SOURCE, truncated=cut
        )

    assert refusal(call).startswith(one)


def test_a_character_without_a_token_is_no_cut() -> None:
    # Some tokenizers drop characters; only a text that was cut can have lost its position.
    assert read_cut("span", "two three four", cut=False) == [0, 2]


@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize("after", [0, 2])
def test_a_window_ends_at_the_position_and_short_texts_have_less_of_it(
    before: int, after: int
) -> None:
    none = [None] * 3
    rows = read("window:3", before, after, spans=none)
    assert rows.example.tolist() == [0, 0, 0, 1, 1, 1, 2]
    assert [token - before for token in rows.token] == [0, 1, 2, 2, 3, 4, 0]
    assert rows.tokens_of(1).tolist() == rows.token[3:6].tolist() and not rows.mean
    assert rows.example.dtype == rows.token.dtype == rows.bounds.dtype == np.int64
    alone = read("window:1", before, after, spans=none)
    assert alone.token.tolist() == read("last", before, after).token.tolist()
    whole, everything = read("window:9", before, after, spans=none), read("all", before, after)
    assert whole.token.tolist() == everything.token.tolist()
    second = read("window:2:1", before, after, TEXTS[:2], none[:2])
    assert [token - before for token in second.token] == [0, 1, 0, 1]
    picked = rows.of(np.array([2, 0]))
    assert picked.example.tolist() == [0, 1, 1, 1]
    assert [token - before for token in picked.token] == [0, 0, 1, 2]


def test_a_window_ends_at_the_span_where_one_is_marked() -> None:
    rows = read("window:2", spans=["two", None, ""])
    assert rows.example.tolist() == [0, 0, 1, 1, 2]
    assert rows.token.tolist() == [0, 1, 3, 4, 0]
    # Of several tokens the last; and a special token between is not counted.
    offsets, special = [[(0, 2), (0, 0), (2, 3), (3, 5), (6, 9)]], [[0, 1, 0, 0, 0]]
    found = reading_rows(
        parse_position("window:3:last"), offsets, special, ["abcd"], ["abcde fgh"], SOURCE
    )
    assert found.token.tolist() == [0, 2, 3]


def test_windows_by_name(refusal: Refusal) -> None:
    assert parse_position("window:8") == Position("last", window=8)
    assert parse_position("window:8:user_end") == Position("user_end", window=8)
    assert parse_position("window:16:-2") == Position("index", -2, window=16)
    for wrong in ("window", "window:0", "window:-1", "window:3:mean", "window:99999", "window:2:"):
        assert "is not known" in refusal(lambda wrong=wrong: parse_position(wrong))  # type: ignore[misc]
    unmarked = refusal(lambda: read("window:2:span", spans=["one", None, "end"]))
    assert unmarked.startswith("a.csv: row 3: span is empty")
    with pytest.raises(ProbesteerError, match="row 3: the text is cut before the end of the span"):
        read_cut("window:2", "three")
