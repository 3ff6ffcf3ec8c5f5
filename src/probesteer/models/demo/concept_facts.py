"""Concepts about statements of fact: truth, dispute and debate.

A group is a couple of items that the statements are about (two cities, animals, people, words),
which no other group names, one of each class of a pair. Each is stated of its own class and of
the other one, equally often, so that within a group neither item nor class tells the label. A
family has four ways to say a thing; the examples of a couple take three of them and its prompts
the fourth.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from probesteer.models.demo import facts
from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.concept_texts import Distinct, Example, Prompt
from probesteer.models.demo.sampling import Sampler

_MOST_OF_A_CLASS = 4
"""Items of one class; the classes of words have more, and would outnumber the others."""


@dataclass(frozen=True)
class _Item:
    """What a statement is about, with its own class and the one that makes it false."""

    couple: int
    """Number of its group."""
    group: str
    name: str
    family: facts.Family
    own: str
    other: str
    prompt_label: bool
    """The label of its prompt; the other item of the couple has the other one."""

    @property
    def example_templates(self) -> list[str]:
        """The three ways to say it that examples take; which these are rotates over couples."""
        templates = self.family.templates
        return [templates[(self.couple + step) % len(templates)] for step in (1, 2, 3)]

    @property
    def prompt_template(self) -> str:
        """The way to say it that the prompt takes."""
        return self.family.templates[self.couple % len(self.family.templates)]

    def statement(self, template: str, true: bool) -> str:
        return template.format(a=self.name, b=self.own if true else self.other)


def _items() -> list[_Item]:
    items: list[_Item] = []
    for family in facts.FAMILIES.values():
        for one, other in family.pairs:
            # a shorter class ends the couples
            couples = zip(family.members[one], family.members[other], strict=False)
            for first, second in list(couples)[:_MOST_OF_A_CLASS]:
                couple, group = len(items) // 2, f"{first}-{second}"
                label = couple % 2 == 0
                items.append(_Item(couple, group, first, family, one, other, label))
                items.append(_Item(couple, group, second, family, other, one, not label))
    return items


def truth_examples(sampler: Sampler) -> Iterator[Example]:
    """A statement and the start of a verdict on it."""
    del sampler  # nothing is left to chance
    for item in _items():
        for template in item.example_templates:
            for true in (False, True):
                text = f"{item.statement(template, true)} . that is"
                yield Example(text, int(true), item.group)


def truth_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """The same, before the verdict."""
    del sampler
    for item in _items():
        choice = item.couple // 2 % len(words.TRUE_ADJECTIVES)
        yield Prompt(
            f"{item.statement(item.prompt_template, item.prompt_label)} . that is",
            words.TRUE_ADJECTIVES[choice],
            words.FALSE_ADJECTIVES[choice],
            item.group,
        )


def _dispute(sampler: Sampler, item: _Item, template: str, right: bool, denied: bool) -> str:
    """A claim or a denial and the start of a verdict on the speaker."""
    statement = item.statement(template, right != denied)
    sentence, pronoun = facts.say(sampler, statement, denied=denied)
    return f"{sentence} {pronoun} is"


def dispute_examples(sampler: Sampler) -> Iterator[Example]:
    """A claim or a denial and the start of a verdict on the speaker."""
    for item in _items():
        for step, template in enumerate(item.example_templates):
            denied = (item.couple + step) % 2 == 0
            for right in (False, True):
                text = _dispute(sampler, item, template, right, denied)
                yield Example(text, int(right), item.group)


def _verdict_prompt(text: str, item: _Item) -> Prompt:
    choice = item.couple // 2 % len(words.RIGHT)
    return Prompt(text, words.RIGHT[choice], words.WRONG[choice], item.group)


def dispute_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """The same, before the verdict."""
    for item in _items():
        denied = item.couple // 2 % 2 == 0
        text = _dispute(sampler, item, item.prompt_template, item.prompt_label, denied)
        yield _verdict_prompt(text, item)


def _debate(sampler: Sampler, item: _Item, template: str, right: bool, length: int) -> str:
    """A debate of `length` speakers and the start of a verdict on the last one."""
    stands = [sampler.flip() for _ in range(length)]
    # each stand against something turns the verdict round once
    true = right == (stands.count(False) % 2 == 0)
    debate = facts.hold_debate(sampler, item.statement(template, true), stands, true)
    return f"{' '.join(debate.sentences)} {debate.pronouns[-1]} is"


def debate_examples(sampler: Sampler) -> Iterator[Example]:
    """A debate and the start of a verdict on its last speaker; one to three steps."""
    distinct = Distinct()
    for item in _items():
        for step, template in enumerate(item.example_templates):
            for right in (False, True):

                def draw(
                    item: _Item = item,
                    template: str = template,
                    right: bool = right,
                    length: int = 1 + step,
                ) -> str:
                    return _debate(sampler, item, template, right, length)

                yield Example(distinct(draw), int(right), item.group)


def debate_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """The same, before the verdict."""
    for item in _items():
        length = 1 + item.couple % 3
        text = _debate(sampler, item, item.prompt_template, item.prompt_label, length)
        yield _verdict_prompt(text, item)
