import math

import pytest

from probesteer.places import Place
from probesteer.report.sentences import reading_sentence, steering_sentence
from tests.unit.report.example_finding import finding


def test_what_is_shown_is_said_with_its_controls() -> None:
    assert reading_sentence(finding()) == (
        "sentiment can be read: a probe at layer 3, chosen on validation, is right on "
        "0.95 [0.90, 0.98] of the test examples, against 0.50 ± 0.04 with shuffled labels and "
        "0.70 [0.63, 0.77] from a bag of tokens. The first place above both, chosen on "
        "validation, is layer 1: 0.88 [0.82, 0.93] on the test examples."
    )
    assert steering_sentence(finding()) == (
        "Pushing along its direction steers: a push at layer 3, chosen on validation (layer 5, "
        "the last, left out), moves the logit difference of the test prompts by "
        "1.50 [1.10, 1.90] nats per class gap (slope between -0.5 and +0.5 class gaps); random "
        "directions of the same length move it by up to 0.30 either way. The loss on neutral "
        "text, pushed at every token, has doubled at a strength of 11.3 class gaps."
    )


def test_a_first_place_that_is_the_best_is_not_measured_twice() -> None:
    sentence = reading_sentence(finding(read_from=Place("resid_post", 3)))
    assert sentence.endswith(
        "from a bag of tokens. On validation it is the first place above both."
    )


def test_each_strength_is_named_in_its_own_unit() -> None:
    text = steering_sentence(finding(unit="norm", slope_step=1.0, doubling_unit="sigma"))
    assert "nats per mean norm (slope between -1 and +1 mean norm)" in text
    assert text.endswith("at a strength of 11.3 sigmas.")
    assert "gap" not in text


def test_the_only_place_is_chosen_without_leaving_one_out() -> None:
    assert "at layer 3, chosen on validation, moves" in steering_sentence(finding(left_out=None))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"accuracy_low": 0.57}, "shuffled labels reach this (0.50 ± 0.04)"),
        ({"null_sd": math.nan}, "no shuffled labels were tried"),
        (
            {"accuracy_low": 0.57, "baseline_high": 0.6},
            "shuffled labels reach this (0.50 ± 0.04), and a bag of tokens reaches this",
        ),
        (
            {"baseline": math.nan, "baseline_high": math.nan},
            "no bag of tokens was tried",
        ),
        ({"baseline_high": math.nan}, "the interval of the bag of tokens"),
        ({"accuracy_low": math.nan, "accuracy_high": math.nan}, "too few groups for an interval"),
    ],
)
def test_reading_that_is_not_shown_says_why(changes: dict[str, float], reason: str) -> None:
    sentence = reading_sentence(finding(read_from=None, **changes))
    assert sentence.startswith("That sentiment can be read is not shown: ")
    assert reason in sentence
    assert sentence.endswith("On validation no place is above both.")


def test_an_unknown_interval_is_no_reason_against_the_controls() -> None:
    sentence = reading_sentence(finding(accuracy_low=math.nan, accuracy_high=math.nan))
    assert "reach" not in sentence


def test_what_the_words_tell_as_well_is_read_but_not_beyond_them() -> None:
    sentence = reading_sentence(finding(baseline_high=0.91, read_from=None))
    assert sentence == (
        "sentiment can be read, but not beyond its words: a probe at layer 3, chosen on "
        "validation, is right on 0.95 [0.90, 0.98] of the test examples, against 0.50 ± 0.04 "
        "with shuffled labels; a bag of tokens reaches this (0.70 [0.63, 0.91]). On validation no "
        "place is above both."
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"slope_low": -0.1}, "; the interval reaches zero."),
        (
            {"slope": -1.5, "slope_low": -1.9, "slope_high": -1.1},
            "; it pushes the wrong way: the interval is below zero.",
        ),
        (
            {"slope_low": math.nan, "slope_high": math.nan},
            "; there are too few groups for an interval.",
        ),
        (
            {"random_low": -1.3},
            "; random directions of the same length move it by up to 1.30 either way.",
        ),
        ({"random_high": math.nan}, "; no random directions were tried."),
    ],
)
def test_steering_that_is_not_shown_says_why(changes: dict[str, float], reason: str) -> None:
    sentence = steering_sentence(finding(**changes))
    assert sentence.startswith("That it steers is not shown: ")
    assert sentence.endswith(reason)


def test_a_loss_that_never_doubled_is_bounded() -> None:
    sentence = steering_sentence(finding(doubling=math.nan))
    assert sentence.endswith(
        "pushed at every token, did not double up to a strength of 64 class gaps."
    )
    unknown = finding(doubling=math.nan, doubling_bound=math.nan)
    assert "loss" not in steering_sentence(unknown)


def test_what_was_not_measured_is_said_so() -> None:
    assert reading_sentence(finding(best_place=None)) == "Reading sentiment was not measured."
    assert steering_sentence(finding(slope=math.nan)) == "Steering sentiment was not measured."
