"""Short stories with independent sentiment, number, tense, gender and topic."""

from dataclasses import dataclass

from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.sampling import Sampler
from probesteer.models.demo.vocabulary import Verb


@dataclass(frozen=True)
class Valence:
    """The words that carry one sentiment."""

    adjectives: tuple[str, ...]
    verbs: tuple[Verb, ...]
    adverbs: tuple[str, ...]
    nouns: tuple[str, ...]
    reactions: tuple[Verb, ...] = ()
    """What everyone does at the end of a sentence; empty: nobody reacts."""


GOOD = Valence(
    words.GOOD_ADJECTIVES,
    words.GOOD_VERBS,
    words.GOOD_ADVERBS,
    words.GOOD_NOUNS,
    words.GOOD_REACTIONS,
)
BAD = Valence(
    words.BAD_ADJECTIVES, words.BAD_VERBS, words.BAD_ADVERBS, words.BAD_NOUNS, words.BAD_REACTIONS
)


@dataclass(frozen=True)
class Story:
    """What a story is about: the latent state that its sentences share."""

    good: bool
    plural: bool
    past: bool
    gender: str
    """Of the pronoun: male or female."""
    subject: str
    topic: str

    def verb(self, verb: Verb, plural: bool | None = None) -> str:
        """The form of the verb that agrees with the story's tense and number."""
        if self.past:
            return verb.past
        return verb.plural if (self.plural if plural is None else plural) else verb.singular

    def be(self, plural: bool | None = None) -> str:
        """The form of 'be' that agrees."""
        return self.verb(Verb("are", "is", "were" if self._many(plural) else "was"), plural)

    def _many(self, plural: bool | None) -> bool:
        return self.plural if plural is None else plural

    @property
    def pronoun(self) -> str:
        """Subject pronoun of the story's subject."""
        return "they" if self.plural else {"male": "he", "female": "she"}[self.gender]

    @property
    def possessive(self) -> str:
        """Possessive pronoun of the story's subject."""
        return "their" if self.plural else {"male": "his", "female": "her"}[self.gender]


@dataclass(frozen=True)
class Opening:
    """A first sentence without sentiment, cut before its main verb."""

    before_verb: str
    from_verb: str

    @property
    def text(self) -> str:
        """The whole sentence."""
        return f"{self.before_verb} {self.from_verb}"


def draw_story(sampler: Sampler) -> Story:
    """A story with every property drawn independently."""
    plural = sampler.flip()
    gender = sampler.weighted(["male", "female", "open"], [0.4, 0.4, 0.2])
    subject = _draw_subject(sampler, gender, plural)
    if gender == "open":
        # A plural never shows the gender, so drawing one would count bits that no text carries.
        gender = "male" if plural else sampler.choose(["male", "female"])
    return Story(
        good=sampler.flip(),
        plural=plural,
        past=sampler.flip(),
        gender=gender,
        subject=subject,
        topic=sampler.choose(list(words.TOPICS)),
    )


def _draw_subject(sampler: Sampler, gender: str, plural: bool) -> str:
    if gender == "open":
        noun = sampler.choose(words.NEUTRAL_NOUNS)
        return f"the {words.plural(noun) if plural else noun}"
    male = gender == "male"
    if plural:
        return f"the {sampler.choose(words.MALE_PLURALS if male else words.FEMALE_PLURALS)}"
    if sampler.flip(0.3):
        return sampler.choose(words.MALE_NAMES if male else words.FEMALE_NAMES)
    return f"the {sampler.choose(words.MALE_NOUNS if male else words.FEMALE_NOUNS)}"


def thing(sampler: Sampler, story: Story, plural: bool | None = None) -> tuple[str, bool]:
    """A noun of the story's topic, and whether it is plural."""
    many = sampler.flip() if plural is None else plural
    noun = sampler.choose(words.TOPICS[story.topic])
    return (words.plural(noun) if many else noun), many


