"""Lexicon lines: notes that say outright what a word means.

They teach the word classes early; without them, truth and sentiment stay at chance for long.
"""

from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.facts import FAMILIES, draw_member
from probesteer.models.demo.sampling import Sampler

N_NOTES = 4

_GOOD_WORDS = words.GOOD_ADJECTIVES + words.GOOD_NOUNS + words.GOOD_ADVERBS
_BAD_WORDS = words.BAD_ADJECTIVES + words.BAD_NOUNS + words.BAD_ADVERBS


def _value(sampler: Sampler) -> str:
    good = sampler.flip()
    word = sampler.choose(_GOOD_WORDS if good else _BAD_WORDS)
    return f"{word} is {'good' if good else 'bad'}"


def _gender(sampler: Sampler) -> str:
    male = sampler.flip()
    nouns = words.MALE_NOUNS if male else words.FEMALE_NOUNS
    names = words.MALE_NAMES if male else words.FEMALE_NAMES
    meaning = sampler.choose(["he", "male"] if male else ["she", "female"])
    return f"{sampler.choose(nouns + names)} is {meaning}"


def _fact(sampler: Sampler) -> str:
    family = FAMILIES[sampler.choose(["city", "kind", "person"])]
    subject, owner = draw_member(sampler, family)
    return family.note.format(a=subject, b=owner)


def draw_text(sampler: Sampler) -> str:
    """A few notes in a row."""
    notes = []
    for _ in range(N_NOTES):
        kind = sampler.weighted([_value, _gender, _fact], [0.25, 0.2, 0.55])
        notes.append(f"{kind(sampler)} .")
    return " ".join(["note :", *notes])
