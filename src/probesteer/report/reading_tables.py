"""The key numbers of reading at each place, as rows of text: the probe, its controls, others."""

from collections.abc import Callable, Mapping

import pandas as pd

from probesteer.figures.other_probes import LINEAR, NONLINEAR
from probesteer.figures.places import axis_label
from probesteer.figures.rows import matching
from probesteer.places import Place
from probesteer.probe_rows import of_probe, of_reading
from probesteer.report.compact_table import CompactTable, lookup, pairs_of, rows_of
from probesteer.report.evidence import UNKNOWN
from probesteer.report.numbers import MISSING, estimate, number, p_value, spread

Key = tuple[str, Place]
Cell = Callable[[Key], str]


def reading_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """Accuracy, its null, and the size of what is read."""
    on_test = rows_of(tables, "probes", split="test")
    probe = of_probe(matching(on_test, draw=-1))
    directions = rows_of(tables, "directions", method="difference_of_means", draw=-1)
    significance = of_probe(rows_of(tables, "significance", split="test"))
    cells = {
        "accuracy": _estimates(of_reading(probe)),
        "AUROC": _estimates(matching(probe, metric="auroc")),
    }
    ranks = matching(probe, metric="spearman")
    if len(ranks):
        cells["rank correlation"] = _estimates(ranks)
    cells["shuffled labels"] = _spreads(of_reading(_summary(on_test, "shuffled_labels")))
    if len(significance):
        adjusted = lookup(significance.assign(value=significance["adjusted"], low=0.0, high=0.0))
        cells["corrected p"] = lambda key: p_value(adjusted.get(key, UNKNOWN)[0])
    cells["gap (sigmas), training rows"] = _values(matching(directions, metric="gap_in_sigmas"))
    cells["mean norm, training rows"] = _values(matching(directions, metric="mean_norm"))
    return CompactTable(
        "Reading",
        "Test split, with 95% bootstrap intervals, but for the columns of training rows. Shuffled "
        "labels: mean ± standard deviation. The gap is the distance of the class means along the "
        f"difference-of-means direction.{_r_squared(probe)}",
        ["concept", "layer", *cells],
        _rows(pairs_of(probe), cells),
    )


def controls_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """What stands for and against the probe at each place, as far as it was measured."""
    probes = rows_of(tables, "probes")
    on_test = matching(probes, split="test")
    probe = of_probe(matching(on_test, draw=-1))
    found = {
        "untrained model": (_estimates, of_reading(_summary(on_test, "untrained"))),
        "control tasks": (_spreads, of_reading(_summary(on_test, "control_task"))),
        "selectivity": (_estimates, matching(probe, metric="selectivity")),
        "other splits": (_spreads, of_reading(_summary(on_test, "resplit"))),
        "calibration error": (_estimates, matching(probe, metric="calibration_error")),
        "log loss (bits)": (_estimates, matching(probe, metric="log_loss")),
        "compression, training rows": (
            _values,
            matching(of_probe(probes), metric="compression"),
        ),
    }
    cells = {name: shown(rows) for name, (shown, rows) in found.items() if len(rows)}
    return CompactTable(
        "Controls",
        "The same probe on a model with its weights drawn anew, on control tasks (every word has "
        "a label by lot; mean ± standard deviation), the difference to these, and the groups "
        "split in other ways (mean ± standard deviation). Test split, with 95% bootstrap "
        "intervals. Log loss: an example's; a guess between k classes costs log2 k bits, 1 of two. "
        f"Compression: uniform bits over bits.{_r_squared(probe)}",
        ["concept", "layer", "accuracy", *cells],
        _rows(pairs_of(probe), {"accuracy": _estimates(of_reading(probe)), **cells})
        if cells
        else [],
    )


def other_probes_table(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    """Accuracy of the other estimators, and what the nonlinear ones gain."""
    on_test = rows_of(tables, "probes", split="test", draw=-1)
    accuracies = matching(on_test, metric="accuracy")
    others = {
        name: matching(accuracies, method=method)
        for method, name in (LINEAR | NONLINEAR).items()
        if method in set(accuracies["method"])
    }
    gains = matching(on_test, metric="gain_over_linear")
    cells = {"logistic": _estimates(matching(accuracies, method="logistic"))}
    cells |= {name: _estimates(rows) for name, rows in others.items()}
    cells |= {
        f"gain of {name}": _estimates(matching(gains, method=method))
        for method, name in NONLINEAR.items()
        if method in set(gains["method"])
    }
    return CompactTable(
        "Other probes",
        "Accuracy on the test split, with 95% bootstrap intervals. Gain: accuracy minus that of "
        "the logistic probe on the same examples, with the interval of the difference.",
        ["concept", "layer", *cells],
        _rows(pairs_of(pd.concat(others.values())) if others else [], cells),
    )


def _rows(pairs: list[Key], cells: Mapping[str, Cell]) -> list[list[str]]:
    return [
        [concept, axis_label(place), *(cell((concept, place)) for cell in cells.values())]
        for concept, place in pairs
    ]


def _summary(rows: pd.DataFrame, method: str) -> pd.DataFrame:
    return matching(rows, method=method, draw=-1)


def _estimates(rows: pd.DataFrame) -> Cell:
    known = lookup(rows)
    return lambda key: estimate(*known.get(key, UNKNOWN))


def _values(rows: pd.DataFrame) -> Cell:
    known = lookup(rows)
    return lambda key: number(known.get(key, UNKNOWN)[0])


def _spreads(rows: pd.DataFrame) -> Cell:
    """Mean ± standard deviation, which the high end is above the mean by."""
    known = lookup(rows)

    def cell(key: Key) -> str:
        mean, _, high = known.get(key, UNKNOWN)
        return spread(mean, high - mean) if key in known else MISSING

    return cell


def _r_squared(rows: pd.DataFrame) -> str:
    """Says what stands for the accuracy of real numbers, where there are any."""
    said = " Where labels are real numbers, R² stands for the accuracy."
    return said if (rows["metric"] == "r2").any() else ""
