"""The marked span: a part of a text, found by its last occurrence."""

from collections.abc import Sequence
from pathlib import Path

from probesteer.concepts.faults import row_fault, shown


def find_spans(
    texts: Sequence[str],
    spans: Sequence[str | None],
    source: Path,
    user: Sequence[tuple[int, int]] = (),
) -> list[tuple[int, int]]:
    """Start and end (exclusive) of every span's last occurrence in its text, in characters.

    user: per rendered chat, where the last user turn's words lie. What the template writes behind
    them is searched last: a span such as "is" stands in "assistant" too.

    White space at the ends of a span is left out after the search: whether it belongs to the next
    word's token differs between tokenizers. Raises ProbesteerError, naming the row of `source`,
    where a span is missing, blank or not in its text.
    """
    found = []
    for example, bounds in enumerate(find_marked_spans(texts, spans, source, user)):
        if bounds is None:
            raise row_fault(
                source, example, "span is empty; mark a part of the text or choose another position"
            )
        found.append(bounds)
    return found


def find_marked_spans(
    texts: Sequence[str],
    spans: Sequence[str | None],
    source: Path,
    user: Sequence[tuple[int, int]] = (),
) -> list[tuple[int, int] | None]:
    """The same where only some texts have a span; None for one that has none."""
    found: list[tuple[int, int] | None] = []
    for example, (text, span) in enumerate(zip(texts, spans, strict=True)):
        # a missing span is None, or NaN after a round trip through a table
        if not isinstance(span, str) or not span.strip():
            found.append(None)
            continue
        start = text.rfind(span, 0, user[example][1]) if user else -1
        if start < 0:
            start = text.rfind(span)
        if start < 0:
            raise row_fault(
                source, example, f"the span {shown(span)} is not in the text; copy it exactly"
            )
        first = start + len(span) - len(span.lstrip())
        found.append((first, first + len(span.strip())))
    return found
