import pandas as pd
import pytest

from probesteer.figures.places import (
    at_place,
    axis_label,
    on_stream,
    phrase,
    places_of,
    stream_name,
    streams_of,
    tick_indices,
)
from probesteer.places import EMBEDDING, SITES, Place


def blocks(count: int) -> list[Place]:
    return [EMBEDDING, *(Place("resid_post", layer) for layer in range(count))]


def test_places_are_ordered_by_depth_without_the_token_baseline() -> None:
    table = pd.DataFrame(
        {
            "site": ["resid_post", "tokens", "resid_post", "resid_pre", "resid_pre", "resid_pre"],
            "layer": [10, -1, 2, 2, 0, 0],
        }
    )
    assert places_of(table) == [
        EMBEDDING,
        Place("resid_pre", 2),
        Place("resid_post", 2),
        Place("resid_post", 10),
    ]


@pytest.mark.parametrize(
    ("place", "label", "words"),
    [
        (EMBEDDING, "emb", "the embedding"),
        (Place("resid_pre", 3), "pre 3", "the input of layer 3"),
        (Place("resid_post", 0), "0", "layer 0"),
        (Place("attn_out", 2), "attn 2", "the attention's output of layer 2"),
        (Place("mlp_act", 11), "neurons 11", "the neurons of layer 11"),
    ],
)
def test_names_of_a_place(place: Place, label: str, words: str) -> None:
    assert (axis_label(place), phrase(place)) == (label, words)


@pytest.mark.parametrize("place", [EMBEDDING, Place("resid_post", 3)])
def test_errors_and_figures_call_a_place_the_same(place: Place) -> None:
    assert phrase(place).removeprefix("the ") == place.label


def test_sites_of_a_block_stand_in_the_order_of_the_flow() -> None:
    places = [Place(site, layer) for layer in (0, 1) for site in SITES]
    shuffled = pd.DataFrame([{"site": p.site, "layer": p.layer} for p in places[::-1]])
    expected = [place for place in places if place != Place("resid_pre", 1)]
    without = shuffled[(shuffled["site"] != "resid_pre") | (shuffled["layer"] == 0)]
    assert places_of(without) == expected
    labels = [axis_label(expected[index]) for index in tick_indices(expected, 7)]
    assert labels == ["emb", "0", "1"]


def test_rows_at_a_place_need_both_site_and_layer() -> None:
    table = pd.DataFrame(
        {"site": ["resid_pre", "resid_post", "resid_post"], "layer": [0, 0, 1], "value": [1, 2, 3]}
    )
    assert at_place(table, Place("resid_post", 0))["value"].tolist() == [2]


def test_few_places_all_have_a_tick() -> None:
    assert tick_indices(blocks(5), 7) == [0, 1, 2, 3, 4, 5]


def test_many_places_have_ticks_at_round_layers() -> None:
    places = blocks(80)
    labels = [axis_label(places[index]) for index in tick_indices(places, 7)]
    assert labels == ["emb", "20", "40", "60"]


def test_thinned_ticks_without_an_embedding_start_at_the_first_place() -> None:
    assert tick_indices(blocks(12)[1:], 6) == [0, 2, 4, 6, 8, 10]


def test_a_line_for_each_site_takes_its_own_rows() -> None:
    table = pd.DataFrame(
        {
            "site": ["resid_pre", "attn_out", "resid_post", "resid_pre", "attn_out", "resid_post"],
            "layer": [0, 0, 0, 1, 1, 1],
            "value": [0, 1, 2, 3, 4, 5],
        }
    )
    assert streams_of(places_of(table)) == ["resid_post", "resid_pre", "attn_out"]
    assert on_stream(table, "resid_post")["value"].tolist() == [0, 2, 5]
    assert on_stream(table, "resid_pre")["value"].tolist() == [3]
    assert on_stream(table, "attn_out")["value"].tolist() == [1, 4]
    assert streams_of(blocks(2)) == ["resid_post"]
    assert stream_name("attn_out") == "attention's output"
