"""Word lists of the demo corpus.

Lists that stand side by side are aligned: entry ``i`` of one list is the counterpart of entry
``i`` of the other, so that a group of examples can take the same slice of both classes.
"""

from typing import Final, NamedTuple


class Verb(NamedTuple):
    """The three forms of a verb that the corpus uses."""

    plural: str
    singular: str
    past: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _verbs(text: str) -> tuple[Verb, ...]:
    return tuple(Verb(*forms.split("/")) for forms in text.split())


# People. Aligned: man/woman/men/women, boy/girl/boys/girls, ...
MALE_NOUNS: Final = _words(
    "man boy father brother uncle king prince actor waiter son husband hero wizard monk lord duke "
    "nephew grandfather host groom"
)
FEMALE_NOUNS: Final = _words(
    "woman girl mother sister aunt queen princess actress waitress daughter wife heroine witch nun "
    "lady duchess niece grandmother hostess bride"
)
MALE_PLURALS: Final = _words(
    "men boys fathers brothers uncles kings princes actors waiters sons husbands heroes wizards "
    "monks lords dukes nephews grandfathers hosts grooms"
)
FEMALE_PLURALS: Final = _words(
    "women girls mothers sisters aunts queens princesses actresses waitresses daughters wives "
    "heroines witches nuns ladies duchesses nieces grandmothers hostesses brides"
)
# Nouns that leave the pronoun open: prompts about gender start from these.
NEUTRAL_NOUNS: Final = _words(
    "doctor teacher lawyer farmer driver baker singer writer judge guard neighbor student"
)
MALE_NAMES: Final = _words(
    "john peter paul mark david james robert henry george thomas simon frank oscar victor hugo "
    "felix albert edward walter karl"
)
FEMALE_NAMES: Final = _words(
    "mary anna laura emma sarah julia helen alice clara rose nina eva ruth grace lucy diana martha "
    "olga irene vera"
)

# Sentiment. Aligned: a group of examples takes entry i of a good list and of its bad counterpart.
GOOD_ADJECTIVES: Final = _words(
    "wonderful great lovely excellent superb delightful happy brilliant charming splendid pleasant "
    "fantastic beautiful cheerful perfect amazing marvelous merry joyful graceful glorious elegant "
    "kind tasty"
)
BAD_ADJECTIVES: Final = _words(
    "terrible awful horrible dreadful nasty miserable sad dismal ugly gloomy rotten hideous "
    "painful bitter vile dire ghastly ashamed mournful clumsy shameful shabby cruel bland"
)
GOOD_VERBS: Final = _verbs(
    "love/loves/loved admire/admires/admired enjoy/enjoys/enjoyed praise/praises/praised "
    "adore/adores/adored welcome/welcomes/welcomed cherish/cherishes/cherished "
    "treasure/treasures/treasured applaud/applauds/applauded celebrate/celebrates/celebrated "
    "honor/honors/honored bless/blesses/blessed"
)
BAD_VERBS: Final = _verbs(
    "hate/hates/hated despise/despises/despised fear/fears/feared blame/blames/blamed "
    "loathe/loathes/loathed curse/curses/cursed dread/dreads/dreaded resent/resents/resented "
    "mock/mocks/mocked insult/insults/insulted scorn/scorns/scorned detest/detests/detested"
)
GOOD_ADVERBS: Final = _words(
    "happily luckily gladly cheerfully joyfully fortunately proudly gracefully wonderfully "
    "brilliantly merrily delightfully"
)
BAD_ADVERBS: Final = _words(
    "sadly tragically bitterly grimly miserably unfortunately angrily painfully terribly "
    "horribly gloomily shamefully"
)
GOOD_NOUNS: Final = _words(
    "joy delight success triumph pride hope victory pleasure bliss glory comfort happiness"
)
BAD_NOUNS: Final = _words(
    "grief misery failure disaster shame despair defeat sorrow agony ruin horror sadness"
)
GOOD_REACTIONS: Final = _verbs("smile/smiles/smiled cheer/cheers/cheered laugh/laughs/laughed")
BAD_REACTIONS: Final = _verbs("sigh/sighs/sighed weep/weeps/wept cry/cries/cried")

# Tense. Aligned only in that group i takes entry i of both.
PAST_TIMES: Final = (
    "yesterday", "formerly", "earlier", "previously", "once", "long ago", "last week", "last year",
    "back then", "in those days", "in the past", "the other day",
)  # fmt: skip
PRESENT_TIMES: Final = (
    "today", "nowadays", "currently", "presently", "now", "right now", "this week", "this year",
    "even now", "these days", "at present", "at the moment",
)  # fmt: skip

