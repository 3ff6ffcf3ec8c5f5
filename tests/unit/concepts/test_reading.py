"""Examples, prompts and neutral texts: what is read and what is refused."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from probesteer.concepts.reading import read_examples, read_neutral, read_prompts
from probesteer.concepts.targets import LabelKind

read_binary = partial(read_examples, kind=LabelKind())

Write = Callable[[str, bytes | str], Path]
Refusal = Callable[[Callable[[], object]], str]

EXAMPLES = pd.DataFrame(
    {
        "text": ["one, two", 'a "b"\nc', "NA", "ünï 😀", " padded "],
        "label": [1, 0, 1, 0, 1],
        "group": ["g1", "g1", "null", "3", "4"],
        "pair": ["p", "p", None, None, "q"],
        "split": ["train", "train", "test", "validation", "test"],
        "span": ["two", None, "NA", "😀", None],
        "ignored": [0.5, 1.5, 2.5, 3.5, 4.5],
    }
)


def save(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False, encoding="utf-8")
    elif path.suffix == ".jsonl":
        records = frame.astype(object).where(frame.notna(), None).to_dict("records")
        path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    else:
        frame.to_parquet(path)
    return path


SHARED = "text,label,group,pair\na,0,g,p\nb,1,g,p\nc,0,h,q\na,1,g,\n"


def test_a_text_or_pair_may_stand_twice_in_one_group(write: Write) -> None:
    assert read_binary(write("a.csv", SHARED))["group"].tolist() == ["g", "g", "h", "g"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "b,0,h,",
            "a.csv: row 6: the same text as in row 3, but the group 'h' where that has 'g', and one"
            " may fall into train and the other into test; give both rows the same group",
        ),
        (
            "d,0,h,p",
            "a.csv: row 6: the same pair as in row 2, but the group 'h' where that has 'g'",
        ),
        ("d,0,,p", "a.csv: row 6: the same pair as in row 2, but the group 'pair p' where that"),
        ("c,0,,", "a.csv: row 6: the same text as in row 4, but the group 'text "),
    ],
)
def test_a_text_or_pair_in_two_groups_is_refused(
    write: Write, refusal: Refusal, row: str, message: str
) -> None:
    path = write("a.csv", f"{SHARED}{row}\n")
    assert refusal(lambda: read_binary(path)).startswith(message)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_examples_read_the_same_from_every_format(tmp_path: Path, suffix: str) -> None:
    found = read_binary(save(EXAMPLES, tmp_path / f"a{suffix}"))
    assert list(found) == ["example", "text", "label", "target", "group", "split", "span", "pair"]
    assert found["example"].tolist() == [0, 1, 2, 3, 4]
    assert found["example"].dtype == found["label"].dtype == "int64"
    for column in ["text", "label", "group", "split"]:
        assert found[column].tolist() == EXAMPLES[column].tolist()
    assert found["span"].tolist() == ["two", None, "NA", "😀", None]
    assert found["pair"].tolist() == ["p", "p", None, None, "q"]


def test_crlf_and_byte_order_mark_change_nothing(write: Write) -> None:
    plain = write("a.csv", 'text,label\n"a, b",1\nb,0\n')
    other = write("b.csv", b'\xef\xbb\xbftext,label\r\n"a, b",1\r\nb,0\r\n')
    assert_frame_equal(read_binary(plain), read_binary(other))


def test_a_whole_number_names_the_same_group_in_every_format(tmp_path: Path) -> None:
    frame = EXAMPLES[["text", "label"]].assign(group=[1, 1, 2, float("nan"), 3])
    assert frame["group"].dtype == "float64"
    csv, jsonl, parquet = (
        read_binary(save(frame, tmp_path / f"a{suffix}"))
        for suffix in (".csv", ".jsonl", ".parquet")
    )
    assert parquet["group"].tolist()[:3] == ["1", "1", "2"]
    assert_frame_equal(jsonl, parquet)
    assert csv["group"].tolist()[0] == "1.0"  # CSV cells are taken as they are written


def test_without_group_the_pair_and_then_the_text_is_the_group(write: Write) -> None:
    rows = "text,label,group,pair\na,0,g,\nb,1,,p\nc,0, ,p\nd,1,,\ne,0,,\nd,0,,\n"
    groups = read_binary(write("a.csv", rows))["group"].tolist()
    assert groups[:3] == ["g", "pair p", "pair p"]
    assert groups[3] == groups[5] != groups[4]
    assert all(group.startswith("text ") for group in groups[3:])


@pytest.mark.parametrize(
    ("zero", "one"),
    [("0", "1"), ("0.0", "1.0"), ("false", "TRUE"), ("False", "true"), ("no", "Yes"), (" 0", "1 ")],
)
def test_accepted_label_texts(write: Write, zero: str, one: str) -> None:
    path = write("a.csv", f"text,label\na,{zero}\nb,{one}\n")
    assert read_binary(path)["label"].tolist() == [0, 1]


@pytest.mark.parametrize("labels", [[0, 1], [0.0, 1.0], [False, True], ["no", "yes"]])
@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_accepted_label_types(tmp_path: Path, suffix: str, labels: list[object]) -> None:
    path = save(pd.DataFrame({"text": ["a", "b"], "label": labels}), tmp_path / f"a{suffix}")
    assert read_binary(path)["label"].tolist() == [0, 1]


ACCEPTED = "use 0 or 1, 0.0 or 1.0, false or true, no or yes"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "text,label\na,1\nb,2\n", f"a.csv: row 3: label is '2'; {ACCEPTED}"),
        ("a.csv", "text,label\na,1\nb,NaN\n", f"a.csv: row 3: label is 'NaN'; {ACCEPTED}"),
        ("a.csv", "text,label\na,\n", f"a.csv: row 2: label is empty; {ACCEPTED}"),
        ("a.csv", "text,label\na, \n", f"a.csv: row 2: label is empty; {ACCEPTED}"),
        (
            "a.jsonl",
            '{"text": "a", "label": 0}\n{"text": "b"}',
            f"a.jsonl: row 2: label is empty; {ACCEPTED}",
        ),
        (
            "a.jsonl",
            '{"text": "a", "label": NaN}',
            f"a.jsonl: row 1: label is empty; {ACCEPTED}",
        ),
        ("a.jsonl", '{"text": "a", "label": [1]}', f"a.jsonl: row 1: label is [1]; {ACCEPTED}"),
        ("a.jsonl", '{"text": "a", "label": 0.5}', f"a.jsonl: row 1: label is 0.5; {ACCEPTED}"),
        (
            "a.csv",
            "text,label\na,1\nb,1\n",
            "a.csv: every label is 1; add rows with label 0",
        ),
        (
            "a.csv",
            "text,label\n,1\nb,0\n",
            "a.csv: row 2: text is empty; fill it or delete the row",
        ),
        (
            "a.csv",
            'text,label\nb,0\n" \t\n",1\n',
            "a.csv: row 3: text is blank; fill it or delete the row",
        ),
        (
            "a.jsonl",
            '{"text": null, "label": 0}',
            "a.jsonl: row 1: text is empty; fill it or delete the row",
        ),
        (
            "a.jsonl",
            '{"text": 5, "label": 0}',
            "a.jsonl: row 1: text is 5, not a text; put it in quotes",
        ),
        (
            "a.jsonl",
            '{"text": "a\\u0000b", "label": 0}',
            "a.jsonl: row 1: text holds a NUL character; remove it",
        ),
        (
            "a.jsonl",
            '{"text": "a\\ud83d", "label": 0}',
            "a.jsonl: row 1: text holds half a character ('\\ud83d'); remove it",
        ),
        (
            "a.jsonl",
            '{"text": "a", "label": 0, "group": 1.5}\n{"text": "b", "label": 1}',
            "a.jsonl: row 1: group is 1.5; name it by a text or a whole number",
        ),
        (
            "a.jsonl",
            '{"text": "a", "label": 0, "pair": true}\n{"text": "b", "label": 1}',
            "a.jsonl: row 1: pair is True; name it by a text or a whole number",
        ),
        (
            "a.jsonl",
            '{"text": "a", "label": 0, "span": [1, 2]}\n{"text": "b", "label": 1}',
            "a.jsonl: row 1: span is [1, 2], not a text; put it in quotes",
        ),
        (
            "a.csv",
            f"text,label\na,{'long' * 50}\n",
            f"a.csv: row 2: label is '{'long' * 14}...; {ACCEPTED}",
        ),
        ("a.csv", "text,lable\na,1\n", "a.csv: no column 'label'; name one so"),
    ],
)
def test_refused_examples(
    write: Write, refusal: Refusal, name: str, content: str, message: str
) -> None:
    path = write(name, content)
    assert message in refusal(lambda: read_binary(path))


def test_parquet_rows_count_from_one(tmp_path: Path, refusal: Refusal) -> None:
    frame = pd.DataFrame({"text": ["a", " "], "label": [0, 1]}, index=[7, 8])
    path = save(frame, tmp_path / "a.parquet")
    assert (
        refusal(lambda: read_binary(path))
        == "a.parquet: row 2: text is blank; fill it or delete the row"
    )


PROMPTS = pd.DataFrame(
    {
        "prompt": ["It was", "They, too,", "It was"],
        "positive": [" good", "\n", " yes"],
        "negative": [" bad", " ", " no"],
        "group": ["a", None, None],
        "split": [None, "test", "validation"],
    }
)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_prompts_read_the_same_from_every_format(tmp_path: Path, suffix: str) -> None:
    found = read_prompts(save(PROMPTS, tmp_path / f"a{suffix}"))
    assert list(found) == ["prompt", "positive", "negative", "group", "split"]
    for column in ["prompt", "positive", "negative"]:
        assert found[column].tolist() == PROMPTS[column].tolist()
    assert found["split"].tolist() == [None, "test", "validation"]
    assert found["group"][0] == "a"
    assert found["group"].nunique() == 3


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("p, a, a", "a.csv: row 2: positive and negative are both ' a'; change one"),
        ("p,, a", "a.csv: row 2: positive is empty; fill it or delete the row"),
        ("p, a,", "a.csv: row 2: negative is empty; fill it or delete the row"),
        (" , a, b", "a.csv: row 2: prompt is blank; fill it or delete the row"),
    ],
)
def test_refused_prompts(write: Write, refusal: Refusal, row: str, message: str) -> None:
    path = write("a.csv", f"prompt,positive,negative\n{row}\n")
    assert refusal(lambda: read_prompts(path)) == message


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_neutral_texts_read_the_same_from_every_format(tmp_path: Path, suffix: str) -> None:
    frame = EXAMPLES[["text", "label"]]
    found = read_neutral(save(frame, tmp_path / f"a{suffix}"))
    assert_frame_equal(found, EXAMPLES[["text"]])


def test_blank_neutral_text_is_refused(write: Write, refusal: Refusal) -> None:
    path = write("a.csv", 'text\na\n""\n')
    message = "a.csv: row 3: text is empty; fill it or delete the row"
    assert refusal(lambda: read_neutral(path)) == message
