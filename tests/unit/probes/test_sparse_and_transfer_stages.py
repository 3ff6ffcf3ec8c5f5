"""The stages sparse and transfer, from files to files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probesteer.activations.cache import LAYER, Request, layer_file, write_manifest, write_tokens
from probesteer.files.tables import read_table, write_table
from probesteer.files.tensors import payload_checksum, write_tensors
from probesteer.places import Place
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.storage import write_probes
from probesteer.settings.schema import ProbeSettings
from probesteer.settings.slices.probes import ProbesSlice, TransferSlice
from probesteer.stages import sparse, transfer
from probesteer.stages.interface import InputPath, InputPaths, OutputPath

RESIDUAL, NEURONS = Place("resid_post", 0), Place("mlp_act", 0)
EXAMPLES, D = 100, 6
SETTINGS = ProbeSettings(C=[0.1, 1.0], folds=2, bootstrap_draws=100, neurons=[1, 2], bases=2)


def write_concept(folder: Path, axis: int, places: tuple[Place, ...], labels: int = 2) -> None:
    """Examples, a cache with two rows an example, and probes; coordinate `axis` holds the label."""
    folder.mkdir()
    generator = np.random.default_rng(axis)
    label = np.arange(EXAMPLES) // 5 % labels
    group = np.arange(EXAMPLES) // 2
    examples = pd.DataFrame(
        {
            "text": [f"{folder.name} {number}" for number in range(EXAMPLES)],
            "label": label,
            "group": group.astype(str),
            "split": np.array(["train", "train", "validation", "test"])[group % 4],
        }
    )
    write_table(folder / "examples.parquet", examples, {})
    example = np.repeat(np.arange(EXAMPLES), 2)
    rows = np.zeros_like(example)
    columns = {"example": example, "token": rows, "ids": rows, "lengths": rows[:EXAMPLES] + 2}
    write_tokens(folder, columns)
    request = Request("m", "float32", "t", "", "all", "float32", folder.name)
    probes = {}
    for place in places:
        X = generator.standard_normal((2 * EXAMPLES, D)).astype(np.float32)
        X[:, axis] += 4 * label[example]
        path = layer_file(folder, place)
        write_tensors(path, {LAYER: X}, {})
        write_tensors(path, {LAYER: X}, {"sha256": payload_checksum(path)})
        train = examples["split"].to_numpy()[example] == "train"
        probes[place] = fit_logistic(X[train], label[example][train] > 0, 0.1)
    write_manifest(folder, request, list(places), {"causal": True})
    write_probes(folder / "probes.safetensors", probes, {})


def run_sparse(folder: Path, kind: str = "binary", name: str = "sparse.parquet") -> pd.DataFrame:
    settings = ProbesSlice("tiny", "mood", 0, kind, SETTINGS)
    sparse.run(
        settings,
        {},
        manifest=InputPath(folder / "manifest.json"),
        examples=InputPath(folder / "examples.parquet"),
        table=OutputPath(folder / name),
    )
    return read_table(folder / name)


def run_transfer(folder: Path, families: dict[str, str]) -> pd.DataFrame:
    def files(name: str) -> InputPaths:
        return InputPaths(tuple(folder / concept / name for concept in sorted(families)))

    transfer.run(
        TransferSlice("tiny", 0, 100, families),
        {},
        manifests=files("manifest.json"),
        examples=files("examples.parquet"),
        probes=files("probes.safetensors"),
        table=OutputPath(folder / "transfer.parquet"),
    )
    return read_table(folder / "transfer.parquet")


def test_sparse_reads_the_neurons_alone(tmp_path: Path) -> None:
    write_concept(tmp_path / "mood", 3, (RESIDUAL, NEURONS))
    table = run_sparse(tmp_path / "mood")
    assert list(table.columns[:5]) == ["model", "concept", "site", "layer", "method"]
    assert set(table["site"]) == {"mlp_act"}
    assert set(table["method"]) == {"neurons", "random_basis", "dense"}
    first = table[(table["method"] == "neurons") & (table["size"] == 1)]
    first = first[first["split"] == "test"]
    assert first["value"].min() > 0.9
    assert set(first["n"]) == {48}
    run_sparse(tmp_path / "mood", name="again.parquet")
    again = (tmp_path / "mood" / "again.parquet").read_bytes()
    assert (tmp_path / "mood" / "sparse.parquet").read_bytes() == again


@pytest.mark.parametrize(("places", "kind"), [((RESIDUAL,), "binary"), ((NEURONS,), "classes")])
def test_without_neurons_or_two_labels_the_sparse_table_is_empty(
    places: tuple[Place, ...], kind: str, tmp_path: Path
) -> None:
    write_concept(tmp_path / "full", 3, (NEURONS,))
    full = run_sparse(tmp_path / "full")
    write_concept(tmp_path / "mood", 3, places, labels=2 if kind == "binary" else 3)
    empty = run_sparse(tmp_path / "mood", kind)
    assert len(empty) == 0
    assert list(empty.columns) == list(full.columns)
    numbers = ["layer", "size", "draw", "value", "low", "high", "n"]
    assert (empty[numbers].dtypes == full[numbers].dtypes).all()
    assert len(pd.concat([empty, full])) == len(full)


def test_transfer_swaps_the_probes_of_a_family(tmp_path: Path) -> None:
    for name, axis in (("truth", 1), ("denial", 1), ("mood", 2)):
        write_concept(tmp_path / name, axis, (RESIDUAL,))
    table = run_transfer(tmp_path, {"truth": "truth", "denial": "truth", "mood": "mood"})
    assert list(table.columns[:4]) == ["model", "concept", "other", "site"]
    pairs = set(table[["concept", "other"]].itertuples(index=False, name=None))
    within = {(one, other) for one in ("truth", "denial") for other in ("truth", "denial")}
    assert pairs == within | {("mood", "mood")}
    assert table["value"].min() > 0.9
    assert set(table["n"]) == {48}


def test_the_files_of_transfer_go_with_the_names_whatever_the_order(tmp_path: Path) -> None:
    for name, axis in (("b", 1), ("a", 2), ("c", 2)):
        write_concept(tmp_path / name, axis, (RESIDUAL,))
    table, other = (run_transfer(tmp_path, dict.fromkeys(order, "one")) for order in ("bca", "cab"))
    pd.testing.assert_frame_equal(table, other, check_exact=True)
    found = table.set_index(["concept", "other"])["value"]
    assert found["a", "c"].min() > 0.9
    assert found["a", "b"].max() < 0.75


def test_labels_of_more_than_two_kinds_are_left_out_of_transfer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="probesteer.stages.transfer")
    write_concept(tmp_path / "truth", 1, (RESIDUAL,))
    write_concept(tmp_path / "city", 1, (RESIDUAL,), labels=3)
    table = run_transfer(tmp_path, {"truth": "one", "city": "one"})
    assert set(table["concept"]) == set(table["other"]) == {"truth"}
    assert caplog.messages == ["city: its labels are not 0 and 1; no probes are tried on it"]
