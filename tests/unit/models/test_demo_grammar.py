"""The demo corpus: seeded, and true where it says so."""

import math

import pytest

from probesteer.models.demo import facts, roles, stories
from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.grammar import KINDS, SHARES, Grammar
from probesteer.models.demo.sampling import Sampler
from probesteer.models.demo.training import N_POSITIONS


def _draw(seed: int, count: int) -> list[tuple[list[str], float]]:
    grammar = Grammar(seed)
    return [(doc.words, doc.surprisal) for doc in (grammar.document() for _ in range(count))]


def test_a_seed_fixes_the_corpus() -> None:
    assert _draw(7, 50) == _draw(7, 50)
    assert _draw(7, 50) != _draw(8, 50)


def test_shares_name_every_kind_and_add_up() -> None:
    assert set(SHARES) == set(KINDS)
    assert sum(SHARES.values()) == pytest.approx(1.0)


def test_every_document_fits_the_model() -> None:
    # <bos> and <eos> come on top
    assert max(len(text) for text, _ in _draw(3, 5000)) + 2 <= N_POSITIONS


def test_surprisal_adds_up_the_choices() -> None:
    sampler = Sampler(0)
    sampler.choose(["a", "b", "c", "d"])
    assert sampler.surprisal == pytest.approx(math.log(4))
    sampler.weighted(["only"], [2.0])
    assert sampler.surprisal == pytest.approx(math.log(4))
    drawn = sampler.weighted(["rare", "often"], [0.25, 0.75])
    cost = math.log(4) if drawn == "rare" else math.log(4 / 3)
    assert sampler.surprisal == pytest.approx(math.log(4) + cost)


def test_aligned_lists_have_equal_length() -> None:
    assert (
        len(words.MALE_NOUNS)
        == len(words.FEMALE_NOUNS)
        == len(words.MALE_PLURALS)
        == len(words.FEMALE_PLURALS)
        == len(words.MALE_NAMES)
        == len(words.FEMALE_NAMES)
    )
    assert len(words.GOOD_ADJECTIVES) == len(words.BAD_ADJECTIVES)
    assert len(words.GOOD_VERBS) == len(words.BAD_VERBS)
    assert len(words.GOOD_NOUNS) == len(words.BAD_NOUNS)
    assert len(words.PAST_TIMES) == len(words.PRESENT_TIMES)
    assert len(words.CLAIM_VERBS) == len(words.DENIAL_VERBS)


@pytest.mark.parametrize(
    ("family", "subject", "owner"),
    [
        ("city", "kyoto", "japan"),
        ("city", "recife", "brazil"),
        ("city", "porto", "portugal"),
        ("city", "wuhan", "china"),
        ("kind", "wasp", "insect"),
        ("kind", "birch", "tree"),
        ("person", "verdi", "music"),
        ("person", "hume", "philosophy"),
        ("person", "neruda", "poetry"),
        ("sex", "nun", "female"),
        ("value", "vile", "bad"),
    ],
)
def test_facts_hold(family: str, subject: str, owner: str) -> None:
    assert subject in facts.FAMILIES[family].members[owner]


def test_no_subject_belongs_to_two_classes() -> None:
    for family in facts.FAMILIES.values():
        members = [subject for group in family.members.values() for subject in group]
        assert len(members) == len(set(members))


def test_true_statements_name_the_class_and_false_ones_do_not() -> None:
    truly = {
        (subject, owner)
        for family in facts.FAMILIES.values()
        for owner, members in family.members.items()
        for subject in members
    }
    classes = {owner for family in facts.FAMILIES.values() for owner in family.members}
    sampler = Sampler(5)
    for index in range(400):
        true = index % 2 == 0
        found = facts.draw_statement(sampler, true).split()
        stated = [word for word in found if word in classes]
        assert any((word, stated[-1]) in truly for word in found) is true, " ".join(found)


def test_verbs_agree_with_tense_and_number() -> None:
    story = stories.Story(
        good=True, plural=False, past=False, gender="female", subject="the nun", topic="sea"
    )
    verb = words.Verb("see", "sees", "saw")
    assert (story.verb(verb), story.be(), story.pronoun, story.possessive) == (
        "sees",
        "is",
        "she",
        "her",
    )
    assert (story.verb(verb, True), story.be(True)) == ("see", "are")
    past = stories.Story(
        good=True, plural=True, past=True, gender="male", subject="the monks", topic="sea"
    )
    assert (past.verb(verb), past.be(), past.be(False), past.pronoun) == (
        "saw",
        "were",
        "was",
        "they",
    )


@pytest.mark.parametrize(
    ("true", "stands", "right"),
    [
        (True, [True], [True]),
        (True, [False], [False]),
        (False, [False, True], [True, True]),
        (False, [True, False, False], [False, True, False]),
    ],
)
def test_each_opposition_turns_the_verdict(
    true: bool, stands: list[bool], right: list[bool]
) -> None:
    debate = facts.hold_debate(Sampler(0), "paris lies in france", stands, true)
    assert debate.right == right
    assert len(debate.sentences) == len(debate.pronouns) == len(stands)


def test_scenes_say_who_did_what() -> None:
    active = roles.scene("king", "nun", "pushed", passive=False)
    passive = roles.scene("king", "nun", "pushed", passive=True)
    assert active == "the king pushed the nun ."
    assert passive == "the nun was pushed by the king ."
    assert roles.question("pushed", patient=True) == "the one who was pushed spoke about"
    assert roles.question("pushed", patient=False) == "the one who pushed spoke about"