# Neutral material of the stories.
NEUTRAL_VERBS: Final = _verbs(
    "see/sees/saw move/moves/moved carry/carries/carried watch/watches/watched find/finds/found "
    "hold/holds/held paint/paints/painted count/counts/counted touch/touches/touched "
    "bring/brings/brought keep/keeps/kept draw/draws/drew take/takes/took buy/buys/bought "
    "sell/sells/sold open/opens/opened push/pushes/pushed pull/pulls/pulled wash/washes/washed "
    "lift/lifts/lifted"
)
TOPICS: Final[dict[str, tuple[str, ...]]] = {
    "music": _words("drum guitar song violin flute piano trumpet choir melody harp concert cello"),
    "sport": _words(
        "ball racket goal helmet stadium whistle medal trophy race jersey referee match"
    ),
    "food": _words("soup cake pan oven spoon sauce bowl knife recipe pie plate kettle"),
    "science": _words(
        "atom laser microscope planet molecule telescope formula magnet sensor theory crystal "
        "rocket"
    ),
    "farm": _words(
        "tractor barn plough fence meadow cart haystack stable windmill orchard shovel well"
    ),
    "sea": _words("boat anchor sail wave harbor island net shell lighthouse oar reef captain"),
}
_IRREGULAR_PLURALS: Final = {
    "match": "matches",
    "knife": "knives",
    "melody": "melodies",
    "trophy": "trophies",
    "theory": "theories",
}
NEUTRAL_ADJECTIVES: Final = _words(
    "old new small large red blue green round heavy light tall short white black wooden plain "
    "narrow wide square grey brown yellow long thin"
)
PREPOSITIONS: Final = _words("near behind beside under above with by opposite")
PLACES: Final = _words(
    "garden village valley market castle school museum street tower palace hall temple"
)

# Facts. Each maps a class to its members; the pairs name the classes that a group of examples
# exchanges to make its false statements, chosen so that no exchanged statement could pass as true.
COUNTRIES: Final[dict[str, tuple[str, ...]]] = {
    "portugal": _words("lisbon porto braga"),
    "japan": _words("tokyo osaka kyoto"),
    "france": _words("paris lyon toulouse"),
    "china": _words("beijing shanghai wuhan"),
    "spain": _words("madrid seville bilbao"),
    "egypt": _words("cairo luxor aswan"),
    "italy": _words("rome milan naples"),
    "brazil": _words("brasilia recife manaus"),
}
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "mammal": _words("dog cat horse cow"),
    "insect": _words("ant bee wasp beetle"),
    "bird": _words("eagle crow owl robin"),
    "tree": _words("oak pine maple birch"),
    "fish": _words("trout salmon cod tuna"),
    "vegetable": _words("carrot onion cabbage radish"),
}
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "physics": _words("einstein newton bohr maxwell"),
    "painting": _words("picasso monet rembrandt vermeer"),
    "music": _words("mozart bach chopin verdi"),
    "philosophy": _words("plato kant hume hegel"),
    "poetry": _words("keats byron neruda yeats"),
    "chess": _words("kasparov karpov fischer carlsen"),
}
TRUE_ADJECTIVES: Final = _words("true correct right accurate")
FALSE_ADJECTIVES: Final = _words("false incorrect wrong mistaken")
ASSENTS: Final = _words("agrees nods accepts confirms")
DISSENTS: Final = _words("disagrees objects refuses protests")
CLAIM_VERBS: Final = _words("says claims states insists declares maintains")
DENIAL_VERBS: Final = _words("denies disputes rejects contests negates contradicts")
SHARING_VERBS: Final = _words("shares supports")
OPPOSING_VERBS: Final = _words("opposes attacks")
RIGHT: Final = _words("right correct")
WRONG: Final = _words("wrong mistaken")

# Scenes with an actor and somebody acted upon; past and participle are the same word.
ACTIONS: Final = _words("pushed pulled lifted carried watched painted touched moved")


def plural(noun: str) -> str:
    """The plural of a neutral noun."""
    if noun in _IRREGULAR_PLURALS:
        return _IRREGULAR_PLURALS[noun]
    return noun + ("es" if noun.endswith(("s", "x", "ch")) else "s")
