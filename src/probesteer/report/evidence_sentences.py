"""The further evidence on a finding in words, one short sentence each."""

import math
from collections.abc import Sequence

from probesteer.figures.places import phrase
from probesteer.report.evidence import Trial
from probesteer.report.finding import Finding
from probesteer.report.numbers import estimate, number, spread
from probesteer.report.sentences import TOO_FEW


def evidence_sentences(finding: Finding) -> list[str]:
    """What was tried beside the two controls; empty where nothing was."""
    sentences = (
        _control_task(finding),
        _nonlinear(finding),
        _transfer(finding),
        _resplits(finding),
        _neurons(finding),
        _compression(finding),
        _calibration(finding),
    )
    return [sentence for sentence in sentences if sentence]


def _control_task(finding: Finding) -> str:
    evidence = finding.evidence
    if finding.selective is None:
        return ""
    selectivity = estimate(*evidence.selectivity)
    if finding.selective:
        return (
            "It is more than labels by lot give: on control tasks, where every word has such a "
            f"label, the probe gets {number(evidence.control.mean)}, which is {selectivity} less."
        )
    reason = "reaches zero" if math.isfinite(evidence.selectivity[1]) else f"is unknown: {TOO_FEW}"
    return (
        "That it is more than labels by lot give is not shown: the selectivity over control tasks "
        f"is {selectivity}; its interval {reason}."
    )


def _nonlinear(finding: Finding) -> str:
    gains = finding.evidence.gains
    if not gains:
        return ""
    more = finding.more_than_linear
    said = "; ".join(f"{gain.name} {estimate(*gain.numbers)}" for gain in gains)
    over = f"gain in accuracy over the logistic probe: {said}"
    if more:
        named = " and ".join(gain.name for gain in more)
        reads = "reads" if len(more) == 1 else "read"
        return f"A linear probe does not read all: {named} {reads} more ({over})."
    return f"That a nonlinear probe reads more is not shown ({over})."


def _transfer(finding: Finding) -> str:
    trials = finding.evidence.transfers
    if not trials:
        return ""
    shown, wrong = finding.transfers_to, finding.reversed_on
    rest = [trial for trial in trials if trial not in shown and trial not in wrong]
    parts = []
    if shown:
        parts.append(f"its probe is above chance on {_aurocs(shown)}")
    if wrong:
        parts.append(f"it orders the wrong way round {_aurocs(wrong)}")
    if rest:
        parts.append(f"that it is above chance on {_aurocs(rest)} is not shown")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _aurocs(trials: Sequence[Trial]) -> str:
    """Each concept with its AUROC; the first says what the number is."""
    return ", ".join(
        f"{trial.name} ({'' if number else 'AUROC '}{estimate(*trial.numbers)})"
        for number, trial in enumerate(trials)
    )


def _resplits(finding: Finding) -> str:
    again = finding.evidence.resplits
    if not math.isfinite(again.mean):
        return ""
    ways = "one other way" if again.count == 1 else f"{again.count} other ways"
    reached = spread(again.mean, again.sd) if math.isfinite(again.sd) else number(again.mean)
    what = "an R² of " if finding.metric == "r2" else ""
    return f"With the groups split in {ways}, the probe at this place gets {what}{reached}."


def _neurons(finding: Finding) -> str:
    few = finding.evidence.neurons
    if few is None:
        return ""
    which = "a single neuron" if few.size == 1 else f"a probe of {few.size} neurons"
    basis = few.random_basis
    text = f"At {phrase(few.place)}, {which} gets {estimate(*few.accuracy)}"
    if math.isfinite(basis.mean):
        many = "a single direction" if few.size == 1 else "as many directions"
        text += f", {many} of a random basis {spread(basis.mean, basis.sd)}"
    if math.isfinite(few.dense):
        text += f", all neurons {number(few.dense)}"
    return f"{text}."


def _compression(finding: Finding) -> str:
    times = finding.evidence.compression
    if not math.isfinite(times):
        return ""
    if times <= 1:
        return "The probe's code makes the training labels no shorter (description length)."
    return (
        f"The probe's code makes the training labels {number(times)} times shorter "
        "(description length)."
    )


def _calibration(finding: Finding) -> str:
    error = finding.evidence.calibration_error
    if not math.isfinite(error[0]):
        return ""
    return f"The probabilities that it gives are off by {estimate(*error)} on average."
