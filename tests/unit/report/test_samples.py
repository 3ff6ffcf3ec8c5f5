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
        }
    )
    first, second = samples_of(table, "m")["c"]
    assert first.prompt == "first"
    assert first.where == "difference of means, layer 2, the last prompt token on"
    assert first.lines == [
        ("-2 class gaps", "down"),
        ("unsteered", "same�[31m"),
        ("+2 class gaps", "up"),
    ]
    assert second.lines == [("unsteered", "x")]


def test_no_samples() -> None:
    assert samples_of(None, "m") == {}


def test_line_breaks_stay_and_control_characters_go() -> None:
    assert printable("a\n\tb\x00\x08c\x85é") == "a\n\tb��c�é"