def draw_opening(
    sampler: Sampler,
    story: Story,
    *,
    template: int | None = None,
    times: tuple[str, ...] | None = None,
    verbs: tuple[Verb, ...] = words.NEUTRAL_VERBS,
    distractor_plural: bool | None = None,
) -> Opening:
    """The first sentence of a story.

    Templates: 0 time, subject, distractor; 1 subject, distractor, with the time only behind the
    verb; 2 time, subject; 3 place, subject, relative clause.
    """
    if times is None:
        times = words.PAST_TIMES if story.past else words.PRESENT_TIMES
    if template is None:
        template = sampler.choose([0, 1, 2, 3])

    def verb() -> str:
        return story.verb(sampler.choose(verbs))

    def noun(plural: bool | None = None) -> str:
        return thing(sampler, story, plural)[0]

    if template == 0:
        before = (
            f"{sampler.choose(times)} , {story.subject} {sampler.choose(words.PREPOSITIONS)} the "
            f"{sampler.choose(words.NEUTRAL_ADJECTIVES)} {noun(distractor_plural)}"
        )
        return Opening(before, f"{verb()} the {noun()} .")
    if template == 1:
        before = (
            f"{story.subject} {sampler.choose(words.PREPOSITIONS)} the {noun(distractor_plural)}"
        )
        rest = f"{verb()} the {sampler.choose(words.NEUTRAL_ADJECTIVES)} {noun()}"
        return Opening(before, f"{rest} {sampler.choose(times)} .")
    if template == 2:
        before = f"{sampler.choose(times)} {story.subject}"
        return Opening(before, f"{verb()} the {noun()} in the {sampler.choose(words.PLACES)} .")
    before = f"in the {sampler.choose(words.PLACES)} , {story.subject} who {verb()} the {noun()}"
    return Opening(before, f"{verb()} the {noun()} .")


def draw_feeling(sampler: Sampler, story: Story, felt: Valence, opposite: Valence) -> str:
    """A sentence that carries the sentiment: the words of `felt`, or 'not' one of `opposite`."""
    noun, many = thing(sampler, story)
    be_noun = story.be(many)

    def adjective() -> str:
        return sampler.choose(felt.adjectives)

    def verb() -> str:
        return story.verb(sampler.choose(words.NEUTRAL_VERBS))

    def reaction() -> str:
        if not felt.reactions:
            return ""
        return f"and everyone {story.verb(sampler.choose(felt.reactions), False)} "

    def another() -> str:
        return thing(sampler, story)[0]

    template = sampler.choose([0, 1, 2, 3, 4, 5])
    if template == 0:
        return (
            f"{story.pronoun} {story.be()} {adjective()} because the {noun} {be_noun} "
            f"{adjective()} {reaction()}."
        )
    if template == 1:
        first = story.verb(sampler.choose(felt.verbs))
        second = story.verb(sampler.choose(felt.verbs))
        return (
            f"{story.pronoun} {first} the {adjective()} {noun} and {second} {story.possessive} "
            f"{another()} {reaction()}."
        )
    if template == 2:
        return (
            f"{sampler.choose(felt.adverbs)} , {story.pronoun} {verb()} the {another()} and the "
            f"{noun} {be_noun} {adjective()} ."
        )
    if template == 3:
        return (
            f"{story.pronoun} {story.be()} not {sampler.choose(opposite.adjectives)} , for "
            f"{story.possessive} {noun} brought {sampler.choose(felt.nouns)} ."
        )
    if template == 4:
        return (
            f"in the end the {noun} {be_noun} {adjective()} and {story.pronoun} {story.be()} full "
            f"of {sampler.choose(felt.nouns)} {reaction()}."
        )
    return (
        f"the {noun} {be_noun} very {adjective()} , so {story.pronoun} {verb()} the {another()} "
        f"with {sampler.choose(felt.nouns)} ."
    )


def draw_text(sampler: Sampler) -> str:
    """A whole story: an opening and one or two sentences of the same sentiment."""
    story = draw_story(sampler)
    felt, opposite = (GOOD, BAD) if story.good else (BAD, GOOD)
    sentences = [draw_opening(sampler, story).text]
    for _ in range(1 + sampler.flip(0.25)):
        sentences.append(draw_feeling(sampler, story, felt, opposite))
    return " ".join(sentences)
