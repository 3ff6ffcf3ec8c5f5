"""All that is measured of the polytopes around a concept's examples, network by network."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.directions.direction import Direction
from probesteer.geometry.polytopes.arcs import arc_rows
from probesteer.geometry.polytopes.cluster_tables import (
    MEMBERS,
    cluster_members,
    cluster_rows,
    find_clusters,
)
from probesteer.geometry.polytopes.continuation import ModelContinuation
from probesteer.geometry.polytopes.density import densities_of, pair_densities
from probesteer.geometry.polytopes.hamming import soft_hamming_matrix
from probesteer.geometry.polytopes.planes import PLANE_COLUMNS, plane_table
from probesteer.geometry.polytopes.sampling import Sample
from probesteer.geometry.polytopes.tables import COLUMNS, Row, density_rows, push_rows, ray_rows
from probesteer.models.inputs import Inputs
from probesteer.models.loading import LoadedModel
from probesteer.places import EMBEDDING, Place
from probesteer.settings.schema import GeometrySettings

# The instruments that each part needs: it is measured only where all of them found their truth.
INSTRUMENTS: Mapping[str, tuple[str, ...]] = {
    "boundary density": (
        "density within classes",
        "density between classes",
        "99% interval of within - between",
    ),
    "clusters": (
        "clusters of codes",
        "purity of clusters of codes",
        "purity of labels by lot over chance",
    ),
    "soft codes": ("soft distance across a boundary", "soft codes of steep gates"),
    "rays": ("boundaries along a ray", "boundaries along rays", "scale at which the class changes"),
    "interpolation": (
        "boundaries along an arc",
        "density of arcs within less between classes",
        "fraction of an arc at which the class changes",
        "95% interval of arcs of labels by lot",
    ),
    "plane slice": ("plane slice", "predictions on a slice", "plane through three activations"),
    "pushes": ("crossings along a line", "places of crossings"),
}
# From a model, its inputs and the token of each: [n], or none of images.
InputsOf = Callable[[LoadedModel], tuple[Inputs, NDArray[np.int64] | None]]


@dataclass(frozen=True, eq=False)
class Subject:
    """The examples that are looked at, and the directions that they are pushed along."""

    examples: NDArray[np.int64]
    """[m], rows of the table of examples."""
    labels: NDArray[np.int64]
    """[m]."""
    groups: NDArray[Any]
    """[m]."""
    directions: Sequence[Direction]
    seed: int


@dataclass(frozen=True, eq=False)
class Findings:
    """Tables, each with the columns site and layer in front."""

    measured: pd.DataFrame
    clusters: pd.DataFrame
    plane: pd.DataFrame


def look(
    networks: Iterable[tuple[str, LoadedModel]],
    inputs_of: InputsOf,
    subject: Subject,
    asked: GeometrySettings,
    parts: Collection[str],
) -> Findings:
    """At every place of every network; `parts` are those of INSTRUMENTS that may be measured.

    Clusters are told of the trained network alone, and pushes and noise measured in it alone.
    """
    measured, members, planes = list[pd.DataFrame](), list[pd.DataFrame](), list[pd.DataFrame]()
    for network, loaded in networks:
        inputs, token = inputs_of(loaded)
        for place in _places(len(loaded.blocks)):
            continuation = ModelContinuation(loaded, inputs, place, token)
            X = continuation.activations(subject.examples)
            sample = Sample(network, X, subject.examples, subject.groups, subject.seed)
            at = _Place(continuation, sample, subject, asked, parts)
            own = [each for each in subject.directions if each.place == place]
            rows, found = at.pairs_and_clusters()
            rows += [*at.rays(), *at.arcs(), *(at.pushes(own) if network == "trained" else [])]
            measured.append(
                pd.DataFrame(rows, columns=COLUMNS).assign(site=place.site, layer=place.layer)
            )
            if network == "trained":
                members.append(found.assign(site=place.site, layer=place.layer))
            planes.append(at.plane().assign(site=place.site, layer=place.layer))
    return Findings(
        _whole(measured, COLUMNS), _whole(members, MEMBERS), _whole(planes, PLANE_COLUMNS)
    )


@dataclass(frozen=True, eq=False)
class _Place:
    """One place of one network."""

    continuation: ModelContinuation
    sample: Sample
    subject: Subject
    asked: GeometrySettings
    parts: Collection[str]

    def pairs_and_clusters(self) -> tuple[list[Row], pd.DataFrame]:
        """Rows on density and on clusters, which are of the same codes; who is in which cluster."""
        sample, labels = self.sample, self.subject.labels
        codes = self.continuation.codes_of(sample.examples)
        soft = None
        if self.asked.codes == "soft" and "soft codes" in self.parts:
            soft = soft_hamming_matrix(self.continuation.soft_codes_of(sample.examples))
        rows = list[Row]()
        if "boundary density" in self.parts:
            rows += density_rows(sample, pair_densities(codes, sample.X), labels)
            if soft is not None:
                pairs = densities_of(soft.copy(), sample.X)
                rows += density_rows(sample, pairs, labels, "soft_codes")
        clustered = "clusters" in self.parts
        clusters = find_clusters(sample, codes, labels, soft) if clustered else {}
        return [*rows, *cluster_rows(sample, clusters)], cluster_members(sample, clusters)

    def rays(self) -> list[Row]:
        if "rays" not in self.parts:
            return []
        started, factors = self.sample.first(self.asked.paths), self.asked.factors
        kinds = (False, True) if self.sample.network == "trained" else (False,)
        return [
            row
            for noise in kinds
            for row in ray_rows(self.continuation, started, factors, noise=noise)
        ]

    def arcs(self) -> list[Row]:
        if "interpolation" not in self.parts:
            return []
        return arc_rows(self.continuation, self.sample, self.subject.labels, self.asked.paths)

    def pushes(self, directions: Sequence[Direction]) -> list[Row]:
        """Along the difference of means, and along random directions beside it."""
        rows, asked = list[Row](), self.asked
        for direction in directions if "pushes" in self.parts else []:
            random = direction.method == "random" and direction.draw < asked.random_draws
            if not random and direction.method != "difference_of_means":
                continue
            method = f"random.{direction.draw}" if random else direction.method
            push, started = direction.push(1.0, asked.unit), self.sample.first(asked.paths)
            walk = (asked.strengths, asked.unit, method)
            rows += push_rows(self.continuation, started, push, *walk)
        return rows

    def plane(self) -> pd.DataFrame:
        size = self.asked.plane if "plane slice" in self.parts else 0
        if not size:
            return pd.DataFrame(columns=list(PLANE_COLUMNS))
        name_of = self.continuation.name_of
        return plane_table(self.continuation, self.sample, self.subject.labels, size, name_of)


def _places(blocks: int) -> list[Place]:
    """The embedding's output and those of all blocks but the last, which no unit comes after."""
    return [EMBEDDING, *(Place("resid_post", layer) for layer in range(blocks - 1))]


def _whole(tables: list[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    order = ["site", "layer", *columns]
    # Tables without rows have no types to go by.
    filled = [table for table in tables if len(table)] or [pd.DataFrame(columns=order)]
    return pd.concat(filled, ignore_index=True)[order]
