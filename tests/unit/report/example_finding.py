"""A finding to change one fact of."""

import dataclasses
from typing import Any

from probesteer.places import Place
from probesteer.report.finding import Finding


def finding(**changes: Any) -> Finding:
    """A finding in which all is shown, but for the `changes`."""
    layer = Place("resid_post", 3)
    shown = Finding(
        model="demo",
        concept="sentiment",
        best_place=layer,
        accuracy=0.95,
        accuracy_low=0.9,
        accuracy_high=0.98,
        null_mean=0.5,
        null_sd=0.04,
        baseline=0.7,
        baseline_low=0.63,
        baseline_high=0.77,
        read_from=Place("resid_post", 1),
        read_from_accuracy=0.88,
        read_from_low=0.82,
        read_from_high=0.93,
        steer_place=layer,
        left_out=Place("resid_post", 5),
        unit="gap",
        slope=1.5,
        slope_low=1.1,
        slope_high=1.9,
        slope_step=0.5,
        random_low=-0.2,
        random_high=0.3,
        doubling=11.31,
        doubling_bound=64.0,
        doubling_unit="gap",
    )
    return dataclasses.replace(shown, **changes)
