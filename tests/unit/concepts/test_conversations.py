"""Examples and prompts that are whole conversations, and columns with other names."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from probesteer.concepts.positions import parse_position
from probesteer.concepts.preparation import prepare_concept
from probesteer.concepts.reading import read_examples, read_prompts
from probesteer.concepts.targets import LabelKind

read_binary = partial(read_examples, kind=LabelKind())

Write = Callable[[str, bytes | str], Path]
Refusal = Callable[[Callable[[], object]], str]
Turns = list[dict[str, str]]

TURNS: list[Turns] = [
    [{"role": "user", "content": 'Was it "warm", été?'}],
    [
        {"role": "system", "content": "Be good."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello", "name": "Ann"},
        {"role": "user", "content": "Was it cold?"},
    ],
]


def save(path: Path, column: str, **others: list[object]) -> Path:
    """The conversations as each kind of file holds them: JSON text in CSV, else lists."""
    cells = [json.dumps(turns) for turns in TURNS] if path.suffix == ".csv" else TURNS
    frame = pd.DataFrame({column: cells, **others})
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in frame.to_dict("records")))
    else:
        frame.to_parquet(path)
    return path


@pytest.mark.parametrize("column", ["messages", "text"])
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_every_kind_of_file_holds_conversations(suffix: str, column: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"a{suffix}", column, label=[1, 0])
    examples = read_binary(path, messages=True)
    assert [json.loads(text) for text in examples["text"]] == TURNS
    assert examples["label"].tolist() == [1, 0]
    assert examples["group"].nunique() == 2


@pytest.mark.parametrize("column", ["messages", "prompt"])
def test_prompts_are_conversations_too(column: str, tmp_path: Path) -> None:
    path = save(tmp_path / "a.jsonl", column, positive=["yes", "yes"], negative=["no", "no"])
    assert [json.loads(text) for text in read_prompts(path, messages=True)["prompt"]] == TURNS


def test_messages_may_have_another_name_in_the_examples_alone(tmp_path: Path) -> None:
    columns = {"messages": "chat"}
    examples = save(tmp_path / "a.jsonl", "chat", label=[1, 0])
    assert len(read_binary(examples, columns, messages=True)) == 2
    prompts = save(tmp_path / "b.jsonl", "messages", positive=["a", "a"], negative=["b", "b"])
    assert len(read_prompts(prompts, columns, messages=True)) == 2


def test_the_column_is_named_where_there_is_none(write: Write, refusal: Refusal) -> None:
    path = write("a.csv", "said,label\nx,0\ny,1\n")
    found = refusal(lambda: read_binary(path, messages=True))
    assert found == "a.csv: no column 'messages' or 'text'; name one so"


def test_an_empty_conversation_names_its_row(write: Write, refusal: Refusal) -> None:
    path = write("a.csv", 'messages,label\n"[]",0\n,1\n')
    found = refusal(lambda: read_binary(path, messages=True))
    assert found == "a.csv: row 3: messages is empty; fill it or delete the row"


def test_turns_that_are_no_text_name_their_row(refusal: Refusal, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    dated = [{"role": "user", "content": pd.Timestamp("2024-07-26")}]
    pd.DataFrame({"messages": [dated], "label": [1]}).to_parquet(path)
    found = refusal(lambda: read_binary(path, messages=True))
    assert found.startswith("a.parquet: row 1: messages hold more than text (")


def test_a_renamed_column_that_is_not_there_is_an_error(write: Write, refusal: Refusal) -> None:
    # Passed over, a slip in the name of the groups would put a topic into train and test.
    path = write("a.csv", "text,label,topic\na,0,x\nb,1,x\n")
    assert read_binary(path, {"group": "topic"})["group"].tolist() == ["x", "x"]
    found = refusal(lambda: read_binary(path, {"group": "topci"}))
    assert found == "a.csv: no column 'topci'; name one so (found: 'text', 'label', 'topic')"


@pytest.mark.parametrize("column", ["group", "topic"])
def test_prompts_may_call_their_groups_as_usual(write: Write, column: str) -> None:
    path = write("p.csv", f"prompt,positive,negative,{column}\na,x,y,g\nb,x,y,g\n")
    assert read_prompts(path, {"group": "topic"})["group"].tolist() == ["g", "g"]


def test_a_span_of_a_chat_is_looked_for_in_the_rendered_text(
    write: Write, refusal: Refusal
) -> None:
    rows = "".join(f"text {row},{row % 2},so\n" for row in range(16))
    examples = write("a.csv", f"text,label,span\n{rows}")
    prompts = write("p.csv", "prompt,positive,negative\na,x,y\nb,x,y\nc,x,y\n")
    neutral = write("n.csv", "text\nrain\n")
    shares = {"train": 0.5, "validation": 0.25, "test": 0.25}
    asked = (examples, prompts, neutral, shares, 0, parse_position("span"))
    assert "the span 'so' is not in the text" in refusal(lambda: prepare_concept(*asked))
    assert len(prepare_concept(*asked, chat=True).examples) == 16
