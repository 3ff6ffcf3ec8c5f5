"""Examples that the `datasets` library reads, and files with other column names."""

import json
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from probesteer.concepts.datasets import fetch_examples
from probesteer.concepts.reading import read_examples, read_prompts
from probesteer.concepts.targets import LabelKind
from probesteer.errors import ProbesteerError
from probesteer.settings.schema import DatasetSettings

read_binary = partial(read_examples, kind=LabelKind())

ROWS = "sentence,y,topic\nThe soup was warm.,1,food\nThe soup was cold.,0,food\n"
COLUMNS = {"text": "sentence", "label": "y", "group": "topic"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set as a folder has it, and a cache of its own."""
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/train.csv").write_text(ROWS)
    (tmp_path / "data/test.csv").write_text(ROWS.replace("soup", "tea"))
    return tmp_path / "data"


@pytest.mark.parametrize(("split", "word"), [("train", "soup"), ("test", "tea")])
def test_a_split_of_a_folder_becomes_examples(
    split: str, word: str, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "examples.parquet"
    fetch_examples(DatasetSettings(name=str(folder), split=split), "concept x", path)
    examples = read_binary(path, COLUMNS)
    assert examples["text"].tolist() == [f"The {word} was warm.", f"The {word} was cold."]
    assert examples["label"].tolist() == [1, 0]
    assert set(examples["group"]) == {"food"}


@pytest.mark.parametrize("suffix", [".csv", ".json", ".jsonl", ".parquet"])
def test_a_single_file_is_a_data_set(suffix: str, folder: Path, tmp_path: Path) -> None:
    source, path = folder / f"one{suffix}", tmp_path / "examples.parquet"
    rows = pd.DataFrame({"sentence": ["NA", "The tea, cold"], "y": [1, 0], "topic": ["null", "x"]})
    if suffix == ".csv":
        rows.to_csv(source, index=False)
    elif suffix == ".parquet":
        rows.to_parquet(source)
    else:
        rows.to_json(source, orient="records", lines=suffix == ".jsonl")
    fetch_examples(DatasetSettings(name=str(source)), "concept x", path)
    examples = read_binary(path, COLUMNS)
    assert examples["text"].tolist() == ["NA", "The tea, cold"]
    assert examples["label"].tolist() == [1, 0]
    assert examples["group"].tolist() == ["null", "x"]


def test_conversations_of_a_data_set_stay_lists_of_turns(folder: Path, tmp_path: Path) -> None:
    turns = [[{"role": "user", "content": word}] for word in ("Hot?", "Cold?")]
    source, path = folder / "chats.jsonl", tmp_path / "examples.parquet"
    rows = [{"messages": said, "label": row} for row, said in enumerate(turns)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    fetch_examples(DatasetSettings(name=str(source)), "concept x", path)
    examples = read_binary(path, messages=True)
    assert [json.loads(text) for text in examples["text"]] == turns


def test_a_file_of_another_kind_is_one_line(folder: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_text("x\n")
    source = DatasetSettings(name=str(folder / "a.txt"))
    with pytest.raises(ProbesteerError, match=r"a\.txt: unknown kind of file; use \.csv, \.json,"):
        fetch_examples(source, "concept x", tmp_path / "examples.parquet")


def test_a_name_that_is_nowhere_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "examples.parquet"
    with pytest.raises(ProbesteerError) as caught:
        fetch_examples(DatasetSettings(name=str(tmp_path / "none")), "concept x", path)
    assert str(caught.value).startswith(f"concept x: dataset {tmp_path}/none: can't be read: ")
    assert "\n" not in str(caught.value)
    assert not path.exists()


def test_a_split_that_is_not_there_is_one_line(folder: Path, tmp_path: Path) -> None:
    source = DatasetSettings(name=str(folder), split="dev")
    with pytest.raises(ProbesteerError, match=r"can't be read: .*dev"):
        fetch_examples(source, "concept x", tmp_path / "examples.parquet")


def test_columns_of_a_file_may_have_other_names(folder: Path) -> None:
    examples = read_binary(folder / "train.csv", COLUMNS)
    assert list(examples["label"]) == [1, 0]
    (folder / "prompts.csv").write_text("start,positive,negative\nThe soup was,warm,cold\n")
    prompts = read_prompts(folder / "prompts.csv", {**COLUMNS, "prompt": "start"})
    assert prompts["prompt"].tolist() == ["The soup was"]


def test_a_column_that_is_missing_is_called_as_in_the_file(folder: Path) -> None:
    with pytest.raises(ProbesteerError, match="phrase"):
        read_binary(folder / "train.csv", {**COLUMNS, "text": "phrase"})
