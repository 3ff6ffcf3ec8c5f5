"""A push along one concept is measured on the prompts and by the probe of another."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from probesteer.directions.direction import Direction
from probesteer.figures.rows import matching
from probesteer.interventions.entanglement import MeasuredConcept, entanglement_table
from probesteer.interventions.reading_along import readers_in_gaps
from probesteer.interventions.survival import PushGrid, push_and_read
from probesteer.models.loading import LoadedModel
from probesteer.places import EMBEDDING, Place
from probesteer.probes.probe import LogisticProbe

GRID = PushGrid([-1.0, 1.0], "gap", 64, 100, 0)
PLACES = [EMBEDDING, *(Place("resid_post", layer) for layer in range(3))]
MOOD = pd.DataFrame(
    [("The cat is", "happy", "sad"), ("Tom was", "good", "bad"), ("She was", "happy", "sad")],
    columns=["prompt", "positive", "negative"],
).assign(group=list("abc"), split=["validation", "test", "test"])
ANIMAL = MOOD.assign(
    prompt=["She saw the", "The old", "He saw a"], positive="cat", negative="dog", split="test"
)


def directions(seed: int, width: int, places: Sequence[Place] = PLACES) -> list[Direction]:
    rng = np.random.default_rng(seed)
    found = []
    for place in places:
        for method, draw in (("difference_of_means", -1), ("random", 0), ("random", 1)):
            vector = rng.standard_normal(width)
            unit = (vector / np.linalg.norm(vector)).astype(np.float32)
            found.append(Direction(unit, place, method, draw, 1.5, 1, 1, 1, 0, 9))
    return found


def concept(
    name: str, loaded: LoadedModel, prompts: pd.DataFrame, seed: int, best: int
) -> MeasuredConcept:
    """A concept whose probes are its directions; the one of block `best` reads best."""
    own = directions(seed, loaded.width)
    probes = {
        d.place: LogisticProbe(d.vector.astype(np.float64), 0.0, 1.0, True)
        for d in own
        if d.method == "difference_of_means"
    }
    read = [(p.site, p.layer, 0.9 if p == Place("resid_post", best) else 0.6) for p in PLACES]
    reading = pd.DataFrame(read, columns=["site", "layer", "value"])
    reading = reading.assign(method="logistic", draw=-1, split="validation", metric="accuracy")
    return MeasuredConcept(name, loaded, prompts, probes, own, reading)


@pytest.fixture(scope="module")
def concepts(load_tiny: Callable[[str], LoadedModel]) -> list[MeasuredConcept]:
    loaded = load_tiny("gpt2")
    return [concept("mood", loaded, MOOD, 0, 1), concept("animal", loaded, ANIMAL, 1, 0)]


def at_block(concept: MeasuredConcept, layer: int) -> list[Direction]:
    return [d for d in concept.directions if d.place == Place("resid_post", layer)]


def test_each_pair_is_pushed_by_one_and_read_by_the_other(concepts: list[MeasuredConcept]) -> None:
    pushed = {each.name: at_block(each, 0) for each in concepts}
    table = entanglement_table(pushed, concepts, GRID)
    for one in concepts:
        for other in concepts:
            prompts = other.prompts[other.prompts["split"] == "test"]
            # Of the mood's probes that of block 1 reads best; the animal's best is not after the
            # push, and of the others, which are equal, the first is taken.
            place = Place("resid_post", 1)
            readers = readers_in_gaps(other.probes, other.directions)
            found = push_and_read(
                other.loaded, prompts, pushed[one.name], GRID, {place: readers[place]}, "x"
            )
            rows = matching(table, concept=one.name, other=other.name)
            for metric, read, values in (
                ("logit_difference", ("output", -1), found.score),
                ("probe_readout", (place.site, place.layer), found.read[place]),
            ):
                own = matching(rows, metric=metric)
                assert set(zip(own["read_site"], own["read_layer"], strict=True)) == {read}
                for s, strength in enumerate(GRID.strengths):
                    (effect,) = matching(
                        own, method="difference_of_means", strength=strength
                    ).to_dict("records")
                    assert effect["value"] == pytest.approx(values[0, s].mean(), abs=1e-9)
                    assert effect["n"] == len(prompts)
                    (band,) = matching(own, method="random", strength=strength).to_dict("records")
                    draws = values[1:, s].mean(axis=-1)
                    assert (band["low"], band["high"]) == pytest.approx((draws.min(), draws.max()))
                    assert band["n"] == 2


def test_after_the_last_place_the_probe_reads_where_the_push_is_made(
    concepts: list[MeasuredConcept],
) -> None:
    table = entanglement_table({"mood": at_block(concepts[0], 2)}, concepts, GRID)
    read = matching(table, metric="probe_readout", method="difference_of_means")
    assert set(read["read_layer"]) == {2}
    own = matching(read, other="mood", strength=1.0)
    np.testing.assert_allclose(own["value"], 1, atol=1e-5)
    # What the other probe reads is the product of the two vectors, over its own gap.
    first, second = (at_block(each, 2)[0].vector for each in concepts)
    crossed = matching(read, other="animal", strength=1.0)
    np.testing.assert_allclose(crossed["value"], float(first @ second), atol=1e-5)


def test_without_test_prompts_all_are_taken(concepts: list[MeasuredConcept]) -> None:
    prompts = MOOD.assign(split="validation")
    loaded = concepts[0].loaded
    alone = concept("mood", loaded, prompts, 0, 1)
    table = entanglement_table({"mood": at_block(alone, 0)}, [alone], GRID)
    assert set(table["split"]) == {"all"}
    assert set(matching(table, method="difference_of_means")["n"]) == {3}
