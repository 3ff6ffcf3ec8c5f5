import math

import pytest

from probesteer.places import Place
from probesteer.report.sentences import reading_sentence, steering_sentence
from tests.unit.report.example_finding import finding


def test_what_is_shown_is_said_with_its_controls() -> None:
    assert reading_sentence(finding()) == (
        "sentiment can be read: a probe at layer 3, chosen on validation, is right on "
        "0.95 [0.90, 0.98] of the test examples, against 0.50 ± 0.04 with shuffled labels and "
        "0.70 [0.63, 0.77] from a bag of tokens. The first place above both is layer 1."
    )
    assert steering_sentence(finding()) == (
        "Pushing along its direction steers: a push at layer 3, chosen on validation, moves the "
        "logit difference of the test prompts by 1.50 [1.10, 1.90] nats per class gap; random "
        "directions of the same length move it by a number in [-0.20, 0.30]. The loss on neutral "
        "text has doubled at strength 11.3."
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"accuracy_low": 0.57}, "this reaches what shuffled labels give (0.50 ± 0.04)"),
        ({"baseline_high": 0.91}, "this reaches what a bag of tokens gives (0.70 [0.63, 0.91])"),
        ({"null_sd": math.nan}, "no shuffled labels were tried"),
        ({"baseline_high": math.nan}, "no bag of tokens was tried"),
    ],
)
def test_reading_that_is_not_shown_says_why(changes: dict[str, float], reason: str) -> None:
    sentence = reading_sentence(finding(read_from=None, **changes))
    assert sentence.startswith("That sentiment can be read is not shown: ")
    assert reason in sentence
    assert "above both" not in sentence


def test_a_place_that_was_not_chosen_is_mentioned_but_not_claimed() -> None:
    sentence = reading_sentence(finding(accuracy_low=0.5, read_from=Place("resid_pre", 0)))
    assert "is not shown" in sentence
    assert sentence.endswith("At the embedding, which was not chosen, it is above both.")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"slope_low": -0.1}, "the interval reaches zero"),
        ({"slope_low": 0.2}, "random directions of the same length reach it ([-0.20, 0.30])"),
        ({"random_high": math.nan}, "no random directions were tried"),
    ],
)
def test_steering_that_is_not_shown_says_why(changes: dict[str, float], reason: str) -> None:
    sentence = steering_sentence(finding(**changes))
    assert sentence.startswith("That it steers is not shown: ")
    assert reason in sentence


def test_a_loss_that_never_doubled_is_bounded() -> None:
    sentence = steering_sentence(finding(doubling=math.nan))
    assert sentence.endswith("The loss on neutral text did not double up to strength 64.")
    assert "loss" not in steering_sentence(finding(doubling=math.nan, doubling_bound=math.nan))


def test_what_was_not_measured_is_said_so() -> None:
    assert reading_sentence(finding(best_place=None)) == "Reading sentiment was not measured."
    assert steering_sentence(finding(slope=math.nan)) == "Steering sentiment was not measured."
