"""Findings in words: no more than the intervals carry."""

import math

from probesteer.figures.places import phrase
from probesteer.figures.units import amount, per, span
from probesteer.report.finding import Finding
from probesteer.report.numbers import estimate, number, p_value, spread

TOO_FEW = "there are too few groups for an interval"


def reading_sentence(finding: Finding) -> str:
    """Whether and where the concept can be read, against what controls reach."""
    if finding.best_place is None or not math.isfinite(finding.accuracy):
        return f"Reading {finding.concept} was not measured."
    where = phrase(finding.best_place)
    accuracy = estimate(finding.accuracy, finding.accuracy_low, finding.accuracy_high)
    null = _null(finding)
    tokens = estimate(finding.baseline, finding.baseline_low, finding.baseline_high)
    measured = f"a probe at {where}, chosen on validation, {_does(finding, accuracy)}"
    after = f"{_first_place(finding)}{_untrained(finding)}"
    if finding.reads:
        return (
            f"{finding.concept} can be read: {measured}, against {null} with shuffled labels and "
            f"{tokens} from a bag of tokens.{after}"
        )
    if finding.reads_words:
        return (
            f"{finding.concept} can be read, but not beyond its words: {measured}, against {null} "
            f"with shuffled labels; a bag of tokens reaches this ({tokens}).{after}"
        )
    reasons = []
    if not math.isfinite(finding.accuracy_low):
        reasons.append(TOO_FEW)
    if not math.isfinite(finding.null_sd):
        reasons.append("no shuffled labels were tried")
    elif finding.accuracy_low <= finding.null_mean + 2 * finding.null_sd:
        reasons.append(f"shuffled labels reach this ({null})")
    elif not finding.significant:
        reasons.append(f"its corrected p-value is {_corrected(finding)}")
    if not math.isfinite(finding.baseline):
        reasons.append("no bag of tokens was tried")
    elif not math.isfinite(finding.baseline_high):
        reasons.append(f"the interval of the bag of tokens ({tokens}) is unknown")
    elif finding.accuracy_low <= finding.baseline_high:
        reasons.append(f"a bag of tokens reaches this ({tokens})")
    return (
        f"That {finding.concept} can be read is not shown: {measured}; {_listed(reasons)}.{after}"
    )


def steering_sentence(finding: Finding) -> str:
    """Whether pushing along the direction moves the model more than random directions do."""
    if finding.steer_place is None or not math.isfinite(finding.slope):
        return f"Steering {finding.concept} was not measured."
    slope = estimate(finding.slope, finding.slope_low, finding.slope_high)
    aside = f" ({phrase(finding.left_out)}, the last, left out)" if finding.left_out else ""
    measured = (
        f"a push at {phrase(finding.steer_place)}, chosen on validation{aside}, moves the logit "
        f"difference of the test prompts by {slope} {per(finding.unit)} "
        f"(slope {span(finding.slope_step, finding.unit)})"
    )
    random = f"random directions of the same length move it by up to {number(finding.random_size)}"
    if finding.steers:
        return (
            f"Pushing along its direction steers: {measured}; {random} either way.{_cost(finding)}"
        )
    reasons = []
    if not (math.isfinite(finding.slope_low) and math.isfinite(finding.slope_high)):
        reasons.append(TOO_FEW)
    elif finding.slope_high < 0:
        reasons.append("it pushes the wrong way: the interval is below zero")
    elif finding.slope_low <= 0:
        reasons.append("the interval reaches zero")
    if not math.isfinite(finding.random_size):
        reasons.append("no random directions were tried")
    elif 0 < finding.slope_low <= finding.random_size:
        reasons.append(f"{random} either way")
    return f"That it steers is not shown: {measured}; {_listed(reasons)}."


def _does(finding: Finding, accuracy: str) -> str:
    """What the probe gets; what a guess would is told where it isn't one in two."""
    if finding.metric == "r2":
        if finding.accuracy > 0:
            return f"explains {accuracy} of the variance of the test examples (R²)"
        return f"explains none of the variance of the test examples (R² {accuracy})"
    chance = "" if finding.chance == 0.5 else f" (chance {number(finding.chance)})"
    return f"is right on {accuracy} of the test examples{chance}"


def _null(finding: Finding) -> str:
    """What shuffled labels reach, with the corrected p-value where there is one."""
    null = spread(finding.null_mean, finding.null_sd)
    if math.isnan(finding.evidence.adjusted):
        return null
    return f"{null} (corrected p = {p_value(finding.evidence.adjusted)})"


def _first_place(finding: Finding) -> str:
    if finding.read_from is None:
        return " On validation no place is above both."
    if finding.read_from == finding.best_place:
        return " On validation it is the first place above both."
    there = estimate(finding.read_from_accuracy, finding.read_from_low, finding.read_from_high)
    there = f"an R² of {there}" if finding.metric == "r2" else there
    return (
        f" The first place above both, chosen on validation, is {phrase(finding.read_from)}: "
        f"{there} on the test examples."
    )


def _corrected(finding: Finding) -> str:
    """The corrected p-value, and whether more draws might lower it."""
    shuffles = finding.evidence.unreached_by
    few = f", though none of the {shuffles} shuffles reaches this: more are needed"
    return p_value(finding.evidence.adjusted) + (few if shuffles else "")


def _untrained(finding: Finding) -> str:
    """Whether it takes training to read the concept; nothing where that was not tried."""
    if finding.beyond_untrained is None:
        return ""
    reached = estimate(*finding.evidence.untrained)
    if finding.beyond_untrained:
        return f" An untrained model of the same shape stays below: {reached}."
    if finding.untrained_reaches:
        return f" An untrained model of the same shape reaches this: {reached}."
    return (
        f" That an untrained model of the same shape ({reached}) stays below is not shown: "
        f"{TOO_FEW}."
    )


def _listed(reasons: list[str]) -> str:
    return ", and ".join(reasons)


def _cost(finding: Finding) -> str:
    pushed = " The loss on neutral text, pushed at every token,"
    if math.isfinite(finding.doubling):
        strength = amount(finding.doubling, finding.doubling_unit, ".3g")
        return f"{pushed} has doubled at a strength of {strength}."
    if math.isfinite(finding.doubling_bound):
        bound = amount(finding.doubling_bound, finding.doubling_unit, ".3g")
        return f"{pushed} did not double up to a strength of {bound}."
    return ""
