"""The demo concepts, and their files under `config/concept`.

`python -m probesteer.models.demo.concepts FOLDER` writes them into FOLDER/config/concept.
"""

import csv
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final

from probesteer.models.demo import (
    concept_crossed,
    concept_facts,
    concept_roles,
    concept_sentiment,
    concept_stories,
    facts,
    stories,
)
from probesteer.models.demo.concept_texts import Example, Prompt
from probesteer.models.demo.sampling import Sampler

_FOLDER: Final = "config/concept"
_N_NEUTRAL: Final = 64


@dataclass(frozen=True)
class DemoConcept:
    """One concept: what it is, and where its texts come from."""

    description: str
    labels: tuple[str, str]
    """Names of label 0 and label 1."""
    draw_examples: Callable[[Sampler], Iterator[Example]]
    draw_prompts: Callable[[Sampler], Iterator[Prompt]]
    gated: bool = True
    """Whether a model that doesn't carry it is trained again."""

    def examples(self) -> list[Example]:
        """The labelled texts; always the same."""
        return list(self.draw_examples(Sampler(seed=1)))

    def prompts(self) -> list[Prompt]:
        """The prompts; always the same."""
        return list(self.draw_prompts(Sampler(seed=2)))


CONCEPTS: Final[dict[str, DemoConcept]] = {
    "sentiment": DemoConcept(
        "Does the story feel good or bad?",
        ("bad", "good"),
        concept_sentiment.sentiment_examples,
        concept_sentiment.sentiment_prompts,
    ),
    "number": DemoConcept(
        "Is the subject of the verb one or many?",
        ("singular", "plural"),
        concept_stories.number_examples,
        concept_stories.number_prompts,
    ),
    "tense": DemoConcept(
        "Is the story set in the present or in the past?",
        ("present", "past"),
        concept_stories.tense_examples,
        concept_stories.tense_prompts,
    ),
    "gender": DemoConcept(
        "Is the person male or female?",
        ("male", "female"),
        concept_stories.gender_examples,
        concept_stories.gender_prompts,
    ),
    "truth": DemoConcept(
        "Is the statement true or false?",
        ("false", "true"),
        concept_facts.truth_examples,
        concept_facts.truth_prompts,
    ),
    "dispute": DemoConcept(
        "Is the person right to claim or to deny the statement?",
        ("wrong", "right"),
        concept_facts.dispute_examples,
        concept_facts.dispute_prompts,
    ),
    "debate": DemoConcept(
        "Is the last speaker right, following who shares or opposes whose view?",
        ("wrong", "right"),
        concept_facts.debate_examples,
        concept_facts.debate_prompts,
    ),
    "role": DemoConcept(
        "Is the person asked about male or female, following who did what to whom?",
        ("male", "female"),
        concept_roles.role_examples,
        concept_roles.role_prompts,
    ),
    # How far both are carried at once is to be found: no verb in the past shows the number.
    "crossed_number": DemoConcept(
        "Is the subject of the verb one or many, in either tense?",
        ("singular", "plural"),
        concept_crossed.number_examples,
        concept_crossed.number_prompts,
        gated=False,
    ),
    "crossed_tense": DemoConcept(
        "Is the story set in the present or in the past, of one or of many?",
        ("present", "past"),
        concept_crossed.tense_examples,
        concept_crossed.tense_prompts,
        gated=False,
    ),
}


@dataclass(frozen=True)
class NeutralText:
    """An ordinary document of the corpus."""

    text: str


def neutral_texts() -> list[str]:
    """Ordinary documents, half stories and half facts, each drawn without regard to a concept."""
    sampler = Sampler(seed=3)
    kinds = (stories.draw_text, facts.draw_text)
    return [kinds[index % 2](sampler) for index in range(_N_NEUTRAL)]


def _rows(records: list[Example] | list[Prompt] | list[NeutralText]) -> str:
    """Records as CSV with a header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([field.name for field in fields(records[0])])
    writer.writerows(astuple(record) for record in records)
    return buffer.getvalue()


def concept_files() -> dict[str, str]:
    """Every data file of the demo concepts: path below the project's folder, and content.

    Their YAML files are written by hand.
    """
    neutral = [NeutralText(text) for text in neutral_texts()]
    files = {f"{_FOLDER}/data/demo/neutral.csv": _rows(neutral)}
    for name, concept in CONCEPTS.items():
        files[f"{_FOLDER}/data/demo/{name}/examples.csv"] = _rows(concept.examples())
        files[f"{_FOLDER}/data/demo/{name}/prompts.csv"] = _rows(concept.prompts())
    return files


def write_concepts(folder: Path) -> None:
    """Write every data file of the demo concepts below the project's folder."""
    for path, text in concept_files().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_concepts(Path(sys.argv[1]))
