import pandas as pd

from probesteer.report.samples import printable, samples_of


def test_samples_are_grouped_by_prompt_and_ordered_by_strength() -> None:
    table = pd.DataFrame(
        {
            "model": ["m", "m", "m", "m", "other"],
            "concept": "c",
            "site": "resid_post",
            "layer": 2,
            "method": "difference_of_means",
            "positions": "from_last",
            "unit": "gap",
            "strength": [2.0, -2.0, 0.0, 0.0, 1.0],
            "prompt": ["first", "first", "first", "second", "first"],
            "continuation": ["up", "down", "same\x1b[31m", "x", "y"],
            "seed": 0,
            "read_site": ["resid_post"] * 3 + ["none"] * 2,
            "read_layer": [3] * 3 + [-1] * 2,
            "log_odds": [2.0, -5000.0, float("nan"), float("nan"), 0.0],
            "distinct_1": 0.5,
            "distinct_2": 0.75,
            "distinct_3": [1.0, 1.0, float("nan"), 1.0, 1.0],
            "repetition": [0.25, 0.0, 0.0, 0.0, 0.0],
        }
    )
    first, second = samples_of(table, "m")["c"]
    assert first.prompt == "first"
    assert first.where == "difference of means, layer 2, the last prompt token on"
    assert first.lines == [
        ("-2 class gaps", "down", "probe 0.00, distinct 0.50 / 0.75 / 1.00, repetition 0.00"),
        ("unsteered", "same�[31m", "distinct 0.50 / 0.75 / –, repetition 0.00"),
        ("+2 class gaps", "up", "probe 0.88, distinct 0.50 / 0.75 / 1.00, repetition 0.25"),
    ]
    assert first.read_at == "layer 3"
    assert [line[:2] for line in second.lines] == [("unsteered", "x")]
    assert second.read_at == ""


def test_no_samples() -> None:
    assert samples_of(None, "m") == {}


def test_line_breaks_stay_and_control_characters_go() -> None:
    assert printable("a\n\tb\x00\x08c\x85é") == "a\n\tb��c�é"
