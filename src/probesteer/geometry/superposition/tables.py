"""What the directions of several concepts share in one place, as rows of a tidy table."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.neurons.privileged_basis import axis_alignment
from probesteer.geometry.superposition.interference import (
    cosines,
    measure_interference,
    readout_interference,
    whitened,
)
from probesteer.geometry.superposition.orthogonal import read_orthogonally
from probesteer.geometry.superposition.spectra import separability, spectrum

Rows = NDArray[np.floating[Any]]
Row = tuple[object, ...]
"""concept, other, method, metric, value, low, high, n; concept and other "" where the number is of
all concepts, or of no pair."""

COLUMNS = ["concept", "other", "method", "metric", "value", "low", "high", "n"]
_NAN = float("nan")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ConceptAt:
    """A concept at one place."""

    X: Rows
    """[n, d]."""
    labels: NDArray[np.int64]
    """[n], 0 or 1."""
    train: NDArray[np.bool_]
    """[n], rows to which directions were fitted."""
    test: NDArray[np.bool_]
    """[n], rows on which reading is judged."""
    written: NDArray[np.float64]
    """[d], the difference of the class means."""
    read: NDArray[np.float64]
    """[d], the normal of the logistic probe."""


def overlap_rows(concepts: Mapping[str, ConceptAt], seed: int) -> list[Row]:
    """Cosines of the differences of means, raw and whitened, against chance and bounds.

    Whitened by the covariance within the classes of all training rows. No rows for one concept.
    """
    if len(concepts) < 2:
        return []
    names = list(concepts)
    raw = np.stack([each.written for each in concepts.values()])
    within = np.concatenate([_within_classes(each) for each in concepts.values()])
    rows: list[Row] = []
    for method, directions in (("raw", raw), ("whitened", whitened(raw, within))):
        found = measure_interference(directions, seed)
        n = found.directions
        for metric in (
            *("mean", "largest", "random_mean", "random_largest"),
            *("share_of_draws_as_far", "welch", "random_bound", "dimensions"),
        ):
            rows.append(_row("", "", method, f"cosine_{metric}", getattr(found, metric), n))
        rows += _pairs(names, method, "cosine", cosines(directions))
    return rows


def readout_rows(concepts: Mapping[str, ConceptAt]) -> list[Row]:
    """How much writing one concept (its difference of means) moves the probe of the other.

    In shares of the other's own unit. `concept` is written, `other` is read.
    """
    written = np.stack([each.written for each in concepts.values()])
    read = np.stack([each.read for each in concepts.values()])
    return _pairs(list(concepts), "readout", "moved", readout_interference(written, read))


def orthogonal_rows(concepts: Mapping[str, ConceptAt]) -> list[Row]:
    """AUROC on test rows by the probes' normals, and by the nearest orthonormal set to them.

    No rows where the normals are linearly dependent, so that there is no one nearest set.
    """
    names = list(concepts)
    reads = np.stack([each.read for each in concepts.values()])
    if np.linalg.matrix_rank(reads, tol=1e-6) < len(reads):
        _log.warning("no orthogonal reading: the read-outs are linearly dependent")
        return []
    held_out = [(each.X[each.test], each.labels[each.test]) for each in concepts.values()]
    found = read_orthogonally(reads, held_out)
    rows: list[Row] = []
    for at, (name, (X, _)) in enumerate(zip(names, held_out, strict=True)):
        for method, value in (("own", found.own[at]), ("orthogonal", found.orthogonal[at])):
            rows.append(_row(name, "", method, "auroc", value, len(X)))
        rows.append(_row(name, "", "orthogonal", "degrees_turned", found.turned[at], len(X)))
    return rows


def shape_rows(name: str, X: Rows, labels: NDArray[np.int64], method: str) -> list[Row]:
    """Effective rank, isotropy and separability of a concept's activations X: [n, d].

    method: which network they are of.
    """
    shape, classes = spectrum(X), separability(X, labels)
    measured = {
        "effective_rank": shape.effective_rank,
        "participation_ratio": shape.participation_ratio,
        "isotropy": shape.isotropy,
        "mean_cosine": shape.mean_cosine,
        "fisher": classes.fisher,
        "between_share": classes.between_share,
        "nearest_mean": classes.nearest_mean,
    }
    return [_row(name, "", method, metric, value, len(X)) for metric, value in measured.items()]


def alignment_rows(concepts: Mapping[str, ConceptAt], seed: int) -> list[Row]:
    """Whether the differences of means lie along single axes, against rotations of the basis."""
    found = axis_alignment(np.stack([each.written for each in concepts.values()]), seed)
    rotated = found.rotated
    turned = (float(rotated.mean()), float(rotated.min()), float(rotated.max()), len(rotated))
    n = len(concepts)
    return [
        *(
            _row(name, "", "basis", "kurtosis", value, n)
            for name, value in zip(concepts, found.kurtosis, strict=True)
        ),
        ("", "", "basis", "kurtosis", float(found.kurtosis.mean()), _NAN, _NAN, n),
        ("", "", "rotations", "kurtosis", *turned),
        _row("", "", "rotations", "share_of_draws_as_high", found.share_of_draws_as_high, n),
    ]


def _within_classes(concept: ConceptAt) -> NDArray[np.float64]:
    """The training rows without the mean of their class."""
    X = np.asarray(concept.X[concept.train], dtype=np.float64)
    labels = concept.labels[concept.train]
    means = np.stack([X[labels == label].mean(axis=0) for label in (0, 1)])
    centred: NDArray[np.float64] = X - means[labels]
    return centred


def _pairs(names: list[str], method: str, metric: str, matrix: NDArray[np.float64]) -> list[Row]:
    return [
        _row(one, other, method, metric, matrix[i, j], 1)
        for i, one in enumerate(names)
        for j, other in enumerate(names)
        if i != j
    ]


def _row(concept: str, other: str, method: str, metric: str, value: float, n: int) -> Row:
    return (concept, other, method, metric, float(value), _NAN, _NAN, n)
