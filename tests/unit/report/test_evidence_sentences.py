import math

import pytest

from probesteer.places import Place
from probesteer.report.evidence import Evidence, FewNeurons, Spread, Trial
from probesteer.report.evidence_sentences import evidence_sentences
from probesteer.report.sentences import reading_sentence
from tests.unit.report.example_finding import finding

NAN = math.nan


def only(evidence: Evidence) -> str:
    (sentence,) = evidence_sentences(finding(evidence=evidence))
    return sentence


def test_nothing_is_said_of_what_was_not_tried() -> None:
    assert evidence_sentences(finding()) == []


@pytest.mark.parametrize(
    ("selectivity", "sentence"),
    [
        (
            (0.35, 0.3, 0.4),
            "It is more than labels by lot give: on control tasks, where every word has such a "
            "label, the probe gets 0.60, which is 0.35 [0.30, 0.40] less.",
        ),
        (
            (0.05, -0.01, 0.1),
            "That it is more than labels by lot give is not shown: the selectivity over control "
            "tasks is 0.05 [-0.01, 0.10]; its interval reaches zero.",
        ),
        (
            (0.05, NAN, NAN),
            "That it is more than labels by lot give is not shown: the selectivity over control "
            "tasks is 0.05; its interval is unknown: there are too few groups for an interval.",
        ),
    ],
)
def test_control_tasks(selectivity: tuple[float, float, float], sentence: str) -> None:
    assert only(Evidence(control=Spread(0.6, 0.01, 5), selectivity=selectivity)) == sentence


def test_that_a_line_is_enough_is_never_said() -> None:
    gains = (Trial("MLP", (0.02, -0.01, 0.05)), Trial("nearest neighbours", (-0.05, -0.08, -0.02)))
    assert only(Evidence(gains=gains)) == (
        "That a nonlinear probe reads more is not shown (gain in accuracy over the logistic "
        "probe: MLP 0.02 [-0.01, 0.05]; nearest neighbours -0.05 [-0.08, -0.02])."
    )
    more = (Trial("MLP", (0.1, 0.04, 0.15)), gains[1])
    assert only(Evidence(gains=more)).startswith(
        "A linear probe does not read all: MLP reads more (gain"
    )
    both = (more[0], Trial("nearest neighbours", (0.2, 0.1, 0.3)))
    assert ": MLP and nearest neighbours read more (gain" in only(Evidence(gains=both))


def test_transfer_says_of_each_concept_what_is_shown() -> None:
    trials = (
        Trial("cities", (0.9, 0.8, 0.95)),
        Trial("sizes", (0.55, 0.4, 0.7)),
        Trial("denials", (0.1, 0.05, 0.2)),
        Trial("sums", (0.8, 0.7, 0.9)),
    )
    assert only(Evidence(transfers=trials)) == (
        "Its probe is above chance on cities (AUROC 0.90 [0.80, 0.95]), sums (0.80 [0.70, 0.90]); "
        "it orders the wrong way round denials (AUROC 0.10 [0.05, 0.20]); that it is above chance "
        "on sizes (AUROC 0.55 [0.40, 0.70]) is not shown."
    )


@pytest.mark.parametrize(
    ("resplits", "sentence"),
    [
        (
            Spread(0.94, 0.012, 4),
            "With the groups split in 4 other ways, the probe at this place gets 0.94 ± 0.01.",
        ),
        (
            Spread(0.94, NAN, 1),
            "With the groups split in one other way, the probe at this place gets 0.94.",
        ),
    ],
)
def test_other_splits(resplits: Spread, sentence: str) -> None:
    assert only(Evidence(resplits=resplits)) == sentence


def test_few_neurons_stand_beside_random_directions_and_all() -> None:
    place = Place("mlp_act", 3)
    one = FewNeurons(place, 1, (0.7, 0.6, 0.8), Spread(0.55, 0.02, 5), 0.95)
    assert only(Evidence(neurons=one)) == (
        "At the neurons of layer 3, a single neuron gets 0.70 [0.60, 0.80], a single direction of "
        "a random basis 0.55 ± 0.02, all neurons 0.95."
    )
    four = FewNeurons(place, 4, (0.7, 0.6, 0.8), Spread(), NAN)
    assert only(Evidence(neurons=four)) == (
        "At the neurons of layer 3, a probe of 4 neurons gets 0.70 [0.60, 0.80]."
    )


def test_description_length_and_calibration() -> None:
    assert only(Evidence(compression=5.81)) == (
        "The probe's code makes the training labels 5.81 times shorter (description length)."
    )
    assert "no shorter" in only(Evidence(compression=0.97))
    assert only(Evidence(calibration_error=(0.02, 0.01, 0.05))) == (
        "The probabilities that it gives are off by 0.02 [0.01, 0.05] on average."
    )


@pytest.mark.parametrize(
    ("untrained", "ending"),
    [
        ((0.6, 0.5, 0.7), "An untrained model of the same shape stays below: 0.60 [0.50, 0.70]."),
        ((0.9, 0.8, 0.95), "An untrained model of the same shape reaches this: 0.90 [0.80, 0.95]."),
        (
            (0.6, NAN, NAN),
            "That an untrained model of the same shape (0.60) stays below is not shown: there are "
            "too few groups for an interval.",
        ),
    ],
)
def test_an_untrained_model_is_spoken_of_plainly(
    untrained: tuple[float, float, float], ending: str
) -> None:
    sentence = reading_sentence(finding(evidence=Evidence(untrained=untrained)))
    assert sentence.startswith("sentiment can be read: ")
    assert sentence.endswith(f" {ending}")


def test_the_corrected_p_value_stands_beside_the_shuffled_labels() -> None:
    read = reading_sentence(finding(evidence=Evidence(adjusted=0.0123)))
    assert "against 0.50 ± 0.04 (corrected p = 0.012) with shuffled labels" in read
    unread = reading_sentence(finding(evidence=Evidence(adjusted=0.12)))
    assert unread.startswith("That sentiment can be read is not shown: ")
    assert "; its corrected p-value is 0.12." in unread
    few = reading_sentence(finding(evidence=Evidence(adjusted=0.12, unreached_by=20)))
    assert "p-value is 0.12, though none of the 20 shuffles reaches this: more are needed." in few


def test_real_numbers_are_explained_and_not_right() -> None:
    sentence = reading_sentence(finding(metric="r2"))
    assert "explains 0.95 [0.90, 0.98] of the variance of the test examples (R²)" in sentence
