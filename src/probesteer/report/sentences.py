"""Findings in words: no more than the intervals carry."""

import math

from probesteer.figures.places import phrase
from probesteer.report.findings import Finding
from probesteer.report.numbers import estimate, interval, number


def reading_sentence(finding: Finding) -> str:
    """Whether and where the concept can be read."""
    if finding.best_place is None or not math.isfinite(finding.accuracy):
        return f"Reading {finding.concept} was not measured."
    where = phrase(finding.best_place)
    accuracy = estimate(finding.accuracy, finding.accuracy_low, finding.accuracy_high)
    null = f"{number(finding.null_mean)} ± {number(finding.null_sd)}"
    tokens = estimate(finding.baseline, finding.baseline_low, finding.baseline_high)
    measured = (
        f"a probe at {where}, chosen on validation, is right on {accuracy} of the test examples"
    )
    if finding.reads and finding.read_from is not None:
        return (
            f"{finding.concept} can be read: {measured}, against {null} with shuffled labels and "
            f"{tokens} from a bag of tokens. The first place above both is "
            f"{phrase(finding.read_from)}."
        )
    reasons = []
    if not math.isfinite(finding.null_sd):
        reasons.append("no shuffled labels were tried")
    elif not finding.accuracy_low > finding.null_mean + 2 * finding.null_sd:
        reasons.append(f"this reaches what shuffled labels give ({null})")
    if not math.isfinite(finding.baseline_high):
        reasons.append("no bag of tokens was tried")
    elif not finding.accuracy_low > finding.baseline_high:
        reasons.append(f"this reaches what a bag of tokens gives ({tokens})")
    text = f"That {finding.concept} can be read is not shown: {measured}; {', and '.join(reasons)}."
    if finding.read_from is not None:
        text += f" At {phrase(finding.read_from)}, which was not chosen, it is above both."
    return text


def steering_sentence(finding: Finding) -> str:
    """Whether pushing along the direction moves the model more than random directions do."""
    if finding.steer_place is None or not math.isfinite(finding.slope):
        return f"Steering {finding.concept} was not measured."
    where = phrase(finding.steer_place)
    slope = estimate(finding.slope, finding.slope_low, finding.slope_high)
    measured = (
        f"a push at {where}, chosen on validation, moves the logit difference of the test prompts "
        f"by {slope} nats per class gap"
    )
    random = interval(finding.random_low, finding.random_high)
    if finding.steers:
        return (
            f"Pushing along its direction steers: {measured}; random directions of the same "
            f"length move it by a number in {random}.{_cost(finding)}"
        )
    reasons = []
    if not finding.slope_low > 0:
        reasons.append("the interval reaches zero")
    if not math.isfinite(finding.random_high):
        reasons.append("no random directions were tried")
    elif not finding.slope_low > finding.random_high:
        reasons.append(f"random directions of the same length reach it ({random})")
    return f"That it steers is not shown: {measured}; {', and '.join(reasons)}."


def _cost(finding: Finding) -> str:
    if math.isfinite(finding.doubling):
        return f" The loss on neutral text has doubled at strength {finding.doubling:.3g}."
    if math.isfinite(finding.doubling_bound):
        bound = f"{finding.doubling_bound:.3g}"
        return f" The loss on neutral text did not double up to strength {bound}."
    return ""
