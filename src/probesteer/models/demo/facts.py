"""Statements that are true or false, each followed by words that depend on which."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.sampling import Sampler


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
            "a book lists the {a} as a {b}",
            "they call the {a} a type of {b}",
        ),
        "{a} is a {b}",
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
        ("the {a} is {b}", "every {a} is {b}", "a {a} must be {b}", "we call a {a} {b}"),
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
            "{a} things are {b}",
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

    answer = "yes" if true else "no"
    frames: list[Callable[[], str]] = [
        lambda: f"{statement} . that is {adjective()} and {name} says {pronoun} {verb()} .",
        lambda: (
            f"{name} says that {statement} . {pronoun} is {adjective()} and the answer is {answer} ."
        ),
        lambda: f"the claim that {statement} is {adjective()} , so {name} says {pronoun} {verb()} .",
        lambda: (
            f"is it so that {statement} ? {answer} , {name} {verb()} because that is {adjective()} ."
        ),
    ]
    return sampler.choose(frames)()
