"""Labelled texts and prompts for each demo concept, drawn from the corpus's own grammar.

Within a group, both classes are equally frequent and come from the same few words, which other
groups do not use; so a probe that holds out groups is tested on words it was never fitted to.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from probesteer.models.demo import facts, roles, stories
from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.sampling import Sampler


@dataclass(frozen=True)
class Example:
    """A text whose last token is the reading position."""

    text: str
    label: int
    group: str


@dataclass(frozen=True)
class Prompt:
    """A prompt with the continuation that label 1 makes likelier, and the one of label 0."""

    prompt: str
    positive: str
    negative: str
    group: str


def sentiment_examples(sampler: Sampler) -> Iterator[Example]:
    """Two sentences, the second with a feeling; a group is a family of feeling words."""
    for family in range(words.N_SENTIMENT_FAMILIES):
        good, bad = stories.GOOD.family(family), stories.BAD.family(family)
        for index in range(40):
            label = index % 2
            story = replace(stories.draw_story(sampler), good=bool(label))
            opening = stories.draw_opening(sampler, story).text
            felt, opposite = (good, bad) if label else (bad, good)
            feeling = stories.draw_feeling(sampler, story, felt, opposite)
            yield Example(f"{opening} {feeling}", label, f"feeling{family:02d}")


def sentiment_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """An opening without feeling and the start of a judgement: both continuations are open."""
    for family in range(words.N_SENTIMENT_FAMILIES):
        for _ in range(6):
            story = stories.draw_story(sampler)
            opening = stories.draw_opening(sampler, story).text
            yield Prompt(
                f"{opening} {story.pronoun} {story.be()}",
                words.GOOD_ADJECTIVES[2 * family],
                words.BAD_ADJECTIVES[2 * family],
                f"feeling{family:02d}",
            )


def _people(index: int, female: bool, plural: bool) -> str:
    nouns = (
        (words.FEMALE_PLURALS if female else words.MALE_PLURALS)
        if plural
        else (words.FEMALE_NOUNS if female else words.MALE_NOUNS)
    )
    return f"the {nouns[index]}"


def number_examples(sampler: Sampler) -> Iterator[Example]:
    """A subject and a noun of either number between it and its verb; a group is two nouns."""
    for index in range(len(words.MALE_NOUNS)):
        for copy in range(24):
            label, distractor, female = copy % 2, copy // 2 % 2, copy // 4 % 2
            story = replace(
                stories.draw_story(sampler),
                plural=bool(label),
                past=False,
                subject=_people(index, bool(female), bool(label)),
            )
            opening = stories.draw_opening(
                sampler, story, template=copy // 8 % 2, distractor_plural=bool(distractor)
            )
            yield Example(opening.before_verb, label, words.MALE_NOUNS[index])


def number_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """The same before a verb in the present tense, which shows the number."""
    for index, noun in enumerate(words.MALE_NOUNS):
        verb = words.NEUTRAL_VERBS[index % len(words.NEUTRAL_VERBS)]
        for copy in range(4):
            many, female = bool(copy % 2), bool(copy // 2)
            story = replace(
                stories.draw_story(sampler),
                plural=many,
                past=False,
                subject=_people(index, female, many),
            )
            opening = stories.draw_opening(sampler, story, template=0, distractor_plural=not many)
            yield Prompt(opening.before_verb, verb.plural, verb.singular, noun)


def tense_examples(sampler: Sampler) -> Iterator[Example]:
    """A time and a subject, up to the verb; a group is one time of each class."""
    for index, (past, present) in enumerate(
        zip(words.PAST_TIMES, words.PRESENT_TIMES, strict=True)
    ):
        for copy in range(40):
            label = copy % 2
            story = replace(stories.draw_story(sampler), past=bool(label))
            opening = stories.draw_opening(
                sampler,
                story,
                template=(0, 2)[copy // 2 % 2],
                times=(past,) if label else (present,),
            )
            yield Example(opening.before_verb, label, f"time{index:02d}")


def tense_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """A subject without a time, so that both tenses are open."""
    for index, verb in enumerate(words.NEUTRAL_VERBS[:12]):
        for _ in range(6):
            story = stories.draw_story(sampler)
            opening = stories.draw_opening(sampler, story, template=1)
            present = verb.plural if story.plural else verb.singular
            yield Prompt(opening.before_verb, verb.past, present, f"verb{index:02d}")


def gender_examples(sampler: Sampler) -> Iterator[Example]:
    """A first sentence about one person; a group is two nouns and two names."""
    for index, noun in enumerate(words.MALE_NOUNS):
        for copy in range(24):
            label = copy % 2
            name = (words.FEMALE_NAMES if label else words.MALE_NAMES)[index]
            subject = name if copy // 2 % 3 == 0 else _people(index, bool(label), False)
            story = replace(
                stories.draw_story(sampler),
                plural=False,
                gender="female" if label else "male",
                subject=subject,
            )
            yield Example(stories.draw_opening(sampler, story).text, label, noun)


def gender_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """The same about a person of open gender."""
    for noun in words.NEUTRAL_NOUNS:
        for _ in range(6):
            story = replace(stories.draw_story(sampler), plural=False, subject=f"the {noun}")
            yield Prompt(stories.draw_opening(sampler, story).text, "she", "he", noun)


@dataclass(frozen=True)
class _Pair:
    """Two classes of facts whose members are exchanged to make false statements."""

    family: facts.Family
    classes: tuple[str, str]

    @property
    def name(self) -> str:
        return "-".join(self.classes)

    def statement(self, sampler: Sampler, true: bool, side: int) -> str:
        """A statement about a member of one of the classes."""
        subject = sampler.choose(self.family.members[self.classes[side]])
        stated = self.classes[side if true else 1 - side]
        return sampler.choose(self.family.templates).format(a=subject, b=stated)


def _pairs() -> list[_Pair]:
    return [_Pair(family, pair) for family in facts.FAMILIES.values() for pair in family.pairs]


def _truth_statements(sampler: Sampler, copies: int) -> Iterator[tuple[str, bool, str]]:
    """Statements with their truth; a group is a pair of classes that are exchanged."""
    for pair in _pairs():
        for copy in range(copies):
            true = copy % 2 == 0
            yield pair.statement(sampler, true, copy // 2 % 2), true, pair.name


def truth_examples(sampler: Sampler) -> Iterator[Example]:
    """A statement and the start of a verdict on it."""
    for statement, true, group in _truth_statements(sampler, 40):
        yield Example(f"{statement} . that is", int(true), group)


def truth_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """The same, before the verdict."""
    for index, (statement, _, group) in enumerate(_truth_statements(sampler, 8)):
        choice = index % len(words.TRUE_ADJECTIVES)
        yield Prompt(
            f"{statement} . that is",
            words.TRUE_ADJECTIVES[choice],
            words.FALSE_ADJECTIVES[choice],
            group,
        )


def _disputes(sampler: Sampler, copies: int) -> Iterator[tuple[str, bool, str]]:
    """Claims and denials with whether the speaker is right; groups as for truth."""
    for index, pair in enumerate(_pairs()):
        choice = index % len(words.CLAIM_VERBS)
        for copy in range(copies):
            right, denied, side = copy % 2 == 0, copy // 2 % 2 == 0, copy // 4 % 2
            statement = pair.statement(sampler, right != denied, side)
            sentence, pronoun = facts.say(
                sampler,
                statement,
                denied=denied,
                claims=words.CLAIM_VERBS[choice : choice + 1],
                denials=words.DENIAL_VERBS[choice : choice + 1],
            )
            yield f"{sentence} {pronoun} is", right, pair.name


def dispute_examples(sampler: Sampler) -> Iterator[Example]:
    """A claim or a denial and the start of a verdict on the speaker."""
    for text, right, group in _disputes(sampler, 40):
        yield Example(text, int(right), group)


def dispute_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """The same, before the verdict."""
    for index, (text, _, group) in enumerate(_disputes(sampler, 8)):
        choice = index // 2 % len(words.RIGHT)
        yield Prompt(text, words.RIGHT[choice], words.WRONG[choice], group)


def _debates(sampler: Sampler, copies: int) -> Iterator[tuple[str, bool, str]]:
    """Debates of one, two or three speakers with whether the last is right."""
    for index, pair in enumerate(_pairs()):
        choice = index % len(words.CLAIM_VERBS)
        for copy in range(copies):
            right, length, side = copy % 2 == 0, 1 + copy // 2 % 3, copy // 6 % 2
            stands = [sampler.flip() for _ in range(length)]
            # each stand against something turns the verdict round once
            true = right == (stands.count(False) % 2 == 0)
            debate = facts.hold_debate(
                sampler,
                pair.statement(sampler, true, side),
                stands,
                true,
                claims=words.CLAIM_VERBS[choice : choice + 1],
                denials=words.DENIAL_VERBS[choice : choice + 1],
            )
            yield f"{' '.join(debate.sentences)} {debate.pronouns[-1]} is", right, pair.name


def debate_examples(sampler: Sampler) -> Iterator[Example]:
    """A debate and the start of a verdict on its last speaker; one to three steps."""
    for text, right, group in _debates(sampler, 48):
        yield Example(text, int(right), group)


def debate_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """The same, before the verdict."""
    for index, (text, _, group) in enumerate(_debates(sampler, 6)):
        choice = index // 2 % len(words.RIGHT)
        yield Prompt(text, words.RIGHT[choice], words.WRONG[choice], group)


def _roles(sampler: Sampler, copies: int) -> Iterator[tuple[str, bool, str]]:
    """Scenes with whether the one asked about is female; a group is a man and a woman."""
    for man, woman in zip(words.MALE_NOUNS, words.FEMALE_NOUNS, strict=True):
        for copy in range(copies):
            female, passive, patient = copy % 2 == 0, copy // 2 % 2 == 0, copy // 4 % 2 == 0
            asked, other = (woman, man) if female else (man, woman)
            action = sampler.choose(words.ACTIONS)
            first = roles.scene(
                other if patient else asked, asked if patient else other, action, passive=passive
            )
            yield f"{first} {roles.question(action, patient=patient)}", female, man


def role_examples(sampler: Sampler) -> Iterator[Example]:
    """A scene in the active or passive voice, up to the gender of one of its people."""
    for text, female, group in _roles(sampler, 24):
        yield Example(text, int(female), group)


def role_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """The same, before the pronoun."""
    for text, _, group in _roles(sampler, 8):
        yield Prompt(text, "herself", "himself", group)
