"""The demo concepts' data: grouped, balanced, known to the tokenizer, and as committed."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml

from probesteer.concepts.positions import parse_position
from probesteer.concepts.preparation import prepare_concept
from probesteer.models.demo import facts
from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.concepts import CONCEPTS, concept_files, neutral_texts
from probesteer.models.demo.tokenizer import BOS_ID, build_tokenizer, vocabulary
from probesteer.probes.metrics.intervals import MIN_GROUPS

PROJECT = Path(__file__).parents[3]
DATA = PROJECT / "config/concept/data/demo"
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}

NAMES = sorted(CONCEPTS)


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_balanced_in_every_group(name: str) -> None:
    examples = CONCEPTS[name].examples()
    counts = Counter((example.group, example.label) for example in examples)
    groups = {group for group, _ in counts}
    assert 400 <= len(examples) <= 600
    assert len(groups) >= 30
    assert all(counts[group, 0] == counts[group, 1] > 0 for group in groups)


@pytest.mark.parametrize("name", NAMES)
def test_prompts_are_many_and_grouped(name: str) -> None:
    prompts = CONCEPTS[name].prompts()
    assert 60 <= len(prompts) <= 100
    assert len({prompt.group for prompt in prompts}) >= 30
    assert all(prompt.positive != prompt.negative for prompt in prompts)


@pytest.mark.parametrize("name", NAMES)
def test_no_text_stands_twice_and_no_prompt_is_an_example(name: str) -> None:
    texts = [example.text for example in CONCEPTS[name].examples()]
    texts += [prompt.prompt for prompt in CONCEPTS[name].prompts()]
    assert not [text for text, count in Counter(texts).items() if count > 1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_split_has_groups_enough_for_an_interval(name: str, seed: int) -> None:
    concept = prepare_concept(
        DATA / name / "examples.csv",
        DATA / name / "prompts.csv",
        DATA / "neutral.csv",
        SHARES,
        seed,
        parse_position("last"),
    )
    for frame in (concept.examples, concept.prompts):
        groups = frame.groupby("split")["group"].nunique()
        assert groups["validation"] >= MIN_GROUPS
        assert groups["test"] >= MIN_GROUPS
    home = concept.examples.groupby("group")["split"].first()
    shared = concept.prompts[concept.prompts["group"].isin(home.index)]
    assert (shared["split"] == shared["group"].map(home)).all()


SUBJECTS = {*words.MALE_NOUNS, *words.FEMALE_NOUNS, *words.MALE_PLURALS, *words.FEMALE_PLURALS}
VERB_FORMS = {form for verb in words.NEUTRAL_VERBS for form in verb}
TIMES = {*words.PRESENT_TIMES, *words.PAST_TIMES}


def without_number_and_tense(text: str) -> list[str]:
    """A crossed text without the words that tell its labels."""
    start, rest = text.split(" , ")
    kept = rest if start in TIMES else text
    return [word for word in kept.split() if word not in SUBJECTS | VERB_FORMS]


def test_crossed_concepts_share_their_texts_in_all_four_combinations() -> None:
    number, tense = (CONCEPTS[f"crossed_{name}"].examples() for name in ("number", "tense"))
    assert [each.text for each in number] == [each.text for each in tense]
    labels = [(one.label, other.label) for one, other in zip(number, tense, strict=True)]
    assert labels == [(0, 0), (1, 0), (0, 1), (1, 1)] * 128
    groups = [example.group for example in number]
    assert set(Counter(groups).values()) == {16}
    for start in range(0, len(number), 4):
        frame = [without_number_and_tense(each.text) for each in number[start : start + 4]]
        assert frame == [frame[0]] * 4
        assert len(set(groups[start : start + 4])) == 1


def test_the_words_that_tell_crossed_labels_stand_in_one_group_each() -> None:
    homes: dict[str, set[str]] = defaultdict(set)
    for example in CONCEPTS["crossed_tense"].examples():
        start, said = example.text.split(" , ")[0], {*example.text.split()}
        for told in (said & (SUBJECTS | VERB_FORMS)) | ({start} & TIMES):
            homes[told].add(example.group)
    assert all(len(home) == 1 for home in homes.values())
    assert homes.keys() == SUBJECTS | VERB_FORMS | TIMES


@pytest.mark.parametrize("name", ["truth", "dispute", "debate"])
def test_an_item_of_fact_stands_in_its_own_group_alone(name: str) -> None:
    groups = {example.group for example in CONCEPTS[name].examples()}
    items = {item for group in groups for item in group.split("-")}
    assert len(items) == 2 * len(groups)
    for example in CONCEPTS[name].examples():
        (item,) = items & set(example.text.split())
        assert item in example.group.split("-"), example
    for prompt in CONCEPTS[name].prompts():
        (item,) = items & set(prompt.prompt.split())
        assert item in prompt.group.split("-"), prompt


@pytest.mark.parametrize("name", ["truth", "dispute"])
def test_no_word_of_a_fact_tells_the_label_within_its_group(name: str) -> None:
    counts: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    speech = {*words.CLAIM_VERBS, *words.DENIAL_VERBS, *words.MALE_NAMES, *words.FEMALE_NAMES}
    for example in CONCEPTS[name].examples():
        for word in set(example.text.split()) - speech - {"he", "she"}:
            counts[example.group, word][example.label] += 1
    assert all(labels[0] == labels[1] for labels in counts.values())


def test_a_truth_names_its_own_class_and_a_lie_the_other() -> None:
    owner = {
        item: name
        for family in facts.FAMILIES.values()
        for name, members in family.members.items()
        for item in members
    }
    for example in CONCEPTS["truth"].examples():
        text = set(example.text.split())
        (item,) = text & set(example.group.split("-"))
        assert (owner[item] in text - {item}) == bool(example.label), example


def test_the_words_of_feeling_stand_in_one_group_each() -> None:
    feelings = {
        word
        for pair in ("ADJECTIVES", "NOUNS")
        for side in ("GOOD", "BAD")
        for word in getattr(words, f"{side}_{pair}")
    } | {form for verb in words.GOOD_VERBS + words.BAD_VERBS for form in verb}
    groups: dict[str, set[str]] = defaultdict(set)
    for example in CONCEPTS["sentiment"].examples():
        found = feelings & set(example.text.split())
        assert len(found) == 1, example
        groups[found.pop()].add(example.group)
    assert all(len(home) == 1 for home in groups.values())


def test_two_people_of_a_scene_meet_in_one_group_alone() -> None:
    nouns = set(words.MALE_NOUNS + words.FEMALE_NOUNS)
    for example in CONCEPTS["role"].examples():
        assert nouns & set(example.text.split()) == set(example.group.split("-"))


def test_the_tokenizer_knows_every_word() -> None:
    known = set(vocabulary())
    texts = list(neutral_texts())
    for concept in CONCEPTS.values():
        texts += [example.text for example in concept.examples()]
        for prompt in concept.prompts():
            texts += [prompt.prompt, prompt.positive, prompt.negative]
    assert {word for text in texts for word in text.split()} <= known


def test_the_tokenizer_puts_bos_first_and_splits_at_spaces() -> None:
    ids = vocabulary()
    encoded = build_tokenizer()("the dog lies")["input_ids"]
    assert encoded == [BOS_ID, ids["the"], ids["dog"], ids.get("lies")]


def test_no_text_says_its_label_by_its_last_word() -> None:
    for name, concept in CONCEPTS.items():
        if name in ("number", "tense"):
            continue  # read at a noun that both labels share by chance, not by design
        last: dict[str, Counter[int]] = {}
        for example in concept.examples():
            last.setdefault(example.text.split()[-1], Counter())[example.label] += 1
        for word, labels in last.items():
            share = labels[1] / labels.total()
            assert 0.3 < share < 0.7, (name, word, labels)


def test_committed_data_are_what_the_grammar_draws() -> None:
    for path, text in concept_files().items():
        assert (PROJECT / path).read_text(encoding="utf-8") == text, path


def test_settings_say_what_the_concepts_are() -> None:
    for name, concept in CONCEPTS.items():
        path = PROJECT / f"config/concept/{name}.yaml"
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert settings["description"] == concept.description
        assert [str(label).lower() for label in settings["labels"]] == list(concept.labels)
        assert settings["position"] == "last"
        for kind in ("examples", "prompts"):
            assert settings[kind] == f"config/concept/data/demo/{name}/{kind}.csv"
        assert settings["neutral"] == "config/concept/data/demo/neutral.csv"
