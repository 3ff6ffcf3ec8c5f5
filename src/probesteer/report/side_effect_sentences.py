"""What a push does beside its effect in words, one short sentence each."""

import math
from collections.abc import Sequence

from probesteer.figures.places import phrase
from probesteer.figures.units import amount
from probesteer.report.evidence import Trial
from probesteer.report.finding import Finding
from probesteer.report.numbers import estimate, number
from probesteer.report.sentences import TOO_FEW
from probesteer.report.side_effects import Moved, Survival, Words, size_of


def side_effect_sentences(finding: Finding) -> list[str]:
    """What was measured beside the effect; empty where nothing was."""
    measured = finding.side_effects
    return [
        *([] if measured.survival is None else [_survival(measured.survival)]),
        *([] if measured.words is None else [_words(measured.words)]),
        *([] if measured.moved is None else [_moved(measured.moved)]),
    ]


def _survival(found: Survival) -> str:
    strength, last = amount(found.strength, found.unit, "+g"), phrase(found.read_at)
    read = (
        f"of a push of {strength} at {phrase(found.pushed_at)}, the probe of {last} reads "
        f"{estimate(*found.read)} of its own class difference"
    )
    random = size_of(found.random)
    compared = (
        "no random directions were tried"
        if math.isnan(random)
        else f"of random pushes as long, up to {number(random)} either way"
    )
    if found.read[1] > random:
        return f"{read[0].upper()}{read[1:]}; {compared}."
    few = "" if math.isfinite(found.read[1]) else f"; {TOO_FEW}"
    return f"That the push survives to {last} is not shown: {read}; {compared}{few}."


def _words(found: Words) -> str:
    return (
        "When a sentence before the prompt asks for label 1, and nothing is pushed, the logit "
        f"difference changes by {estimate(*found.positive)} nats; when it asks for label 0, by "
        f"{estimate(*found.negative)}. One wording of each was tried."
    )


def _moved(found: Moved) -> str:
    strength = amount(found.strength, found.unit, "+g")
    others = "the other concept" if found.tried == 1 else f"any of the {found.tried} other concepts"
    parts = []
    if found.logits:
        parts.append(f"the logit difference of {_listed(found.logits)} nats")
    if found.probes:
        parts.append(f"what the probe reads of {_listed(found.probes)}, in its class difference")
    if not parts:
        return (
            f"That a push of {strength} moves {others} beyond random directions as long is not "
            "shown."
        )
    return (
        f"A push of {strength} also moves, beyond every random direction as long, "
        f"{'; and '.join(parts)} ({found.tried} tried)."
    )


def _listed(trials: Sequence[Trial]) -> str:
    return ", ".join(f"{trial.name} by {estimate(*trial.numbers)}" for trial in trials)
