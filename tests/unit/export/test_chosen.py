"""Which direction is meant, found in a run's results."""

from pathlib import Path

import pytest

from probesteer.directions.storage import write_directions
from probesteer.errors import ProbesteerError
from probesteer.export.chosen import direction_at, finding_place, open_directions, place_of_layer
from probesteer.files.tables import write_table
from probesteer.places import EMBEDDING, Place
from probesteer.report.findings import findings_of
from tests.unit.export.exported import made_up, outputs
from tests.unit.figures.synthetic_tables import synthetic_tables


def write_pair(results: Path, model: str, concept: str) -> Path:
    path = results / "tables" / model / concept / "directions.safetensors"
    path.parent.mkdir(parents=True)
    write_directions(
        path, outputs(0, 1, 2), {"settings": {"model": model, "concept": concept}, "seed": 3}
    )
    return path


def test_a_file_or_the_only_one_of_a_run(tmp_path: Path) -> None:
    path = write_pair(tmp_path, "small", "mood")
    for opened in (open_directions(path), open_directions(tmp_path)):
        assert (opened.path, opened.model, opened.concept) == (path, "small", "mood")
        assert opened.blocks == 3 and opened.provenance["seed"] == 3
        assert [one.place.layer for one in opened.directions] == [0, 1, 2]


def test_of_several_one_is_named(tmp_path: Path) -> None:
    write_pair(tmp_path, "small", "mood")
    wanted = write_pair(tmp_path, "small", "tense")
    write_pair(tmp_path, "large", "tense")
    assert open_directions(tmp_path, "small", "tense").path == wanted
    with pytest.raises(ProbesteerError, match=r"several have .* from large/tense, small/tense$"):
        open_directions(tmp_path, concept="tense")
    with pytest.raises(ProbesteerError, match=r"no such model and concept; .*small/mood"):
        open_directions(tmp_path, "tiny")


def test_a_folder_without_directions_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProbesteerError, match="has no tables/MODEL/CONCEPT/directions"):
        open_directions(tmp_path)
    with pytest.raises(ProbesteerError, match="missing"):
        open_directions(tmp_path / "directions.safetensors")


def test_the_layer_is_that_of_the_finding(tmp_path: Path) -> None:
    tables = synthetic_tables(layers=5)
    for finding in findings_of(tables):
        path = write_pair(tmp_path, finding.model, finding.concept)
        with pytest.raises(ProbesteerError, match=r"no probes.parquet beside it .* --layer"):
            finding_place(path)
        for name in ("probes", "steering"):
            table = tables[name]
            of_pair = (table["model"] == finding.model) & (table["concept"] == finding.concept)
            write_table(path.with_name(f"{name}.parquet"), table[of_pair], {})
        assert finding_place(path) == finding.steer_place != finding.left_out


def test_layers_are_counted_as_in_settings() -> None:
    assert place_of_layer(-1) == EMBEDDING
    assert place_of_layer(2, "mlp_out") == Place("mlp_out", 2)


def test_a_direction_is_found_or_what_there_is_is_told() -> None:
    directions = [*outputs(0, 1), made_up(Place("resid_post", 1), method="logistic")]
    at, path = Place("resid_post", 1), Path("x.safetensors")
    assert direction_at(directions, at, "logistic", path) is directions[2]
    with pytest.raises(ProbesteerError, match=r"there are difference_of_means, logistic$"):
        direction_at(directions, at, "lda", path)
    with pytest.raises(ProbesteerError, match=r"directions at resid_post.000, resid_post.001$"):
        direction_at(directions, Place("resid_post", 5), "logistic", path)
