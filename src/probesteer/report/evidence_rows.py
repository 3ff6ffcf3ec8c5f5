"""The further evidence on a finding, looked up in the tables that a run has made."""

import math
from collections.abc import Mapping

import pandas as pd

from probesteer.figures.chosen_places import chosen_place
from probesteer.figures.other_probes import NONLINEAR
from probesteer.figures.places import at_place
from probesteer.figures.rows import matching
from probesteer.figures.sparse_probes import sparse_places
from probesteer.places import Place
from probesteer.probe_rows import of_probe, of_reading
from probesteer.report.evidence import (
    NO_EVIDENCE,
    UNKNOWN,
    Evidence,
    FewNeurons,
    Numbers,
    Spread,
    Trial,
)


def evidence_of(
    tables: Mapping[str, pd.DataFrame], model: str, concept: str, place: Place | None
) -> Evidence:
    """All that is known at `place`; nothing where that is None.

    tables: by name, with the rows of all models; "probes" and those that were made of the others.
    """
    if place is None:
        return NO_EVIDENCE
    own = {
        name: matching(tables[name], model=model, concept=concept)
        for name in ("probes", "significance", "transfer", "sparse")
        if name in tables and not tables[name].empty
    }
    on_test = matching(own["probes"], split="test")
    here = at_place(on_test, place)
    accuracies = of_reading(matching(here, draw=-1))
    untrained_place = chosen_place(own["probes"], "untrained")
    gains = matching(here, metric="gain_over_linear", draw=-1)
    compressed = at_place(matching(own["probes"], method="logistic", metric="compression"), place)
    return Evidence(
        adjusted=_adjusted(own.get("significance"), place),
        unreached_by=_unreached_by(here),
        untrained=_untrained(on_test, untrained_place),
        untrained_place=untrained_place,
        control=spread_of(matching(accuracies, method="control_task")),
        selectivity=first_numbers(matching(here, method="logistic", metric="selectivity")),
        gains=tuple(
            Trial(name, first_numbers(matching(gains, method=method)))
            for method, name in NONLINEAR.items()
            if method in set(gains["method"])
        ),
        transfers=_transfers(own.get("transfer"), concept, place),
        resplits=spread_of(matching(accuracies, method="resplit")),
        calibration_error=first_numbers(
            matching(here, method="logistic", metric="calibration_error", draw=-1)
        ),
        compression=first_numbers(compressed)[0],
        neurons=_neurons(own.get("sparse"), concept),
    )


def first_numbers(rows: pd.DataFrame) -> Numbers:
    """Value, low, high of the first row; NaN where there is none."""
    if rows.empty:
        return UNKNOWN
    first = rows.iloc[0]
    return float(first["value"]), float(first["low"]), float(first["high"])


def spread_of(rows: pd.DataFrame) -> Spread:
    """Mean and standard deviation of a summarising row; its high end is the sum of the two."""
    if rows.empty:
        return Spread()
    mean, _, high = first_numbers(rows)
    return Spread(mean, high - mean, int(rows.iloc[0]["n"]))


def _adjusted(rows: pd.DataFrame | None, place: Place) -> float:
    if rows is None or rows.empty:
        return math.nan
    found = at_place(matching(of_probe(rows), split="test"), place)
    return math.nan if found.empty else float(found.iloc[0]["adjusted"])


def _unreached_by(here: pd.DataFrame) -> int:
    """The shuffled draws at a place whose p-value is the smallest that they allow, or 0."""
    p_value = first_numbers(matching(of_probe(here), metric="p_value"))[0]
    draws = of_reading(matching(here, method="shuffled_labels"))
    count = int((draws["draw"] >= 0).sum())
    return count if math.isclose(p_value, 1 / (1 + count)) else 0


def _untrained(on_test: pd.DataFrame, place: Place | None) -> Numbers:
    if place is None:
        return UNKNOWN
    rows = of_reading(matching(on_test, method="untrained", draw=-1))
    return first_numbers(at_place(rows, place))


def _transfers(rows: pd.DataFrame | None, concept: str, place: Place) -> tuple[Trial, ...]:
    if rows is None or rows.empty:
        return ()
    others = rows[rows["other"] != concept]
    found = at_place(matching(others, method="logistic", metric="auroc"), place)
    return tuple(
        Trial(str(row["other"]), (float(row["value"]), float(row["low"]), float(row["high"])))
        for _, row in found.iterrows()
    )


def _neurons(rows: pd.DataFrame | None, concept: str) -> FewNeurons | None:
    place = None if rows is None or rows.empty else sparse_places(rows).get(concept)
    if rows is None or place is None:
        return None
    here = at_place(matching(rows, split="test", metric="accuracy", draw=-1), place)
    few = matching(here, method="neurons")
    if few.empty:
        return None
    size = int(few["size"].min())
    return FewNeurons(
        place=place,
        size=size,
        accuracy=first_numbers(matching(few, size=size)),
        random_basis=spread_of(matching(here, method="random_basis", size=size)),
        dense=first_numbers(matching(here, method="dense"))[0],
    )
