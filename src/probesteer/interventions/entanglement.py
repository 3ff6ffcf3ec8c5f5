"""Side effects: how a push along one concept's direction moves the other concepts of a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from probesteer.directions.direction import Direction
from probesteer.interventions.chosen_places import best_reading_place
from probesteer.interventions.reading_along import comes_before, readers_in_gaps
from probesteer.interventions.survival import Pushed, PushGrid, estimates, push_and_read
from probesteer.models.loading import LoadedModel
from probesteer.places import Place
from probesteer.probes.probe import LogisticProbe

_COLUMNS = (
    "concept other site layer method draw positions unit strength read_site read_layer split "
    "metric value low high n interval"
)


@dataclass(frozen=True, eq=False)
class MeasuredConcept:
    """What is known of a concept whose predictions and probes are watched."""

    name: str
    loaded: LoadedModel  # with the concept's chat, and with its head where the model has none
    prompts: pd.DataFrame  # prompt, positive, negative, group, split
    probes: Mapping[Place, LogisticProbe]
    directions: Sequence[Direction]  # the difference of means at every place, among others
    reading: pd.DataFrame  # the table of its probes


def entanglement_table(
    pushed: Mapping[str, Sequence[Direction]], measured: Sequence[MeasuredConcept], grid: PushGrid
) -> pd.DataFrame:
    """How far each push moves every concept, the pushed one among them.

    pushed: for each concept the directions at the place where it is pushed: its own, and random
    ones of the same length. A concept is measured on its own prompts, those of the test split if
    there are any: the change of its logit difference (metric "logit_difference", nats, read_site
    "output") and of what its probe reads, in gaps of that probe ("probe_readout"). The probe is
    the one that reads best on validation among those after the push, or at it where none follows.

    Columns concept, other (the measured one), site, layer (of the push), method, draw, positions,
    unit, strength, read_site, read_layer (of the probe), split, metric, value, low, high, n,
    interval: bootstrap over groups of prompts; of random draws the mean and the range.
    """
    rows: list[tuple[Any, ...]] = []
    for name, directions in pushed.items():
        for other in measured:
            rows += [(name, other.name, *row) for row in _moved(directions, other, grid)]
    return pd.DataFrame(rows, columns=_COLUMNS.split())


def _moved(
    directions: Sequence[Direction], other: MeasuredConcept, grid: PushGrid
) -> list[tuple[Any, ...]]:
    prompts, split = other.prompts[other.prompts["split"] == "test"], "test"
    if prompts.empty:
        prompts, split = other.prompts, "all"
    place = directions[0].place
    readers = readers_in_gaps(other.probes, other.directions)
    after = {at for at in readers if at == place or comes_before(place, at)}
    read_at = best_reading_place(other.reading, after, lambda at: comes_before(place, at))
    reader = {} if read_at is None else {read_at: readers[read_at]}
    found = push_and_read(other.loaded, prompts, directions, grid, reader, f"concept {other.name}:")
    groups = prompts["group"].to_numpy(dtype=str)
    return [
        (*key, *where, split, metric, *estimate)
        for metric, where, values in _metrics(found)
        for key, estimate in estimates(directions, values, grid, groups)
    ]


def _metrics(found: Pushed) -> list[tuple[str, tuple[str, int], Any]]:
    """Metric, where it is read, and its values: [directions, strengths, prompts]."""
    read = [("probe_readout", (at.site, at.layer), x) for at, x in found.read.items()]
    return [("logit_difference", ("output", -1), found.score), *read]
