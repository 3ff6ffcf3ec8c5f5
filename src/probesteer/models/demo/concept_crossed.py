"""Number and tense crossed: two concepts over the same texts, each combination equally often."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from probesteer.models.demo import stories
from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.concept_texts import Distinct, Example, Prompt
from probesteer.models.demo.sampling import Sampler
from probesteer.models.demo.stories import Story
from probesteer.models.demo.vocabulary import Verb

_FRAMES = 4
"""Of a group; the four texts of a frame differ in number and tense alone."""
_SUBJECTS = list(
    zip(
        words.MALE_NOUNS + words.FEMALE_NOUNS,
        words.MALE_PLURALS + words.FEMALE_PLURALS,
        strict=True,
    )
)
_COMBINATIONS = [(many, past) for past in (False, True) for many in (False, True)]


@dataclass(frozen=True)
class _Group:
    """The words that tell number and tense; they stand in no other group."""

    name: str
    times: tuple[str, str] | None
    """In the present and in the past; None: the verb of a relative clause tells the tense."""
    verb: Verb
    subjects: list[tuple[str, str]]
    """One and many of them."""


@dataclass(frozen=True)
class _Crossed:
    """A text and both of its labels."""

    text: str
    many: bool
    past: bool
    group: str


def _groups() -> list[_Group]:
    verbs = words.NEUTRAL_VERBS
    cues: list[tuple[tuple[str, str] | None, Verb]] = [
        ((present, past), verbs[number])
        for number, (present, past) in enumerate(
            zip(words.PRESENT_TIMES, words.PAST_TIMES, strict=True)
        )
    ]
    cues += [(None, verb) for verb in verbs]
    return [
        _Group(
            "/".join(reversed(times)) if times else verb.plural,
            times,
            verb,
            _SUBJECTS[number :: len(cues)],
        )
        for number, (times, verb) in enumerate(cues)
    ]


def _told(group: _Group, story: Story, frame: int, copy: int, many: bool, past: bool) -> str:
    """The text of a frame, up to the verb: the same choices whatever the number and the tense."""
    noun = group.subjects[copy % len(group.subjects)][many]
    return stories.draw_opening(
        Sampler(frame),
        replace(story, plural=many, past=past, subject=f"the {noun}"),
        template=0 if group.times else 3,
        times=(group.times[past],) if group.times else None,
        verbs=(group.verb,),
        distractor_plural=bool(copy % 2) if group.times else None,
    ).before_verb


def _texts(sampler: Sampler) -> Iterator[_Crossed]:
    distinct = Distinct()
    for group in _groups():
        for copy in range(_FRAMES):
            frames: list[list[str]] = []

            def draw(
                group: _Group = group, copy: int = copy, frames: list[list[str]] = frames
            ) -> str:
                story, frame = stories.draw_story(sampler), sampler.rng.randrange(2**32)
                told = [_told(group, story, frame, copy, *each) for each in _COMBINATIONS]
                frames.append(told)
                return told[0]

            distinct(draw)
            for text, (many, past) in zip(frames[-1], _COMBINATIONS, strict=True):
                yield _Crossed(text, many, past, group.name)


def number_examples(sampler: Sampler) -> Iterator[Example]:
    """The start of a story, up to a verb: of one or of many, in both tenses alike.

    A group is a time of each tense, or a verb of a relative clause, with subjects of its own.
    """
    return (Example(each.text, int(each.many), each.group) for each in _texts(sampler))


def tense_examples(sampler: Sampler) -> Iterator[Example]:
    """The same texts by their tense, of one and of many alike."""
    return (Example(each.text, int(each.past), each.group) for each in _texts(sampler))


def _open(sampler: Sampler) -> Iterator[tuple[_Group, bool, str]]:
    """Starts without a time, so that both tenses are open; of one and of many."""
    distinct = Distinct()
    for group in _groups():
        for many in (False, True):

            def draw(group: _Group = group, many: bool = many) -> str:
                subject = f"the {group.subjects[0][many]}"
                story = replace(stories.draw_story(sampler), plural=many, subject=subject)
                return stories.draw_opening(sampler, story, template=1).before_verb

            yield group, many, distinct(draw)


def number_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """Before a verb in the present, which shows the number."""
    for group, _, text in _open(sampler):
        yield Prompt(text, group.verb.plural, group.verb.singular, group.name)


def tense_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """The same before a verb in either tense."""
    for group, many, text in _open(sampler):
        present = group.verb.plural if many else group.verb.singular
        yield Prompt(text, group.verb.past, present, group.name)
