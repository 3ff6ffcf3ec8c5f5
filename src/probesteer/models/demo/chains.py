"""Chains that must be followed: who is where, and who owns what.

Two chains of equal length run side by side, one to each answer, so the words alone say nothing:
only whoever links them, step by step, knows where a given chain ends.
"""

from dataclasses import dataclass

from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.sampling import Sampler

MAX_DEPTH = 3
"""Longest chain of whereabouts: 1 is a person at a place, 2 a companion, 3 their companion."""


@dataclass(frozen=True)
class Whereabouts:
    """A scene of people with places and companions."""

    sentences: list[str]
    people: list[list[str]]
    """Names by depth - 1; in each pair, the first name is outdoors and the second indoors."""

    @property
    def text(self) -> str:
        """The scene as sentences."""
        return " ".join(self.sentences)

    def who(self, indoors: bool, depth: int) -> str:
        """The person at a depth of the chain that ends indoors or outdoors."""
        return self.people[depth - 1][int(indoors)]


def draw_whereabouts(
    sampler: Sampler,
    depth: int,
    outdoor_places: tuple[str, ...] = words.OUTDOOR_PLACES,
    indoor_places: tuple[str, ...] = words.INDOOR_PLACES,
) -> Whereabouts:
    """A scene with `depth` people in each of its two chains."""
    places = (sampler.choose(outdoor_places), sampler.choose(indoor_places))
    names = sampler.distinct(words.MALE_NAMES[:12] + words.FEMALE_NAMES[:12], 2 * depth)
    people = [names[2 * level : 2 * level + 2] for level in range(depth)]
    sentences = []
    for level in range(depth):
        for side in sampler.shuffled([0, 1]):
            name = people[level][side]
            if level == 0:
                sentences.append(f"in the {places[side]} sits {name} .")
            else:
                sentences.append(f"beside {people[level - 1][side]} sits {name} .")
    return Whereabouts(sentences, people)


def draw_whereabouts_text(sampler: Sampler) -> str:
    """A scene and where some of its people are."""
    depth = sampler.weighted([1, 2, 3], [0.2, 0.35, 0.45])
    scene = draw_whereabouts(sampler, depth)
    everyone = [(level, side) for level in range(1, depth + 1) for side in (False, True)]
    sentences = list(scene.sentences)
    for level, indoors in sampler.distinct(everyone, min(4, len(everyone))):
        where = sampler.choose(words.INDOORS if indoors else words.OUTDOORS)
        sentences.append(f"we find {scene.who(indoors, level)} {where} .")
    return " ".join(sentences)


@dataclass(frozen=True)
class Ownership:
    """A scene of two owners, their containers and what lies in them."""

    sentences: list[str]
    owners: tuple[str, str]
    """The woman and the man."""
    objects: list[list[str]]
    """Containers, then items; in each pair the first is hers and the second is his."""

    @property
    def text(self) -> str:
        """The scene as sentences."""
        return " ".join(self.sentences)

    def what(self, male: bool, depth: int) -> str:
        """Her or his container (depth 1) or the item inside it (depth 2)."""
        return self.objects[depth - 1][int(male)]


def draw_ownership(
    sampler: Sampler,
    female_names: tuple[str, ...] = words.FEMALE_NAMES,
    male_names: tuple[str, ...] = words.MALE_NAMES,
) -> Ownership:
    """A scene in which she and he each own a container with an item in it."""
    owners = (sampler.choose(female_names), sampler.choose(male_names))
    containers = sampler.distinct(words.CONTAINERS, 2)
    items = sampler.distinct(words.ITEMS, 2)
    sentences = [
        f"{owners[side]} owns the {containers[side]} ." for side in sampler.shuffled([0, 1])
    ]
    sentences += [
        f"in the {containers[side]} is the {items[side]} ." for side in sampler.shuffled([0, 1])
    ]
    return Ownership(sentences, owners, [containers, items])


def draw_ownership_text(sampler: Sampler) -> str:
    """A scene and what the owners of some of its things say."""
    scene = draw_ownership(sampler)
    everything = [(depth, male) for depth in (1, 2) for male in (False, True)]
    sentences = list(scene.sentences)
    for depth, male in sampler.distinct(everything, 3):
        owner = "himself" if male else "herself"
        sentences.append(f"here comes the owner of the {scene.what(male, depth)} {owner} .")
    return " ".join(sentences)
