"""Numbers of the tables that not every run makes, as rows of text."""

from collections.abc import Mapping

import pandas as pd

from probesteer.figures.chosen_places import chosen_place
from probesteer.figures.places import at_place, axis_label
from probesteer.figures.rows import concepts_of, matching
from probesteer.figures.sparse_probes import sparse_places
from probesteer.figures.transfer_matrix import METHODS, transfer_places
from probesteer.report.compact_table import CompactTable, lookup, pairs_of, rows_of
from probesteer.report.evidence import UNKNOWN
from probesteer.report.evidence_rows import first_numbers, spread_of
from probesteer.report.numbers import estimate, number, spread

_CHOSEN = "at the layer where the probe reads best on validation"


def transfer_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """AUROC on every other concept of the family."""
    transfer, probes = rows_of(tables, "transfer"), rows_of(tables, "probes")
    transfer = transfer[transfer["concept"] != transfer["other"]]
    places = transfer_places(transfer, probes)
    rows = []
    for concept, place in places.items():
        own = at_place(matching(transfer, concept=concept, metric="auroc"), place)
        for other in dict.fromkeys(own["other"]):
            tried = matching(own, other=other)
            numbers = [first_numbers(matching(tried, method=method)) for method in METHODS]
            texts = [estimate(*found) for found in numbers]
            rows.append([concept, axis_label(place), str(other), *texts, str(tried["n"].iloc[0])])
    return CompactTable(
        "Transfer",
        f"AUROC of a probe of one concept on the test examples of another, {_CHOSEN}; without the "
        "texts that it was fitted on. 95% bootstrap intervals over groups.",
        ["fitted on", "layer", "tested on", *(name.lower() for name in METHODS.values()), "n"],
        rows,
    )


def sparse_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """Accuracy of probes of few neurons."""
    sparse = rows_of(tables, "sparse")
    rows = []
    for concept, place in sparse_places(sparse).items():
        own = matching(sparse, concept=concept, split="test", metric="accuracy", draw=-1)
        here = at_place(own, place)
        dense = estimate(*first_numbers(matching(here, method="dense")))
        neurons, basis = (matching(here, method=name) for name in ("neurons", "random_basis"))
        for size in sorted(set(neurons["size"])):
            drawn = spread_of(matching(basis, size=size))
            shown = [
                estimate(*first_numbers(matching(neurons, size=size))),
                spread(drawn.mean, drawn.sd),
            ]
            rows.append([concept, axis_label(place), f"{size:g}", *shown, dense])
    return CompactTable(
        "Few neurons",
        "Accuracy on the test split of a probe of so many neurons, with 95% bootstrap intervals, "
        "and of one of as many directions of a random basis (mean ± standard deviation over "
        "bases); at the layer where a probe of all neurons is most accurate on validation.",
        ["concept", "layer", "neurons", "accuracy", "random basis", "all neurons"],
        rows,
    )


def positions_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """Accuracy at every token of the window."""
    positions = rows_of(
        tables, "positions", method="logistic", split="test", metric="accuracy", draw=-1
    )
    offsets = sorted(set(positions["offset"]))
    known = {offset: lookup(matching(positions, offset=offset)) for offset in offsets}
    return CompactTable(
        "Tokens",
        "Accuracy on the test split of a probe of its own at every token, counted from the one "
        "that is read (0), at every layer. The intervals are in the table of positions.",
        ["concept", "layer", *(f"{offset:g}" for offset in offsets)],
        [
            [
                concept,
                axis_label(place),
                *(number(known[at].get((concept, place), UNKNOWN)[0]) for at in offsets),
            ]
            for concept, place in pairs_of(positions)
        ],
    )


def calibration_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """The points of the reliability diagram."""
    bins, probes = rows_of(tables, "calibration", split="test"), rows_of(tables, "probes")
    rows = []
    for concept in concepts_of(bins):
        place = chosen_place(matching(probes, concept=concept))
        if place is None:
            continue
        here = at_place(matching(bins, concept=concept), place).sort_values("bin")
        columns = (here[name] for name in ("predicted", "observed", "low", "high", "n"))
        for predicted, observed, low, high, n in zip(*columns, strict=True):
            texts = [number(predicted), estimate(observed, low, high), str(n)]
            rows.append([concept, axis_label(place), *texts])
    return CompactTable(
        "Calibration",
        f"Test examples in bins of like probabilities, {_CHOSEN}: mean probability of label 1, "
        "its share with 95% bootstrap intervals over groups, and the number of examples.",
        ["concept", "layer", "probability", "share of label 1", "n"],
        rows,
    )
