"""The stages dictionaries and arithmetic, from files to files, on a tiny model."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probesteer.activations.cache import open_cache
from probesteer.figures.rows import matching
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.calibration import Calibration, exactly
from probesteer.geometry.calibration_table import calibration_table
from probesteer.geometry.dictionaries.calibrations import BY_HAND, METHODS, toy_of
from probesteer.geometry.dictionaries.quality import measure_quality
from probesteer.geometry.dictionaries.sparse_coding import SparseCodingSettings, fit_sparse_coding
from probesteer.geometry.superposition.arithmetic import analogies, parallelogram
from probesteer.places import EMBEDDING, Place
from probesteer.settings.schema import DictionarySettings
from probesteer.settings.slices.geometry import ArithmeticSlice, DictionariesSlice
from probesteer.stages import arithmetic, dictionaries
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from tests.unit.geometry.test_geometry_stages import prepared

SMALL = DictionarySettings(atoms=6, active=2, epochs=2, steps=3)
_OF_A_KIND = (
    "cosine of a planted feature with the nearest atom",
    "variance not rebuilt",
    "codes that are not 0",
    "AUROC of a feature by one atom",
)
_OF_ANY = ("cosine", "dead atoms", "AUROC of a label by lot by one atom")


def tried(path: Path, missed: Sequence[str] = ()) -> InputPath:
    """The table of the instruments of dictionaries; kinds in `missed` missed their truth."""
    found = [
        Calibration(toy_of(kind), name, exactly(0, "0"), float(kind in missed))
        for kind in METHODS
        for name in _OF_A_KIND
    ]
    found += [Calibration(BY_HAND, name, exactly(0, "0"), 0.0) for name in _OF_ANY]
    write_table(path, calibration_table(found), {})
    return InputPath(path)


@pytest.fixture
def given(model_folder: Callable[[str], Path], tmp_path: Path) -> dict[str, InputPath]:
    """Activations of eight texts: four to learn from, two to choose on, two to report."""
    files = prepared(model_folder, tmp_path)
    rows = read_table(files["examples"])
    splits = ["train"] * 4 + ["validation"] * 2 + ["test"] * 2
    pairs = np.repeat(list("pqrs"), 2)
    write_table(files["examples"], rows.assign(split=splits, pair=pairs, group=pairs), {})
    return files


def learn(
    given: dict[str, InputPath], instruments: InputPath, asked: DictionarySettings
) -> pd.DataFrame:
    table = OutputPath(instruments.parent / "dictionaries")
    dictionaries.run(
        DictionariesSlice("tiny", 0, ["one", "other"], 2, 20, asked),
        {},
        instruments=instruments,
        manifests=InputPaths((given["manifest"],) * 2),
        examples=InputPaths((given["examples"],) * 2),
        directions=InputPaths((given["directions"],) * 2),
        table=table,
    )
    return read_table(table)


def test_dictionaries_of_every_layer(given: dict[str, InputPath], tmp_path: Path) -> None:
    found = learn(given, tried(tmp_path / "tried"), SMALL)
    again = learn(given, tried(tmp_path / "tried"), SMALL)
    pd.testing.assert_frame_equal(found, again)
    cache = open_cache(given["manifest"])
    stream = [place for place in cache.places if place.site == "resid_post"]
    asked = {(EMBEDDING.site, 0), *((place.site, place.layer) for place in stream)}
    assert set(zip(found["site"], found["layer"], strict=True)) == asked
    assert set(found["method"]) == {*METHODS, "probe", "random_directions"}
    here = matching(found, site="resid_post", layer=1, method="sparse_coding")
    X = np.asarray(cache.read(Place("resid_post", 1)))
    coding = fit_sparse_coding(np.tile(X[:4], (2, 1)), SparseCodingSettings(6, 0.1, 2), 0)
    expected = measure_quality(coding, np.tile(X[6:], (2, 1)))
    pooled = matching(here, concept="", metric="explained")["value"].item()
    assert pooled == pytest.approx(1 - expected.unexplained)
    assert matching(here, concept="", metric="dead")["value"].item() == expected.dead


def test_a_kind_that_missed_its_truth_is_left_out(
    given: dict[str, InputPath], tmp_path: Path
) -> None:
    found = learn(given, tried(tmp_path / "tried", missed=["relu", "topk"]), SMALL)
    kinds = set(found["method"]) & set(METHODS)
    assert kinds == {"sparse_coding", "jumprelu"}
    assert learn(given, tried(tmp_path / "tried", missed=METHODS), SMALL).empty
    # Nothing of dictionaries was tried.
    assert learn(given, given["instruments"], SMALL).empty


def test_fewer_rows_and_other_sites(given: dict[str, InputPath], tmp_path: Path) -> None:
    few = DictionarySettings(
        kinds=["sparse_coding"], sites=["mlp_act"], atoms=6, active=2, epochs=2, rows=3
    )
    found = learn(given, tried(tmp_path / "tried"), few)
    assert set(found["site"]) == {"mlp_act"}
    every = learn(given, tried(tmp_path / "tried"), DictionarySettings(**{**vars(few), "rows": 8}))
    metric = {"concept": "", "metric": "explained"}
    assert not np.allclose(matching(found, **metric)["value"], matching(every, **metric)["value"])


def test_arithmetic_of_pairs(given: dict[str, InputPath], tmp_path: Path) -> None:
    def compared(instruments: InputPath) -> pd.DataFrame:
        table, composition = (OutputPath(tmp_path / name) for name in ("arithmetic", "composed"))
        arithmetic.run(
            ArithmeticSlice("tiny", 0, ["one"], 20),
            {},
            instruments=instruments,
            manifests=InputPaths((given["manifest"],)),
            examples=InputPaths((given["examples"],)),
            table=table,
            composition=composition,
        )
        assert read_table(composition).empty
        return read_table(table)

    found = compared(given["instruments"])
    X = np.asarray(open_cache(given["manifest"]).read(Place("resid_post", 1)), dtype=np.float64)
    first, second = X[1::2], X[::2]  # labels are 1, 0, 1, 0 …
    here = matching(found, site="resid_post", layer=1, method="pairs")
    cosine = matching(here, metric="offset_cosine")["value"].item()
    assert cosine == pytest.approx(parallelogram(first, second, 0).cosine)
    top = matching(here, metric="top_1")["value"].item()
    assert top == analogies(first, second).top(1)
    assert set(found["pairs_by"]) == {"pair"}
    # Where the instruments weren't tried, nothing is measured.
    assert compared(tried(tmp_path / "tried")).empty
