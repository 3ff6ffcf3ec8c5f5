"""Concepts about what a story shares over its sentences: number, tense and gender."""

from collections.abc import Iterator
from dataclasses import replace

from probesteer.models.demo import stories
from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.concept_texts import Distinct, Example, Prompt
from probesteer.models.demo.sampling import Sampler
from probesteer.models.demo.stories import Story

_NOUNS = words.MALE_NOUNS + words.FEMALE_NOUNS
_PLURALS = words.MALE_PLURALS + words.FEMALE_PLURALS


def _about(sampler: Sampler, number: int, plural: bool, past: bool) -> Story:
    """A story about one or many people of the noun with this number."""
    noun = (_PLURALS if plural else _NOUNS)[number]
    return replace(stories.draw_story(sampler), plural=plural, past=past, subject=f"the {noun}")


def number_examples(sampler: Sampler) -> Iterator[Example]:
    """A subject and a noun of either number between it and its verb; a group is one noun.

    The times are those of the first half of the list.
    """
    distinct = Distinct()
    times = words.PRESENT_TIMES[: len(words.PRESENT_TIMES) // 2]
    for number, noun in enumerate(_NOUNS):
        for copy in range(12):
            many, distractor, template = copy % 2 == 1, copy // 2 % 2 == 1, (copy // 4 + number) % 2

            def draw(
                number: int = number,
                many: bool = many,
                distractor: bool = distractor,
                template: int = template,
            ) -> str:
                return stories.draw_opening(
                    sampler,
                    _about(sampler, number, many, past=False),
                    template=template,
                    times=times,
                    distractor_plural=distractor,
                ).before_verb

            yield Example(distinct(draw), int(many), noun)


def number_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """The same before a verb in the present tense, which shows the number.

    The times are those of the second half of the list, so no prompt is an example.
    """
    times = words.PRESENT_TIMES[len(words.PRESENT_TIMES) // 2 :]
    for number, noun in enumerate(_NOUNS):
        verb = words.NEUTRAL_VERBS[number % len(words.NEUTRAL_VERBS)]
        for many in (False, True):
            story = _about(sampler, number, many, past=False)
            opening = stories.draw_opening(
                sampler, story, template=0, times=times, distractor_plural=not many
            )
            yield Prompt(opening.before_verb, verb.plural, verb.singular, noun)


def tense_examples(sampler: Sampler) -> Iterator[Example]:
    """The start of a story, up to a verb.

    What tells the tense is a time in front or the verb of a relative clause; a group is one time
    of each class or one verb.
    """
    distinct = Distinct()
    for past, present in zip(words.PAST_TIMES, words.PRESENT_TIMES, strict=True):
        for copy in range(16):
            label, template = copy % 2, (0, 2)[copy // 2 % 2]

            def timed(
                label: int = label,
                template: int = template,
                times: tuple[str, ...] = (past if label else present,),
            ) -> str:
                story = replace(stories.draw_story(sampler), past=bool(label))
                return stories.draw_opening(
                    sampler, story, template=template, times=times
                ).before_verb

            yield Example(distinct(timed), label, f"{past}/{present}")
    for verb in words.NEUTRAL_VERBS:
        for copy in range(16):
            label = copy % 2

            def told(label: int = label, verb: words.Verb = verb) -> str:
                story = replace(stories.draw_story(sampler), past=bool(label))
                return stories.draw_opening(sampler, story, template=3, verbs=(verb,)).before_verb

            yield Example(distinct(told), label, verb.plural)


def tense_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """A subject without a time, so that both tenses are open; a group is the subject's noun."""
    for number, noun in enumerate(_NOUNS):
        for many in (False, True):
            verb = words.NEUTRAL_VERBS[(2 * number + many) % len(words.NEUTRAL_VERBS)]
            story = _about(sampler, number, many, past=False)
            opening = stories.draw_opening(sampler, story, template=1)
            present = verb.plural if many else verb.singular
            yield Prompt(opening.before_verb, verb.past, present, f"the {noun}")


def _person(sampler: Sampler, subject: str, female: bool) -> Story:
    return replace(
        stories.draw_story(sampler),
        plural=False,
        gender="female" if female else "male",
        subject=subject,
    )


def _couples() -> list[tuple[str, str]]:
    """Subjects that differ in gender alone: nouns (the man, the woman) and names."""
    nouns = zip(words.MALE_NOUNS, words.FEMALE_NOUNS, strict=True)
    names = zip(words.MALE_NAMES, words.FEMALE_NAMES, strict=True)
    return [*((f"the {man}", f"the {woman}") for man, woman in nouns), *names]


def gender_examples(sampler: Sampler) -> Iterator[Example]:
    """A first sentence about one person; a group is two nouns or two names."""
    distinct = Distinct()
    for couple in _couples():
        for copy in range(12):
            label, template = copy % 2, (0, 1, 3)[copy // 2 % 3]

            def draw(
                subject: str = couple[label], label: int = label, template: int = template
            ) -> str:
                story = _person(sampler, subject, bool(label))
                return stories.draw_opening(sampler, story, template=template).text

            yield Example(distinct(draw), label, "/".join(couple))


def gender_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """The same, told in another form, and of people of open gender besides."""
    told = [(couple[number % 2], "/".join(couple)) for number, couple in enumerate(_couples())]
    told += [(f"the {noun}", f"the {noun}") for noun in words.NEUTRAL_NOUNS for _ in range(3)]
    distinct = Distinct()
    for subject, group in told:

        def draw(subject: str = subject) -> str:
            story = _person(sampler, subject, female=False)
            return stories.draw_opening(sampler, story, template=2).text

        yield Prompt(distinct(draw), "she", "he", group)
