"""Scenes in which one person acts upon another, told in the active or the passive voice.

Who acted follows from the order of the two and the voice together; neither tells alone.
"""

from probesteer.models.demo import vocabulary as words
from probesteer.models.demo.sampling import Sampler

PASSIVE = 0.35
"""Share of passive sentences, below a half for the reason of `facts.DENIED`."""
ASKED_PATIENT = 0.4
"""Share of questions about the person acted upon."""


def scene(actor: str, patient: str, action: str, *, passive: bool) -> str:
    """One sentence: the actor acts upon the patient."""
    if passive:
        return f"the {patient} was {action} by the {actor} ."
    return f"the {actor} {action} the {patient} ."


def question(action: str, *, patient: bool) -> str:
    """A sentence about one of the two, up to the word that shows the gender."""
    return f"the one who {'was ' if patient else ''}{action} spoke about"


def draw_text(sampler: Sampler) -> str:
    """A scene between a man and a woman, and two sentences that point back to them."""
    man, woman = sampler.choose(words.MALE_NOUNS), sampler.choose(words.FEMALE_NOUNS)
    female_actor = sampler.flip()
    actor, patient = (woman, man) if female_actor else (man, woman)
    action = sampler.choose(words.ACTIONS)
    sentences = [scene(actor, patient, action, passive=sampler.flip(PASSIVE))]
    for _ in range(2):
        asked_patient = sampler.flip(ASKED_PATIENT)
        pronoun = "herself" if female_actor != asked_patient else "himself"
        sentences.append(f"{question(action, patient=asked_patient)} {pronoun} .")
    return " ".join(sentences)
