"""The standard concept sets are large, balanced and, where that can be, blind to single words."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from probesteer.concepts.positions import parse_position
from probesteer.concepts.preparation import PreparedConcept, prepare_concept

ROOT = Path(__file__).parents[3]
# Accuracy of a bag of words on groups that it was not fitted to, at most. The texts of a pair have
# the same words in another order, or names that other groups don't have.
CEILINGS = {
    "certainty": 0.52,
    "formality": 0.60,  # not so: a register has its own small words
    "gender": 0.52,
    "number": 0.52,
    "refusal": 0.52,
    "sentiment": 0.52,
    "tense": 0.52,
    "truth": 0.52,
    "truth_negated": 0.52,
    "truth_topics": 0.52,
}
TRANSFER = ("truth_negated", "truth_topics")  # smaller: they are tested on, not trained on
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


def prepared(name: str) -> PreparedConcept:
    settings = yaml.safe_load((ROOT / f"config/concept/standard_{name}.yaml").read_text())
    examples, prompts, neutral = (
        ROOT / settings[key] for key in ("examples", "prompts", "neutral")
    )
    position = parse_position(settings["position"])
    return prepare_concept(examples, prompts, neutral, SHARES, 0, position)


def test_every_set_has_a_ceiling() -> None:
    found = {path.stem.removeprefix("standard_") for path in ROOT.glob("config/concept/standard_*")}
    assert found == set(CEILINGS)
    experiment = yaml.safe_load((ROOT / "config/experiment/standard.yaml").read_text())
    assert {name.removeprefix("standard_") for name in experiment["concepts"]} == found


@pytest.mark.parametrize("name", CEILINGS)
def test_examples_are_enough_balanced_and_distinct(name: str) -> None:
    examples = prepared(name).examples
    least, groups = (200, 10) if name in TRANSFER else (400, 20)
    assert len(examples) >= least
    assert examples["group"].nunique() >= groups
    assert not examples["text"].duplicated().any()
    assert (examples.groupby("group")["label"].mean() == 0.5).all()
    assert (examples.groupby("pair")["label"].mean() == 0.5).all()
    assert set(examples["split"]) == {"train", "validation", "test"}


@pytest.mark.parametrize("name", CEILINGS)
def test_labels_do_not_differ_in_length(name: str) -> None:
    examples = prepared(name).examples
    words = examples["text"].map(lambda text: len(text.split()))
    means = words.groupby(examples["label"]).mean()
    assert means[1] / means[0] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("name", CEILINGS)
def test_prompts_and_neutral_texts_are_enough(name: str) -> None:
    concept = prepared(name)
    assert len(concept.prompts) >= 24
    assert concept.prompts["group"].nunique() >= 8
    assert not concept.prompts.duplicated(["prompt", "positive", "negative"]).any()
    assert len(concept.neutral) == 60


@pytest.mark.parametrize("name", CEILINGS)
def test_a_bag_of_words_tells_no_more_than_is_said(name: str) -> None:
    examples: pd.DataFrame = prepared(name).examples
    bag = make_pipeline(
        CountVectorizer(token_pattern=r"\w+|[^\w\s]"), LogisticRegression(max_iter=2000)
    )
    scores = cross_val_score(
        bag, examples["text"], examples["label"], groups=examples["group"], cv=GroupKFold(5)
    )
    assert np.mean(scores) <= CEILINGS[name], np.mean(scores)
