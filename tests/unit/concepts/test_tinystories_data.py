"""The two TinyStories data sets are what their concept files say they are."""

import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
import yaml

ROOT = Path(__file__).parents[3]
CONCEPTS = ("story_sentiment", "story_hero")
GENDERED = {
    "he",
    "she",
    "him",
    "her",
    "his",
    "hers",
    "himself",
    "herself",
    "boy",
    "girl",
    "man",
    "woman",
    "king",
    "queen",
    "prince",
    "princess",
    "grandpa",
    "grandma",
    "dad",
    "mom",
    "daddy",
    "mommy",
    "father",
    "mother",
    "brother",
    "sister",
    "son",
    "daughter",
    "uncle",
    "aunt",
    "lady",
    "gentleman",
    "mister",
    "miss",
}


def settings(concept: str) -> dict[str, object]:
    text = (ROOT / "config" / "concept" / f"{concept}.yaml").read_text(encoding="utf-8")
    loaded = yaml.safe_load(text)
    assert isinstance(loaded, dict)
    return loaded


def table(concept: str, key: str) -> pd.DataFrame:
    return pd.read_csv(ROOT / str(settings(concept)[key]), keep_default_na=False)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


@pytest.mark.parametrize("concept", CONCEPTS)
def test_the_concept_file_has_the_keys_and_paths(concept: str) -> None:
    keys = ["description", "labels", "examples", "prompts", "neutral", "position"]
    assert [key for key in settings(concept) if key not in ("family", "asked")] == keys
    assert settings(concept)["position"] == "last"


@pytest.mark.parametrize("concept", CONCEPTS)
def test_examples_are_enough_balanced_and_distinct(concept: str) -> None:
    examples = table(concept, "examples")
    assert list(examples.columns) == ["text", "label", "group"]
    assert len(examples) >= 400
    assert examples["group"].nunique() >= 20
    shares = examples.groupby("group")["label"].mean()
    assert (shares == 0.5).all(), "every group has as many of label 1 as of label 0"
    assert not examples["text"].duplicated().any(), "so no text is in two groups either"
    assert examples["text"].map(lambda text: text == text.strip() != "").all()
    assert (examples["group"] != "").all()


@pytest.mark.parametrize("concept", CONCEPTS)
def test_examples_are_short_and_end_with_a_sentence(concept: str) -> None:
    texts = table(concept, "examples")["text"]
    lengths = texts.map(lambda text: len(text.split()))
    assert lengths.between(15, 60).all()
    assert texts.str.contains(r"[.!?]\"?$").all()
    assert not texts.str.contains(r"  |[{}]|\b[Aa] [aeiou]").any()


@pytest.mark.parametrize("concept", CONCEPTS)
def test_prompts_are_enough_and_contrast(concept: str) -> None:
    prompts = table(concept, "prompts")
    assert list(prompts.columns) == ["prompt", "positive", "negative", "group"]
    assert len(prompts) >= 60
    assert prompts["group"].nunique() >= 15
    assert not prompts["prompt"].duplicated().any()
    assert (prompts != "").all().all()
    assert (prompts["positive"] != prompts["negative"]).all()
    assert (prompts["prompt"] == prompts["prompt"].str.strip()).all()


def test_neutral_texts_are_distinct_and_short() -> None:
    neutral = table("story_hero", "neutral")
    assert list(neutral.columns) == ["text"]
    assert len(neutral) >= 60
    assert not neutral["text"].duplicated().any()
    assert neutral["text"].map(lambda text: len(text.split())).between(20, 40).all()
    assert settings("story_hero")["neutral"] == settings("story_sentiment")["neutral"]


def test_the_texts_of_a_sentiment_pair_have_the_same_words() -> None:
    examples = table("story_sentiment", "examples")
    for group, rows in examples.groupby("group"):
        bags = {
            label: Counter(
                tuple(sorted(words(text))) for text in rows.loc[rows["label"] == label, "text"]
            )
            for label in (0, 1)
        }
        assert bags[0] == bags[1], f"{group}: only the order may tell the labels apart"


def test_only_the_first_sentence_of_a_hero_story_tells_the_hero() -> None:
    examples = table("story_hero", "examples")
    for row in examples.itertuples():
        text, hero = str(row.text), str(row.group).split("_")
        first, rest = text.split(". ", 1)
        pair = set(hero) - {"big"}
        assert pair & set(words(first)), text
        assert not (GENDERED | pair) & set(words(rest)), text
        assert not (GENDERED - pair) & set(words(first)), text
        assert len(words(rest)) >= 10, text


def test_hero_pairs_differ_in_the_hero_alone() -> None:
    examples = table("story_hero", "examples")
    for group, rows in examples.groupby("group"):
        heroes = set(str(group).split("_"))
        masked = rows["text"].map(
            lambda text, heroes=heroes: tuple("HERO" if w in heroes else w for w in words(text))
        )
        counts = masked.groupby(masked).size()
        assert (counts == 2).all(), f"{group}: each story is told once of either hero"


def test_hero_prompts_name_no_hero_of_the_examples() -> None:
    groups = table("story_hero", "examples")["group"]
    nouns = GENDERED | {"big"}
    names = {name for group in groups for name in group.split("_")} - nouns
    for prompt in table("story_hero", "prompts")["prompt"]:
        assert not names & set(words(prompt)), prompt
        assert not GENDERED & set(words(prompt)[-3:]), prompt
