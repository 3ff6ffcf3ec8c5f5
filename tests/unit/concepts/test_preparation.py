"""A whole concept: three files to three frames."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from probesteer.concepts.positions import parse_position
from probesteer.concepts.preparation import PreparedConcept, prepare_concept
from probesteer.files.tables import read_table, write_table
from probesteer.probes.metrics.intervals import MIN_GROUPS

Write = Callable[[str, bytes | str], Path]
Refusal = Callable[[Callable[[], object]], str]
Prepare = Callable[[str, str], PreparedConcept]


@pytest.fixture
def prepare(write: Write) -> Prepare:
    prompts = write("prompts.csv", "prompt,positive,negative\na, x, y\nb, x, y\nc, x, y\n")
    neutral = write("neutral.csv", "text\nrain\n")
    shares = {"train": 0.5, "validation": 0.25, "test": 0.25}

    def call(rows: str, position: str) -> PreparedConcept:
        examples = write("a.csv", rows)
        return prepare_concept(examples, prompts, neutral, shares, 0, parse_position(position))

    return call


PLAIN = "text,label\n" + "".join(f"text {row},{row % 2}\n" for row in range(16))


def test_the_frames_are_those_of_the_contract(prepare: Prepare) -> None:
    concept = prepare(PLAIN, "last")
    examples, prompts = concept.examples, concept.prompts
    assert list(examples) == [
        *("example", "text", "label", "target", "group", "split", "span", "pair")
    ]
    assert examples["split"].value_counts().to_dict() == {"train": 8, "validation": 4, "test": 4}
    assert examples["span"].tolist() == examples["pair"].tolist() == [None] * 16
    assert list(prompts) == ["prompt", "positive", "negative", "group", "split"]
    assert set(prompts["split"]) == {"validation", "test"}
    assert concept.neutral.to_dict("list") == {"text": ["rain"]}


def test_the_frames_survive_a_table(prepare: Prepare, tmp_path: Path) -> None:
    examples = prepare(PLAIN, "last").examples
    write_table(tmp_path / "a.parquet", examples, {})
    found = read_table(tmp_path / "a.parquet")
    assert found.drop(columns=["span", "pair"]).equals(examples.drop(columns=["span", "pair"]))
    assert found[["span", "pair"]].isna().all(axis=None)


SPANNED = "text,label,span\n" + "".join(f"text {row},{row % 2},{row}\n" for row in range(15))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (PLAIN, "a.csv: row 2: span is empty; mark a part of the text or choose another position"),
        (
            SPANNED + "text 15,1,\n",
            "a.csv: row 17: span is empty; mark a part of the text or choose another position",
        ),
        (
            SPANNED + "text 15,1,Text\n",
            "a.csv: row 17: the span 'Text' is not in the text; copy it exactly",
        ),
    ],
)
def test_span_needs_a_span_in_every_text(
    prepare: Prepare, refusal: Refusal, rows: str, message: str
) -> None:
    assert refusal(lambda: prepare(rows, "span")) == message


def test_spans_are_kept_and_other_positions_do_not_need_them(prepare: Prepare) -> None:
    assert prepare(SPANNED, "span").examples["span"].tolist() == [str(row) for row in range(15)]
    assert prepare(SPANNED + "text 15,1,Text\n", "mean").examples["span"].tolist()[15] == "Text"


def test_prompts_of_a_group_of_the_examples_have_its_split(prepare: Prepare, write: Write) -> None:
    rows = "text,label,group\n" + "".join(f"text {row},{row % 2},{row // 2}\n" for row in range(16))
    prompts = "".join(f"prompt {group}, x, y,{group}\n" for group in [*range(8), "own"])
    write("prompts.csv", f"prompt,positive,negative,group\n{prompts}")
    concept = prepare(rows, "last")
    home = dict(zip(concept.examples["group"], concept.examples["split"], strict=True))
    splits = concept.prompts["split"].tolist()
    assert splits[:8] == [home[str(group)] for group in range(8)]
    assert splits[8] == "test"
    assert set(splits) == {"train", "validation", "test"}


PROJECT = Path(__file__).parents[3]


# Those of images are written by a rule, from scans that come with scikit-learn.
COMMITTED = sorted(
    path.stem
    for path in PROJECT.glob("config/concept/*.yaml")
    if not path.stem.startswith("digits_")
)


@pytest.mark.parametrize("name", COMMITTED)
def test_committed_concepts_are_ready_and_hold_no_prompt_among_the_examples(name: str) -> None:
    settings = yaml.safe_load((PROJECT / f"config/concept/{name}.yaml").read_text(encoding="utf-8"))
    concept = prepare_concept(
        PROJECT / settings["examples"],
        PROJECT / settings["prompts"],
        PROJECT / settings["neutral"],
        {"train": 0.6, "validation": 0.2, "test": 0.2},
        0,
        parse_position(settings["position"]),
    )
    assert not set(concept.prompts["prompt"]) & set(concept.examples["text"])
    for frame in (concept.examples, concept.prompts):
        groups = frame.groupby("split")["group"].nunique()
        assert groups[["validation", "test"]].min() >= MIN_GROUPS
