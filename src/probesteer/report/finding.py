"""A finding: the evidence on one concept in one model, and what it amounts to."""

import math
from dataclasses import dataclass

from probesteer.places import Place

Numbers = tuple[float, float, float]
"""Value, low, high."""

UNKNOWN: Numbers = (math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Finding:
    """Evidence on one concept in one model.

    All three places are chosen on the validation split; all numbers are of the test split, but
    for the loss, which is of the neutral texts. An
    unknown number is NaN, an unknown place None, an unknown unit "".
    """

    model: str
    concept: str

    best_place: Place | None
    """Where the probe is most accurate on the validation split."""

    accuracy: float
    accuracy_low: float
    accuracy_high: float

    null_mean: float
    """Accuracy of probes trained on shuffled labels, at `best_place`."""

    null_sd: float
    """Standard deviation of that accuracy over the draws."""

    baseline: float
    """Accuracy of the bag of tokens."""

    baseline_low: float
    baseline_high: float

    read_from: Place | None
    """First place whose validation accuracy is above both controls' (see `above_controls`)."""

    read_from_accuracy: float
    """Accuracy at `read_from`, of the test split as every number here."""

    read_from_low: float
    read_from_high: float

    steer_place: Place | None
    """Where the slope of the effect is largest on the validation split, `left_out` aside."""

    left_out: Place | None
    """The last place, not open to the choice of `steer_place`: a push there goes straight into
    the output. None where it was the only one, and so open to the choice."""

    unit: str
    """Unit of the steering strengths, as in the tables."""

    slope: float
    """Effect of difference of means around strength 0 (see `slope_step`), nats per `unit`, pushed
    from the last token on."""

    slope_low: float
    slope_high: float

    slope_step: float
    """The slope is a central difference: between this strength to both sides of 0."""

    random_low: float
    """Smallest and (`random_high`) largest slope of the random directions at `steer_place`."""

    random_high: float

    doubling: float
    """Positive strength at which the loss on neutral text has doubled, pushed at every token of
    it, at `steer_place`."""

    doubling_bound: float
    """Largest strength tried; what can be said where the loss never doubled."""

    doubling_unit: str
    """Unit of the two strengths before; it may differ from `unit`."""

    @property
    def reads(self) -> bool:
        """Whether the interval at `best_place` is above both controls."""
        return above_controls(self.accuracy_low, self.null_mean, self.null_sd, self.baseline_high)

    @property
    def reads_words(self) -> bool:
        """Whether that interval is above the shuffled labels, but not above the bag of tokens."""
        above_null = self.accuracy_low > self.null_mean + 2 * self.null_sd
        return above_null and self.accuracy_low <= self.baseline_high

    @property
    def random_size(self) -> float:
        """Largest slope of the random directions in size: the sign of each is arbitrary."""
        if not (math.isfinite(self.random_low) and math.isfinite(self.random_high)):
            return math.nan
        return max(abs(self.random_low), abs(self.random_high))

    @property
    def steers(self) -> bool:
        """Whether the interval of the slope is above zero and above `random_size`."""
        return self.slope_low > self.random_size

    @property
    def verdict(self) -> str:
        """Both answers in a word or two."""
        if self.reads:
            return "reads, steers" if self.steers else "reads only"
        return "steers only" if self.steers else "not shown"


def above_controls(low: float, null_mean: float, null_sd: float, baseline_high: float) -> bool:
    """Whether an interval that starts at `low` is above what the controls reach.

    Controls: the mean of the shuffled labels plus two standard deviations (Hewitt & Liang 2019,
    arXiv 1909.03368, for the idea), and the high end of the bag of tokens. An unknown control
    shows nothing: the answer is no.
    """
    return low > null_mean + 2 * null_sd and low > baseline_high
