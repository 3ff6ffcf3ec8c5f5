"""A finding: the evidence on one concept in one model, and what it amounts to.

The rules of every verdict are here and nowhere else. Places are chosen on validation; what is
judged is of the test split. Where labels are real numbers, what is said of the
accuracy holds of R².

- It is above the shuffled labels if the accuracy's interval starts above their mean plus two
  standard deviations, and the p-value against them, corrected over all concepts and places, is
  below 0.05; where no corrected p-value was computed, the first alone decides.
- It *reads* if it is above the shuffled labels, and the interval starts above the end of the bag
  of tokens' interval. It *reads its words only* if it is above the shuffled labels, and the
  interval reaches that of the bag of tokens.
- It is *beyond the untrained model* if the interval starts above the end of the one that a probe
  on the same model with weights drawn anew has at its own best place. This is a statement of its
  own: it doesn't enter the verdict.
- It is *selective* if the interval of the selectivity starts above 0.
- A nonlinear probe reads *more* if the interval of its gain starts above 0; that a line is enough
  cannot be shown, only that no gain was.
- It *transfers* to another concept of its family if the interval of the AUROC there starts above
  0.5, and orders it the wrong way round if it ends below.
- It *steers* if the interval of the slope starts above 0 and above the slope of every random
  direction in size.

An unknown number shows nothing: the answer is no.
"""

import math
from dataclasses import dataclass

from probesteer.places import Place
from probesteer.report.evidence import NO_EVIDENCE, Evidence, Trial
from probesteer.report.side_effects import NOT_MEASURED, SideEffects

LEVEL = 0.05
"""Corrected p-values below this count."""


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

    metric: str = "accuracy"
    """What `accuracy` is: that of labels, or "r2" where they are real numbers."""

    chance: float = 0.5
    """What a guess reaches: 1 / k of k classes, 0 of real numbers."""

    evidence: Evidence = NO_EVIDENCE
    """What else is known at `best_place`."""

    side_effects: SideEffects = NOT_MEASURED
    """What a push does beside its effect, and what words do instead."""

    @property
    def significant(self) -> bool:
        """Whether the corrected p-value is below `LEVEL`, or there is none."""
        adjusted = self.evidence.adjusted
        return math.isnan(adjusted) or adjusted < LEVEL

    @property
    def above_null(self) -> bool:
        """Whether the interval at `best_place` is above what shuffled labels reach."""
        return self.accuracy_low > self.null_mean + 2 * self.null_sd and self.significant

    @property
    def reads(self) -> bool:
        """Whether that interval is above both controls."""
        above = above_controls(self.accuracy_low, self.null_mean, self.null_sd, self.baseline_high)
        return above and self.significant

    @property
    def reads_words(self) -> bool:
        """Whether that interval is above the shuffled labels, but not above the bag of tokens."""
        return self.above_null and self.accuracy_low <= self.baseline_high

    @property
    def beyond_untrained(self) -> bool | None:
        """Whether that interval is above the untrained model's; None where it was not tried."""
        value, _, high = self.evidence.untrained
        return None if math.isnan(value) else self.accuracy_low > high

    @property
    def untrained_reaches(self) -> bool:
        """Whether the untrained model's interval reaches that interval; unknown ends do not."""
        return self.accuracy_low <= self.evidence.untrained[2]

    @property
    def selective(self) -> bool | None:
        """Whether the selectivity's interval is above 0; None where it was not tried."""
        value, low, _ = self.evidence.selectivity
        return None if math.isnan(value) else low > 0

    @property
    def more_than_linear(self) -> list[Trial]:
        """The nonlinear probes whose gain has its interval above 0."""
        return [gain for gain in self.evidence.gains if gain.numbers[1] > 0]

    @property
    def transfers_to(self) -> list[Trial]:
        """The concepts of its family on which the AUROC's interval is above 0.5."""
        return [trial for trial in self.evidence.transfers if trial.numbers[1] > 0.5]

    @property
    def reversed_on(self) -> list[Trial]:
        """The concepts of its family on which that interval is below 0.5."""
        return [trial for trial in self.evidence.transfers if trial.numbers[2] < 0.5]

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
        """Both answers in a few words: a key of `VERDICTS`."""
        reading = "reads" if self.reads else "reads words" if self.reads_words else ""
        if not reading:
            return "steers only" if self.steers else "not shown"
        return f"{reading}, steers" if self.steers else f"{reading} only"


VERDICTS = {
    "reads, steers": "both",
    "reads only": "one",
    "reads words, steers": "words",
    "reads words only": "words",
    "steers only": "one",
    "not shown": "none",
}
"""Every verdict, and the look of its badge."""


def above_controls(low: float, null_mean: float, null_sd: float, baseline_high: float) -> bool:
    """Whether an interval that starts at `low` is above what the controls reach.

    Controls: the mean of the shuffled labels plus two standard deviations (Hewitt & Liang 2019,
    arXiv 1909.03368, for the idea), and the high end of the bag of tokens. An unknown control
    shows nothing: the answer is no.
    """
    return low > null_mean + 2 * null_sd and low > baseline_high
