"""The concept of who did what to whom.

A group is a man and a woman. There are twenty of each, so every noun stands in two groups, but
any two nouns meet in one only. The examples of a group take three actions and its prompts others.
"""

from collections.abc import Iterator

from probesteer.models.demo import roles
from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.concept_texts import Example, Prompt
from probesteer.models.demo.sampling import Sampler

_STEPS = (0, 7)
"""How far the woman stands from the man in the aligned lists: two rounds of couples."""
_EXAMPLE_ACTIONS = 3
_PROMPT_ACTIONS = 2


def _couples() -> list[tuple[str, str]]:
    n_nouns = len(words.FEMALE_NOUNS)
    return [
        (man, words.FEMALE_NOUNS[(index + step) % n_nouns])
        for step in _STEPS
        for index, man in enumerate(words.MALE_NOUNS)
    ]


def _actions(number: int) -> list[str]:
    """All actions, from another one on in each group: the first for examples, the last for
    prompts."""
    start = number % len(words.ACTIONS)
    return list(words.ACTIONS[start:] + words.ACTIONS[:start])


def _text(
    couple: tuple[str, str], action: str, *, female: bool, passive: bool, patient: bool
) -> str:
    """A scene, up to the gender of the one asked about: the patient or the actor."""
    man, woman = couple
    asked, other = (woman, man) if female else (man, woman)
    actor, acted_upon = (other, asked) if patient else (asked, other)
    scene = roles.scene(actor, acted_upon, action, passive=passive)
    return f"{scene} {roles.question(action, patient=patient)}"


def role_examples(sampler: Sampler) -> Iterator[Example]:
    """A scene in the active or passive voice, up to the gender of one of its people."""
    del sampler  # nothing is left to chance
    for number, couple in enumerate(_couples()):
        for step, action in enumerate(_actions(number)[:_EXAMPLE_ACTIONS]):
            passive = (number + step) % 2 == 0
            for patient in (False, True):
                for female in (False, True):
                    text = _text(couple, action, female=female, passive=passive, patient=patient)
                    yield Example(text, int(female), "-".join(couple))


def role_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """The same, before the pronoun."""
    del sampler
    for number, couple in enumerate(_couples()):
        for step, action in enumerate(_actions(number)[-_PROMPT_ACTIONS:]):
            text = _text(
                couple,
                action,
                female=(number + step) % 2 == 0,
                passive=number // 2 % 2 == 0,
                patient=number // 4 % 2 == step,
            )
            yield Prompt(text, "herself", "himself", "-".join(couple))
