"""Places that the validation split chooses: where to push, and whose probe reads."""

import math
from collections.abc import Callable, Collection, Sequence

import numpy as np
import pandas as pd

from probesteer.directions.direction import Direction
from probesteer.places import SITES, Place
from probesteer.probe_rows import of_probe, of_reading


def steepest_direction(
    responses: pd.DataFrame, directions: Sequence[Direction], last: Place
) -> Direction:
    """The difference of means whose slope is steepest, on the validation prompts if there are any.

    responses: the table of the steering stage. The slope is the one from the last prompt token on,
    as sampled, where it was measured. The model's `last` place is taken only if there is no other:
    a push there writes straight into the output.
    """
    slopes = responses.query("metric == 'slope' and method == 'difference_of_means'")
    before_last = (slopes["site"] != last.site) | (slopes["layer"] != last.layer)
    slopes = slopes[before_last] if before_last.any() else slopes
    for column, wanted in (("split", "validation"), ("positions", "from_last")):
        if (slopes[column] == wanted).any():
            slopes = slopes[slopes[column] == wanted]
    best = slopes.iloc[int(slopes["value"].fillna(-np.inf).argmax())]
    return next(
        direction
        for direction in directions
        if direction.method == "difference_of_means"
        and (direction.place.site, direction.place.layer) == (best["site"], best["layer"])
    )


def best_reading_place(
    probes: pd.DataFrame,
    among: Collection[Place],
    preferred: Callable[[Place], bool] = lambda _: True,
) -> Place | None:
    """Where the probe reads best on validation, the earliest of equals.

    probes: the table of the probes stage, of one model and concept. Only places `among` count, and
    of these the preferred ones if there are any. None where no such place was read.
    """
    chosen_on = (probes["draw"] == -1) & (probes["split"] == "validation")
    rows = of_probe(of_reading(probes[chosen_on]))
    read = {
        Place(str(site), int(layer)): float(value)
        for site, layer, value in zip(rows["site"], rows["layer"], rows["value"], strict=True)
    }
    known = [place for place in read if place in among and math.isfinite(read[place])]
    known = [place for place in known if preferred(place)] or known
    known.sort(key=lambda place: (place.layer, SITES.index(place.site)))
    return max(known, key=lambda place: read[place], default=None)
