"""Statements that are true or false, each followed by words that depend on which."""

from dataclasses import dataclass
from typing import Final

from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.sampling import Sampler

N_QUESTIONS = 4
DENIED = 0.35
"""Share of denials: fewer than half, so that truth alone already helps to predict the verdict. At a
half, the verdict is a pure parity, which training finds late or never."""


@dataclass(frozen=True)
class Family:
    """One relation: which subject belongs to which class, and how English says so."""

    members: dict[str, tuple[str, ...]]
    templates: tuple[str, ...]
    note: str
    """The shortest way to say it, for lexicon lines."""

    @property
    def classes(self) -> list[str]:
        """The classes in their listed order; classes 2i and 2i+1 make a pair."""
        return list(self.members)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Pairs of classes whose statements may be exchanged to make false ones."""
        classes = self.classes
        return list(zip(classes[::2], classes[1::2], strict=True))


FAMILIES: Final[dict[str, Family]] = {
    "city": Family(
        words.COUNTRIES,
        (
            "the city of {a} is in {b}",
            "{a} lies in {b}",
            "a map shows {a} inside {b}",
            "travellers from {a} live in {b}",
        ),
        "{a} is in {b}",
    ),
    "kind": Family(
        words.KINDS,
        (
            "the {a} is a kind of {b}",
            "every {a} is some kind of {b}",
            "a book puts the {a} under {b}",
            "they call the {a} a type of {b}",
        ),
        "{a} is {b}",
    ),
    "person": Family(
        words.FIELDS,
        (
            "{a} is famous for {b}",
            "students know {a} from {b}",
            "the career of {a} was in {b}",
            "{a} spent a life on {b}",
        ),
        "{a} knows {b}",
    ),
    "sex": Family(
        {"male": words.MALE_NOUNS, "female": words.FEMALE_NOUNS},
        ("the {a} is {b}", "every {a} is {b}", "the {a} must be {b}", "we call the {a} {b}"),
        "{a} is {b}",
    ),
    "value": Family(
        {
            "good": words.GOOD_ADJECTIVES + words.GOOD_NOUNS,
            "bad": words.BAD_ADJECTIVES + words.BAD_NOUNS,
        },
        (
            "{a} is a {b} word",
            "{a} means something {b}",
            "the word {a} sounds {b}",
            "the sense of {a} is {b}",
        ),
        "{a} is {b}",
    ),
}


def draw_member(sampler: Sampler, family: Family) -> tuple[str, str]:
    """A subject and the class that it truly belongs to."""
    return sampler.choose([(a, b) for b, members in family.members.items() for a in members])


def draw_statement(sampler: Sampler, true: bool) -> str:
    """A statement of the wanted truth value, without its full stop."""
    family = FAMILIES[sampler.choose(list(FAMILIES))]
    subject, owner = draw_member(sampler, family)
    stated = owner
    if not true:
        stated = sampler.choose([other for other in family.classes if other != owner])
    return sampler.choose(family.templates).format(a=subject, b=stated)


def draw_person(sampler: Sampler) -> tuple[str, str]:
    """A name and its pronoun."""
    if sampler.flip():
        return sampler.choose(words.MALE_NAMES), "he"
    return sampler.choose(words.FEMALE_NAMES), "she"


def draw_text(sampler: Sampler) -> str:
    """A statement and what people make of it."""
    true = sampler.flip()
    statement = draw_statement(sampler, true)
    name, pronoun = draw_person(sampler)

    def adjective() -> str:
        return sampler.choose(words.TRUE_ADJECTIVES if true else words.FALSE_ADJECTIVES)

    def verb() -> str:
        return sampler.choose(words.ASSENTS if true else words.DISSENTS)

    frame = sampler.choose(["verdict", "claim", "question"])
    if frame == "verdict":
        return f"{statement} . that is {adjective()} and {name} {verb()} ."
    if frame == "claim":
        return f"the claim that {statement} is {adjective()} , so {name} says {pronoun} {verb()} ."
    answer = "yes" if true else "no"
    return f"is it so that {statement} ? {answer} , {name} {verb()} because that is {adjective()} ."


def draw_quiz(sampler: Sampler) -> str:
    """Short questions with their answers: truth at the highest density."""
    rounds = []
    for _ in range(N_QUESTIONS):
        family = FAMILIES[sampler.choose(list(FAMILIES))]
        subject, owner = draw_member(sampler, family)
        true = sampler.flip()
        stated = owner
        if not true:
            stated = sampler.choose([other for other in family.classes if other != owner])
        question = family.note.format(a=subject, b=stated)
        answer = "yes" if true else "no"
        rounds.append(f"{question} ? {answer} .")
    return " ".join(["quiz :", *rounds])


def say(
    sampler: Sampler,
    statement: str,
    *,
    denied: bool,
    claims: tuple[str, ...] = words.CLAIM_VERBS,
    denials: tuple[str, ...] = words.DENIAL_VERBS,
) -> tuple[str, str]:
    """Somebody claims or denies a statement; the sentence, and the speaker's pronoun."""
    name, pronoun = draw_person(sampler)
    verb = sampler.choose(denials if denied else claims)
    return f"{name} {verb} that {statement} .", pronoun


def draw_dispute(sampler: Sampler) -> str:
    """Somebody claims or denies a statement and is right or wrong to do so."""
    right, denied = sampler.flip(), sampler.flip(DENIED)
    statement = draw_statement(sampler, right != denied)
    sentence, pronoun = say(sampler, statement, denied=denied)
    verdict = sampler.choose(words.RIGHT if right else words.WRONG)
    return f"{sentence} {pronoun} is {verdict} ."


@dataclass(frozen=True)
class Debate:
    """Speakers who take a stand on a statement or on the view before theirs."""

    sentences: list[str]
    pronouns: list[str]
    right: list[bool]
    """Of each speaker in turn."""


def hold_debate(
    sampler: Sampler,
    statement: str,
    stands: list[bool],
    true: bool,
    claims: tuple[str, ...] = words.CLAIM_VERBS,
    denials: tuple[str, ...] = words.DENIAL_VERBS,
) -> Debate:
    """The first speaker is for or against a statement, each next one for or against the last."""
    sentence, pronoun = say(
        sampler, statement, denied=not stands[0], claims=claims, denials=denials
    )
    sentences, pronouns, right = [sentence], [pronoun], [true == stands[0]]
    for stand in stands[1:]:
        name, pronoun = draw_person(sampler)
        verb = sampler.choose(words.SHARING_VERBS if stand else words.OPPOSING_VERBS)
        sentences.append(f"{name} {verb} this view .")
        pronouns.append(pronoun)
        right.append(right[-1] == stand)
    return Debate(sentences, pronouns, right)


def draw_debate(sampler: Sampler) -> str:
    """A debate; who is right is told of the last speaker, and now and then of the others."""
    true = sampler.flip()
    stands = [not sampler.flip(DENIED) for _ in range(sampler.choose([2, 3]))]
    debate = hold_debate(sampler, draw_statement(sampler, true), stands, true)
    told = []
    last = len(stands) - 1
    for index, sentence in enumerate(debate.sentences):
        told.append(sentence)
        if index == last or sampler.flip(0.4):
            verdict = sampler.choose(words.RIGHT if debate.right[index] else words.WRONG)
            told.append(f"{debate.pronouns[index]} is {verdict} .")
    return " ".join(told)
