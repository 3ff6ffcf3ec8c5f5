"""What probes read while a model runs under edits, against one plain pass for every cell."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from probesteer.directions.direction import Direction
from probesteer.interventions.edits import Add, Multiply
from probesteer.interventions.intervene import intervene
from probesteer.interventions.predictions import at_start, first_edited, predictions
from probesteer.interventions.reading_along import comes_before, readers_in_gaps
from probesteer.interventions.readouts import prompt_rows
from probesteer.interventions.scoring import batch_rows
from probesteer.interventions.sweep import run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.places import EMBEDDING, Place
from probesteer.probes.probe import LogisticProbe

Load = Callable[[str], LoadedModel]
PROMPTS = pd.DataFrame(
    [("The cat is", "happy", "sad"), ("Tom was", "good", "bad"), ("She", "happy", "sad")],
    columns=["prompt", "positive", "negative"],
)
LONGER = PROMPTS.assign(positive=["very happy", "good", "very very sad"])


def keep(seen: list[Tensor]) -> Callable[[Tensor], None]:
    return lambda x: seen.append(x.clone())


def read_plainly(
    loaded: LoadedModel,
    prompts: pd.DataFrame,
    edited: Place,
    edit: Add | Multiply,
    positions: str,
    place: Place,
) -> Tensor:
    """[items, d] at `place`, of one whole pass a prompt with the edit in a hook."""
    found = []
    rows = [row for row in prompt_rows(loaded, prompts, "concept x:") if row.lead]
    for row in rows:
        (batch,) = batch_rows([row], loaded.device, 256, 256)
        seen: list[Tensor] = []
        start = batch.start if positions == "from_last" else 0
        with (
            torch.no_grad(),
            intervene(loaded, edited, edit, first_edited(loaded, edited, start)),
            at_place(loaded.blocks, place, keep(seen)),
        ):
            predictions(loaded, batch.inputs, batch.kept)
        found.append(at_start(loaded, place, seen[0], batch.start)[0])
    return torch.stack(found).double()


@pytest.mark.parametrize("positions", ["from_last", "all"])
@pytest.mark.parametrize(
    ("kind", "prompts"),
    [
        *((kind, PROMPTS) for kind in ("gpt2", "llama", "bert", "t5")),
        *((kind, LONGER) for kind in ("gpt2", "llama", "t5")),  # a masked model fills one token
    ],
)
def test_every_read_out_equals_that_of_a_plain_pass(
    kind: str, prompts: pd.DataFrame, positions: str, load_tiny: Load
) -> None:
    loaded = load_tiny(kind)
    rng = np.random.default_rng(0)
    edited = Place("resid_post", 0)
    places = [EMBEDDING, edited, *(Place("resid_post", n) for n in range(1, len(loaded.blocks)))]
    readers = {place: rng.standard_normal(loaded.width) for place in places}
    edit = Add(torch.from_numpy(rng.standard_normal((3, loaded.width)).astype(np.float32)))
    rows = prompt_rows(loaded, prompts, "concept x:")
    sweep = run_sweep(loaded, rows, {edited: edit}, positions, 64, readers=readers)
    read = sweep.results[edited].read
    assert sorted(read, key=lambda p: p.layer) == places[1:]
    nothing = Add(torch.zeros(1, loaded.width))
    for place, changes in read.items():
        before = read_plainly(loaded, prompts, edited, nothing, positions, place)
        for variant in range(3):
            one = edit.part(variant, variant + 1)
            after = read_plainly(loaded, prompts, edited, one, positions, place)
            expected = (after - before).numpy() @ readers[place]
            np.testing.assert_allclose(changes[variant], expected, atol=2e-3, rtol=1e-4)
            assert np.abs(expected).max() > 0.01


def test_reading_along_changes_no_score(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    rows = prompt_rows(loaded, PROMPTS, "concept x:")
    place = Place("resid_post", 0)
    edits = {place: Multiply(torch.tensor([0.5, 2.0]))}
    readers = {Place("resid_post", 2): np.ones(loaded.width)}
    plain, read = (
        run_sweep(loaded, rows, edits, "from_last", 64, readers=given) for given in (None, readers)
    )
    np.testing.assert_array_equal(plain.results[place].score, read.results[place].score)
    assert plain.results[place].read == {}


def test_a_push_of_one_gap_along_the_means_is_read_as_one_where_it_is_made(load_tiny: Load) -> None:
    loaded = load_tiny("gpt2")
    rng = np.random.default_rng(1)
    place = Place("resid_post", 1)
    vector = rng.standard_normal(loaded.width)
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    means = Direction(unit, place, "difference_of_means", -1, 2.5, 1, 1, 1, 0, 9)
    probe = LogisticProbe(vector + 0.1 * rng.standard_normal(loaded.width), 0.3, 1.0, True)
    readers = readers_in_gaps({place: probe}, [means])
    np.testing.assert_allclose(readers[place] @ means.push(1.0, "gap"), 1)
    pushes = np.stack([means.push(strength, "gap") for strength in (-2.0, 1.0)])
    rows = prompt_rows(loaded, PROMPTS, "concept x:")
    edits = {place: Add(torch.from_numpy(pushes.astype(np.float32)))}
    read = run_sweep(loaded, rows, edits, "from_last", 64, readers=readers).results[place].read
    np.testing.assert_allclose(read[place], [[-2] * 3, [1] * 3], atol=1e-5)


def test_a_probe_that_sets_no_classes_apart_has_no_gap() -> None:
    place = Place("resid_post", 0)
    vector = np.array([1, 0], dtype=np.float32)
    means = Direction(vector, place, "difference_of_means", -1, 1.0, 1, 1, 1, 0, 9)
    other = Direction(vector, Place("resid_post", 1), "logistic", -1, 1.0, 1, 1, 1, 0, 9)
    for coefficient, places in (([0.0, 3.0], []), ([-1.0, 0.0], []), ([2.0, 1.0], [place])):
        probe = LogisticProbe(np.array(coefficient), 0.0, 1.0, True)
        probes = {place: probe, other.place: probe}
        assert list(readers_in_gaps(probes, [means, other])) == places


def test_the_order_of_places() -> None:
    order = [
        EMBEDDING,
        Place("attn_out", 0),
        Place("resid_mid", 0),
        Place("resid_post", 0),
        Place("resid_pre", 1),
    ]
    for first, place in enumerate(order):
        assert [comes_before(place, other) for other in order] == [
            second > first for second in range(len(order))
        ]
