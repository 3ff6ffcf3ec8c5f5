"""Probes and directions of a concept's activations."""

import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from probesteer.directions.direction import Direction
from probesteer.directions.fitting import ControlDraws, fit_directions
from probesteer.directions.training import TrainingRows
from probesteer.errors import ProbesteerError
from probesteer.figures.chosen_places import chosen_place
from probesteer.library.data import Activations
from probesteer.places import EMBEDDING, Place
from probesteer.probes.evaluation import evaluate_probes
from probesteer.probes.labelled_rows import LabelledRows
from probesteer.probes.probe import LogisticProbe
from probesteer.settings.schema import ProbeSettings


@dataclass(frozen=True, eq=False)
class Probes:
    """The probes of every place, and what they reach."""

    table: pd.DataFrame
    """model, concept, site, layer, method, draw, split, metric, value, low, high, n, interval."""
    probes: dict[Place, LogisticProbe]
    place: Place  # where the probe is most accurate on validation rows

    @property
    def accuracy(self) -> pd.DataFrame:
        """Of the test rows: site, layer, value, low, high, and null, of shuffled labels."""
        rows = self.table.query("split == 'test' and metric == 'accuracy' and draw == -1")
        columns = ["site", "layer", "value", "low", "high"]
        read = rows[rows["method"] == "logistic"][columns]
        null = rows[rows["method"] == "shuffled_labels"][["site", "layer", "value"]]
        return read.merge(null.rename(columns={"value": "null"}), how="left", on=columns[:2])


def probe(activations: Activations, **settings: Any) -> Probes:
    """Fit a logistic probe at every place, and measure it beside shuffled labels.

    C is chosen on the training groups, `place` on the validation rows. settings: keys of
    `config/probe`; unlike there, by default 20 shuffled draws, and no other estimators, control
    tasks and other splits.

    Raises ProbesteerError for an unknown key, or rows that can't be fitted.
    """
    few: dict[str, Any] = {"shuffled_draws": 20, "control_draws": 0, "resplits": 0}
    try:
        asked = ProbeSettings(**{**few, "estimators": [], **settings})
    except TypeError as fault:
        raise ProbesteerError(f"probe: {fault}; see config/README.md") from fault
    rows = activations.rows
    labelled = LabelledRows(
        rows["label"].to_numpy(),
        rows["group"].to_numpy(dtype=str),
        rows["split"].to_numpy(dtype=str),
        activations.cache.example,
    )
    seed = activations.concept.seed
    found = evaluate_probes(activations.read, activations.places, labelled, asked, seed)
    # Keyed as in the workflow, so that figures and the report's rules take it.
    names = {"model": activations.model.name, "concept": activations.concept.name}
    table = found.table.assign(**names)[[*names, *found.table.columns]]
    place = chosen_place(table)
    assert place is not None  # every place has a probe
    return Probes(table, found.probes, place)


def direction(
    activations: Activations,
    place: Place | int,
    method: str = "difference_of_means",
    probes: Probes | None = None,
) -> Direction:
    """The direction of a concept at a place, from its training rows.

    place: or a layer, for the output of that block; -1 is the embedding. method: as in
    `directions.methods`; "logistic" needs the probes, and "logit_gradient" and "file" are the
    workflow's.

    Raises ProbesteerError for an unknown method, one that lacks what it needs, or where both
    labels have the same mean.
    """
    at = _place(place)
    rows = _training_rows(activations, at)
    if probes is not None:
        rows = replace(rows, probe=probes.probes[at])
    found = fit_directions(rows, at, [method], ControlDraws(), [activations.concept.seed])
    if not found:
        raise ProbesteerError(
            f"concept {activations.concept.name}: both labels have the same mean at "
            f"{at.stem}; choose another layer"
        )
    return found[0]


def controls(activations: Activations, place: Place | int, draws: int = 20) -> list[Direction]:
    """Random directions that push as far as the difference of means at a place."""
    concept = activations.concept
    seed = [concept.seed, zlib.crc32(concept.name.encode())]
    rows = _training_rows(activations, _place(place))
    return fit_directions(rows, _place(place), [], ControlDraws(random=draws), seed)


def _place(place: Place | int) -> Place:
    if isinstance(place, Place):
        return place
    return EMBEDDING if place == -1 else Place("resid_post", place)


def _training_rows(activations: Activations, place: Place) -> TrainingRows:
    rows = activations.rows
    train = (rows["split"] == "train").to_numpy()
    return TrainingRows(
        np.asarray(activations.read(place))[train],
        rows["label"].to_numpy()[train],
        groups=rows["group"].to_numpy(dtype=str)[train],
        pairs=rows["pair"].to_numpy(dtype=object)[train],
        examples=activations.cache.example[train],
    )
