"""The concept of how a story feels.

A group is one good word and one bad word of the same kind: adjectives, verbs or nouns. No word of
feeling stands in two groups, and a text has that of its group alone. Where the corpus would put
a second one, a text has an adjective without feeling, or the same word again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from probesteer.models.demo import stories
from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.concept_texts import Distinct, Example, Prompt
from probesteer.models.demo.sampling import Sampler
from probesteer.models.demo.stories import Story
from probesteer.models.demo.vocabulary import Verb

Telling = Callable[[Sampler, Story, str], str]
"""A sentence with a word of feeling, like those of `stories.draw_feeling`."""


def _thing(sampler: Sampler, story: Story) -> str:
    return stories.thing(sampler, story)[0]


def _by_adjective(sampler: Sampler, story: Story, felt: str) -> str:
    noun, many = stories.thing(sampler, story)
    return f"{story.pronoun} {story.be()} {felt} because the {noun} {story.be(many)} {felt} ."


def _by_verb(sampler: Sampler, story: Story, felt: str) -> str:
    adjective = sampler.choose(words.NEUTRAL_ADJECTIVES)
    return (
        f"{story.pronoun} {felt} the {adjective} {_thing(sampler, story)} and {felt} "
        f"{story.possessive} {_thing(sampler, story)} ."
    )


def _by_noun(sampler: Sampler, story: Story, felt: str) -> str:
    noun, many = stories.thing(sampler, story)
    adjective = sampler.choose(words.NEUTRAL_ADJECTIVES)
    template = sampler.choose([0, 1, 2])
    if template == 0:
        return (
            f"in the end the {noun} {story.be(many)} {adjective} and {story.pronoun} "
            f"{story.be()} full of {felt} ."
        )
    if template == 1:
        return (
            f"{story.pronoun} {story.be()} not {adjective} , for {story.possessive} {noun} "
            f"brought {felt} ."
        )
    verb = story.verb(sampler.choose(words.NEUTRAL_VERBS))
    return (
        f"the {noun} {story.be(many)} very {adjective} , so {story.pronoun} {verb} the "
        f"{_thing(sampler, story)} with {felt} ."
    )


@dataclass(frozen=True)
class _Pair:
    """A good word and its bad counterpart, in the form that a story asks for."""

    name: str
    telling: Telling
    words: Callable[[Story], tuple[str, str]]
    """Good and bad."""


def _fixed(good: str, bad: str, telling: Telling) -> _Pair:
    return _Pair(f"{good}/{bad}", telling, lambda story: (good, bad))


def _inflected(good: Verb, bad: Verb) -> _Pair:
    return _Pair(
        f"{good.plural}/{bad.plural}",
        _by_verb,
        lambda story: (story.verb(good), story.verb(bad)),
    )


def _fixed_pairs(good: tuple[str, ...], bad: tuple[str, ...], telling: Telling) -> list[_Pair]:
    return [_fixed(*pair, telling) for pair in zip(good, bad, strict=True)]


_ADJECTIVES = _fixed_pairs(words.GOOD_ADJECTIVES, words.BAD_ADJECTIVES, _by_adjective)
_VERBS = [_inflected(*pair) for pair in zip(words.GOOD_VERBS, words.BAD_VERBS, strict=True)]
_NOUNS = _fixed_pairs(words.GOOD_NOUNS, words.BAD_NOUNS, _by_noun)


def sentiment_examples(sampler: Sampler) -> Iterator[Example]:
    """Two sentences, the second with a feeling."""
    distinct = Distinct()
    for pair in (*_ADJECTIVES, *_VERBS, *_NOUNS):
        for copy in range(10):
            label = copy % 2

            def draw(pair: _Pair = pair, label: int = label) -> str:
                story = replace(stories.draw_story(sampler), good=bool(label))
                opening = stories.draw_opening(sampler, story).text
                good, bad = pair.words(story)
                return f"{opening} {pair.telling(sampler, story, good if label else bad)}"

            yield Example(distinct(draw), label, pair.name)


def sentiment_prompts(sampler: Sampler) -> Iterator[Prompt]:
    """An opening without feeling and the start of a sentence that is about to show one."""
    distinct = Distinct()
    for pair in (*_ADJECTIVES, *_VERBS, *_NOUNS):
        for _ in range(2):
            story = stories.draw_story(sampler)

            def draw(pair: _Pair = pair, story: Story = story) -> str:
                opening = stories.draw_opening(sampler, story).text
                start = f"{opening} {story.pronoun}"
                if pair.telling is _by_verb:
                    return start
                return f"{start} {story.be()}{' full of' if pair.telling is _by_noun else ''}"

            yield Prompt(distinct(draw), *pair.words(story), pair.name)
